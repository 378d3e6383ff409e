"""Whatever is typed, pasted or forged into a field or an address: no error of ours, no markup, no money moved."""

import json
import re
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from models import Attempt, Charge, Entry, Payment, SavedCard, WaitingPayment
from tests.visitor import Visitor
from tests.walk.conftest import As, kept
from tests.walk.pages import crawl, filled, shape
from views.limits import limiter

MARK = "zq7"  # ours, to find it again
HUGE = MARK * 30_000
PAYLOADS = (
    f"<script>alert('{MARK}')</script>", f"\"'><img src=x onerror=alert('{MARK}')>", f"javascript:alert('{MARK}')",
    f"' OR 1=1; DROP TABLE entry; --{MARK}", f"%' UNION SELECT key FROM account --{MARK}", f"{{{{ 7*7 }}}}{MARK}",
    f"{{practice.__class__}}{MARK}", f"%(key)s%s%n{MARK}", f"{MARK}\r\nSet-Cookie: owned=1\r\n\r\n<b>", f"{MARK}\0end",
    f"../../../../etc/passwd{MARK}", f"//evil.example/{MARK}", f"/\\evil.example/{MARK}", HUGE, "\ud83d\ufffe\u202e",
    f"Ж漢字𝟘٣{MARK}", "🂡" * 300, "-1", "-0.01", "0", "1e9", "1E400", "NaN", "Infinity", "9" * 25, "0x10", "1,2,3.4",
    "1.005", "٣٫٥", "null", "[]", "{}", "true", " ", "\t", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01",
    "4111 1111 1111 1111", "a" * 22, "=HYPERLINK(1)", "", "1" * 4_400,
)  # fmt: skip
NAMES = (
    "page", "year", "type", "account", "charge", "way", "all", "after", "card", "next", "language", "group", "q",
    "from_on", "to_on", "standing", "method", "whom", "provider", "line-x",
)  # fmt: skip
ANSWERS = {200, 204, 303, 400, 404, 405, 413, 416, 422, 429}
RAW = re.compile(
    rf"""<script>alert|<img src=x|49{MARK}"""
    r"""|(?:href|src|action)\s*=\s*["']?\s*(?:javascript:|(?:https?:)?[/\\]{2}evil)"""
)
STARTS = {"stranger": ("/sign-in", "/practice/sign-in"), "ana": ("/",), "mara": ("/practice/transactions/",)}
FORM = "application/x-www-form-urlencoded"
# A card that was never typed: the rest of the form may be as good as it likes.
NO_CARD = {"card": "new", "nonce": ""}
BODIES = (
    (b"", "application/json"), (json.dumps({"way": ["one"], "charge": {"a": 1}}).encode(), "application/json"),
    (b"{", "application/json"), (b"<x/>", "text/xml"), (b"\xff\xfe\0", FORM), (b"=&=&&&=", FORM), (b"%zz=%", FORM),
    (b"--x\r\n", "multipart/form-data; boundary=x"), (b"junk", "multipart/form-data"), (b"a" * 1_100_000, FORM),
    (b"--x\r\nContent-Disposition: form-data; name=charge; filename=a.pdf\r\n\r\n%PDF\r\n--x--\r\n",
     "multipart/form-data; boundary=x"), (b"&".join(b"charge=%d" % n for n in range(2000)), FORM),
)  # fmt: skip


def harmless(answer: TestResponse, asked: str) -> None:
    assert answer.status_code in ANSWERS, (answer.status, asked)
    assert "owned" not in answer.headers.get("Set-Cookie", ""), asked
    target = answer.headers.get("Location", "/")
    assert target.startswith("/") and not target.startswith(("//", "/\\")), (target, asked)
    if answer.mimetype == "text/html":
        assert not RAW.search(answer.text), (RAW.search(answer.text), asked)


def encoded(pairs: list[tuple[str, str]]) -> str:
    """As a hostile program would send it: also what is no valid text."""
    return urlencode(pairs, errors="surrogatepass")


def send(browser: Visitor, url: str, pairs: list[tuple[str, str]]) -> TestResponse:
    limiter.reset()
    answer = browser.post(url, data=encoded(pairs), content_type=FORM)
    harmless(answer, f"POST {url} {str(pairs)[:300]}")
    return answer


def posted_forms(browser: Visitor, name: str) -> dict[str, list[tuple[str, str]]]:
    """Address -> what its form holds, of every form that someone can reach."""
    pages = [answer for answer in crawl(browser, *STARTS[name], each=2) if answer.html]
    forms = [(form.get("action") or page.url, form) for page in pages for form in page.tree.iter("form")]
    found = {shape(url): (url, form) for url, form in forms if form.get("method") == "post" and url != "/sign-out"}
    return {url: next(filled(form)) for url, form in found.values()}


def spoiled(pairs: list[tuple[str, str]], payloads: Iterator[str], each: int) -> Iterator[list[tuple[str, str]]]:
    """The form with one field hostile, at one time; then with that field twice, and with all of them."""
    names = [name for name in dict(pairs) if name != "csrf_token"]
    for name in names:
        for payload in islice(payloads, each):
            yield [(field, payload if field == name else value) for field, value in pairs]
        yield [*pairs, (name, next(payloads)), (f"{name}[]", next(payloads))]
    for payload in islice(payloads, each):
        yield [(field, value if field == "csrf_token" else payload) for field, value in pairs]


