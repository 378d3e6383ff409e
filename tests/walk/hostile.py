"""What an attacker types, sends and looks for: classic payloads, every field and address there is, and what to find."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from models import TABLES, Strike
from tests.visitor import Visitor
from tests.walk.pages import Answer, crawl, filled, shape
from tests.walk.test_routes import ROWS, SENT, VISITORS, named
from views.limits import limiter

MARK = "zq7"  # ours, to find it again
HUGE = MARK * 30_000
FAR = "9" * 30  # more than any column holds
CARD = "4111 1111 1111 1111"
MARKUP = (
    f"<script>alert('{MARK}')</script>", f"\"'><img src=x onerror=alert('{MARK}')>", f"javascript:alert('{MARK}')",
    f"</title></textarea><svg/onload=alert('{MARK}')>", f"data:text/html,<script>alert('{MARK}')</script>",
    f"-->]]></style><script>alert('{MARK}')</script>", "&lt;b&gt;&#x27;",
)  # fmt: skip
PAYLOADS = (
    *MARKUP, f"' OR 1=1; DROP TABLE entry; --{MARK}", f"%' UNION SELECT key FROM account --{MARK}", "admin'--", "\\",
    '"',
    f"1; ATTACH DATABASE '/tmp/{MARK}' AS x", f"{{{{ 7*7 }}}}{MARK}", f"${{7*7}}{MARK}", f"#{{7*7}}<%= 7*7 %>{MARK}",
    "{% debug %}", f"{{practice.__class__}}{MARK}", f"{{0.__class__}}{{1!r}}{MARK}", f"%(key)s%s%n{MARK}",
    f"{MARK}\r\nSet-Cookie: owned=1\r\n\r\n<b>", f"{MARK}%0d%0aSet-Cookie:owned=1",
    f"a@example.com\nBcc: {MARK}@evil.example",
    f"{MARK}\0end", f"../../../../etc/passwd{MARK}", "..%2f..%2f..%2fetc%2fpasswd", f"file:///etc/passwd#{MARK}",
    f"//evil.example/{MARK}", f"/\\evil.example/{MARK}", f"https:evil.example/{MARK}", "\t//evil.example",
    f"$(id){MARK}`id`",
    "| cat /etc/passwd", HUGE, "\ud83d\ufffe\u202e", "\u2028\u2029\ufeff\u200b", "e" + "\u0301" * 400, "İıßſﬀ",
    f"Ж漢字𝟘٣{MARK}", "🂡" * 300, "\x1b[31m", "-1", "-0.01", "0", "00", "-0", "1e9", "1E400",
    "NaN", "Infinity", FAR, f"-{FAR}", "[" * 9_000,
    "0x10", "1_000", "²", "½", "１２", "1,2,3.4", "1.005", "٣٫٥", "null", "None", "[]", "{}", "true", " ", "\t",
    "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "2026-11-20T00:00", CARD, "a" * 22, "=HYPERLINK(1)",
    "+1+cmd|' /C calc'!A0", "@SUM(1)", "", "1" * 4_400, "a@" + "b" * 300 + ".example",
)  # fmt: skip
NAMES = (
    "page", "year", "type", "account", "charge", "way", "all", "after", "card", "next", "language", "group", "q",
    "from_on", "to_on", "before", "amount", "standing", "method", "whom", "provider", "line-x",
)  # fmt: skip
FORM = "application/x-www-form-urlencoded"
BODIES = (
    (b"", "application/json"), (json.dumps({"way": ["one"], "charge": {"a": 1}}).encode(), "application/json"),
    (b"{", "application/json"), (b"[" * 90_000, "application/json"), (b"null", "application/json"),
    (b'{"id":1,"response":[]}', "application/json"), (b"<x/>", "text/xml"), (b"\xff\xfe\0", FORM), (b"=&=&&&=", FORM),
    (b"%zz=%", FORM), (b"charge=%ff%fe&way=%c0%af", FORM), (b"--x\r\n", "multipart/form-data; boundary=x"),
    (b"junk", "multipart/form-data"), (b"a" * 1_100_000, FORM), (b"x", "multipart/form-data; boundary=" + "x" * 500),
    (b"--x\r\nContent-Disposition: form-data; name=charge; filename=../a.pdf\r\n\r\n%PDF\r\n--x--\r\n",
     "multipart/form-data; boundary=x"), (b"&".join(b"charge=%d" % n for n in range(2000)), FORM), (b"a=1", ""),
    (b"a=1", "application/x-www-form-urlencoded; charset=utf-7"), (b"a=1", "\xff/\xfe"),
)  # fmt: skip
ANSWERS = {200, 204, 303, 400, 401, 404, 405, 413, 415, 416, 422, 429, 503}
RAW = re.compile(
    rf"""<script>alert|<img src=x|<svg/onload|49{MARK}|root:x:0|&lt;b&gt;&#x27;(?!\w)"""
    r"""|(?:href|src|action)\s*=\s*["']?\s*(?:javascript:|data:text|(?:https?:)?[/\\]{2}evil)"""
)
MACHINES = ("/static/", "/assets/", "/webhooks/")  # no person asks there
OLD = "This page is old"
KEYED = ("/pay", "/pay/review")  # says the same of a key of a payment that we never gave
# A card that was never typed: the rest of the form may be as good as it likes.
NO_CARD = {"card": "new", "nonce": ""}


class Door(NamedTuple):
    """A place that takes a form: where, and what a browser would send as it stands; `texts` are typed by hand."""

    url: str
    pairs: list[tuple[str, str]]
    texts: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        return [name for name in dict(self.pairs) if name != "csrf_token"]

    def sent(self, browser: Visitor) -> list[tuple[str, str]]:
        """With a token of this moment."""
        safe = NO_CARD if self.url.startswith("/pay") else {}
        own = [(name, safe.get(name, value)) for name, value in self.pairs if name != "csrf_token"]
        return [("csrf_token", browser.token()), *own]


def looked_around(browser: Visitor, starts: tuple[str, ...], things: dict[str, str]) -> list[Answer]:
    """One of each kind that can be asked for: reached by links, or in the table. Nobody needs to be told of a page."""
    asked = [named(url, things) for method, url, *_ in ROWS if method == "GET" and not url.startswith(MACHINES)]
    return crawl(browser, *starts, *asked, each=1)


def doors(name: str, pages: list[Answer], things: dict[str, str]) -> list[Door]:
    """Every form on these pages, and every address that is posted to without one and is there for this visitor."""
    column, found = 2 + VISITORS.index(name), {}
    for answer in pages:
        for form in answer.tree.iter("form") if answer.html else ():
            if form.get("method") == "post":
                door = Door(form.get("action") or answer.url, next(filled(form)), frozenset(_typed(form)))
                found.setdefault(shape(door.url)[0], door)
    for row in ROWS:
        url, sent = named(row[1], things), SENT.get(row[1], {"key": "", "next": ""})
        if row[0] == "POST" and row[column] != "404" and shape(url)[0] not in found:
            found[shape(url)[0]] = Door(url, [(field, named(value, things)) for field, value in sent.items()])
    return [door for address, door in found.items() if address != "/sign-out"]


def addresses(pages: list[Answer]) -> list[str]:
    """What of these pages was found, and is no file."""
    there = [answer.url for answer in pages if answer.status != 404 and not answer.pdf]
    return list({shape(url)[0]: url for url in there}.values())


def _typed(form) -> Iterator[str]:
    for field in form.iter():
        kind = field.get("type", "text")
        if field.get("name") and (field.tag == "textarea" or (field.tag == "input" and kind not in NOT_TYPED)):
            yield field.get("name")


NOT_TYPED = ("hidden", "checkbox", "radio", "submit", "password", "file", "date", "month")


def send(browser: Visitor, url: str, pairs: list[tuple[str, str]]) -> TestResponse:
    """Whatever was sent before counts for nothing."""
    limiter.reset()
    Strike.delete().execute()
    answer = browser.post(url, data=encoded(pairs), content_type=FORM, buffered=True)
    harmless(answer, f"POST {url} {str(pairs)[:300]}")
    if answer.mimetype == "text/html" and url not in KEYED:
        assert OLD not in answer.text, url
    return answer


def encoded(pairs: list[tuple[str, str]]) -> str:
    """As a hostile program would send it: also what is no valid text."""
    return urlencode(pairs, errors="surrogatepass")


def harmless(answer: TestResponse, asked: str) -> None:
    assert answer.status_code in ANSWERS, (answer.status, asked)
    assert "owned" not in answer.headers.get("Set-Cookie", ""), asked
    target = urlsplit(answer.headers.get("Location", "/"))
    assert target.path.startswith("/") and not target.netloc and "\\" not in target.path[:2], (target, asked)
    assert "'none'" in answer.headers["Content-Security-Policy"], asked
    if answer.mimetype == "text/html":
        assert not RAW.search(answer.text), (RAW.search(answer.text), asked)


def keyed(app: Flask) -> list[tuple[str, set[str]]]:
    """Addresses with a place for a key, and how they may be asked."""
    return [(rule.rule, rule.methods) for rule in app.url_map.iter_rules() if rule.arguments]


def rows_with(digits: str) -> list[str]:
    """Where in the database a number was written down, however it was spaced."""
    found = []
    for model in TABLES:
        for row in model.select():
            values = [str(getattr(row, name)) if name in _plain(model) else "" for name in model._meta.fields]
            if any(digits in re.sub(r"[\s-]", "", value) for value in values):
                found.append(f"{model.__name__} {row.id}")
    return found


def _plain(model) -> set[str]:
    return {name for name, field in model._meta.fields.items() if not hasattr(field, "rel_model")}