@pytest.mark.parametrize("name", STARTS)
def test_no_field_takes_a_form_apart(name, as_: As):
    """One field after another; the rest of the form stays as good as it was, but for the card."""
    browser = as_(name)
    payloads, before = cycle(PAYLOADS), written(name)
    for url, pairs in posted_forms(browser, name).items():
        safe = [(field, NO_CARD.get(field, value) if url.startswith("/pay") else value) for field, value in pairs]
        for typed in spoiled(safe, payloads, each=2):
            send(browser, url, typed)
    assert written(name) == before
    for answer in crawl(browser, *STARTS[name], each=2):  # what was kept is shown harmlessly
        harmless(answer.response, answer.url)


@pytest.mark.parametrize("name", STARTS)
def test_no_address_takes_a_page_apart(name, as_: As):
    browser, before = as_(name), written(name)
    pages = {shape(answer.url)[0]: answer for answer in crawl(browser, *STARTS[name], each=1) if not answer.pdf}
    payloads = cycle(PAYLOADS)
    for answer in pages.values():
        path, _, query = answer.url.partition("?")
        own = dict(parse_qsl(query))
        for field in sorted({*NAMES, *own}):
            pairs = [*{**own, field: next(payloads)}.items(), (f"{field}[]", next(payloads))]
            url = f"{path}?{encoded(pairs)}"
            limiter.reset()
            harmless(browser.get(url), url[:300])
    assert written(name) == before


@pytest.mark.parametrize("name", ["ana", "mara"])
def test_no_key_takes_a_path_apart(name, app: Flask, as_: As):
    browser, before = as_(name), written(name)
    token = browser.token()
    keyed = [rule for rule in app.url_map.iter_rules() if "<key>" in rule.rule or "<path:" in rule.rule]
    payloads = cycle(filter(None, PAYLOADS))
    for rule in keyed:
        for payload in islice(payloads, 10):
            key = quote(payload.encode(errors="surrogatepass"), safe="")
            url = re.sub("<.*>", lambda _, key=key: key, rule.rule)
            limiter.reset()
            asked = browser.get if "GET" in rule.methods else partial(browser.post, data={"csrf_token": token})
            answer = asked(url, buffered=True)
            assert answer.status_code in {303, 308, 404, 405}, (answer.status, url[:200])
            if answer.mimetype == "text/html" and answer.status_code != 308:
                harmless(answer, url[:200])
    assert written(name) == before


def test_no_header_or_body_takes_the_server_apart(as_: As):
    browser = as_("ana")
    token, before = browser.token(), written("ana")
    for payload in PAYLOADS[:20]:
        text = payload.encode(errors="surrogatepass").decode("latin-1").replace("\r", "").replace("\n", "")
        names = ("Accept-Language", "HX-Request", "HX-Current-URL", "HX-Boosted", "Referer", "User-Agent", "Range",
                 "X-Forwarded-For", "X-Forwarded-Host", "X-CSRFToken", "Accept-Encoding", "If-None-Match")  # fmt: skip
        for url in ("/", "/pay", "/no-such-page", "/static/app.js"):
            answer = browser.get(url, headers=dict.fromkeys(names, text[:8000]), buffered=True)
            assert answer.status_code in ANSWERS, (url, payload[:50])
            if answer.mimetype == "text/html":
                harmless(answer, payload[:50])
    for body, kind in BODIES:
        for url in ("/pay", "/pay/checkout", "/pay/credit", "/cards", "/language", "/stay", "/documents/superbill"):
            harmless(browser.post(url, data=body, content_type=kind, headers={"X-CSRFToken": token}), f"{url} {kind}")
    assert written("ana") == before


def test_a_forged_cookie_is_a_stranger(app: Flask):
    for payload in PAYLOADS:
        browser = app.test_client()
        value = quote(payload.encode(errors="surrogatepass"))[:4000]
        for name in ("session", "language", "remember_token"):
            browser.set_cookie(name, value)
        assert browser.get("/").status_code == 303
        harmless(browser.get("/sign-in"), payload[:50])


def written(name: str) -> dict[str, int]:
    """What must be the same after all of it: for a client all money, for staff what was billed and asked for."""
    models = (Charge, Attempt, SavedCard) if name == "mara" else (Charge, Entry, Payment, WaitingPayment)
    everything = kept()
    return {model.__name__: everything[model.__name__] for model in models}


@pytest.mark.parametrize(
    "text", [PAYLOADS[0], PAYLOADS[1], f'<a href="{PAYLOADS[2]}">', f'<a href="{PAYLOADS[11]}">', f"49{MARK}"]
)
def test_the_search_finds_what_is_not_escaped(text):
    with pytest.raises(AssertionError):
        harmless(TestResponse([text.encode()], "200 OK", Headers({"Content-Type": "text/html"}), None), "")
