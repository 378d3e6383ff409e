"""Whatever is typed, pasted or forged into a field or an address: no error of ours, no markup, no money moved.

The suite tries one payload in every field, and Hypothesis some that nobody thought of; `-m slow` tries them all.
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from urllib.parse import parse_qsl, quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from models import (
    Account,
    Attempt,
    Charge,
    Client,
    Entry,
    Link,
    Message,
    MoneyBack,
    Payment,
    Practice,
    Provider,
    SavedCard,
    Staff,
    User,
    WaitingPayment,
)
from tests.visitor import Visitor
from tests.walk.conftest import As, kept, person
from tests.walk.hostile import (
    ANSWERS,
    BODIES,
    CARD,
    FAR,
    MARK,
    NAMES,
    PAYLOADS,
    Door,
    addresses,
    doors,
    encoded,
    harmless,
    keyed,
    looked_around,
    send,
)
from tests.walk.hostile import rows_with as where
from tests.walk.pages import Answer, crawl
from tests.walk.test_routes import ROWS, VISITORS, named, things  # noqa: F401 – a fixture
from views.limits import limiter

STARTS = {"stranger": ("/sign-in", "/practice/sign-in"), "ana": ("/",), "mara": ("/practice/transactions/",)}
MONEY = (Charge, Entry, Payment, WaitingPayment, MoneyBack)
# What must be the same after all of it: for a stranger everything but what an attempt to enter leaves, for a client
# all money and all that is the practice's, for the owner what was billed and what clients did.
SAME = {
    "stranger": (*MONEY, Attempt, SavedCard, Practice, Provider, Staff, Account, Client, Link, User),
    "ana": (*MONEY, Practice, Provider, Staff, Account, Client),
    "mara": (Charge, Attempt, SavedCard),
}
WORDS = st.one_of(
    st.sampled_from(PAYLOADS), st.text(max_size=60), st.from_regex(r"-?\d{0,12}[.,]?\d{0,4}"), st.dates().map(str),
    st.text(st.characters(categories=("Cc", "Cf", "Co", "Zl", "Zp", "Mn", "No", "Sm")), max_size=12),
)  # fmt: skip


def written(name: str) -> dict[str, int]:
    everything = kept()
    return {model.__name__: everything[model.__name__] for model in SAME[name]}


@pytest.fixture
def inside(as_: As):
    """A browser that is let in again whenever something it sent put it out."""

    def inside(name: str) -> Visitor:
        browser = as_(name)
        return browser if name == "stranger" else browser.enter(person(name))

    return inside


@pytest.fixture(scope="module")
def known() -> dict[str, list[Door]]:
    """The doors of each visitor, as the first test that looked around found them."""
    return {}


def around(name: str, as_: As, things) -> list[Answer]:  # noqa: F811
    return looked_around(as_(name), STARTS[name], things)


def at_once(door: Door, browser: Visitor, payloads: Iterator[str]) -> Iterator[list[tuple[str, str]]]:
    """One of what people type, the rest as it was; a card number in all; another payload in each."""
    pairs = door.sent(browser)
    if door.texts:
        alone = min(door.texts)
        yield [(field, next(payloads) if field == alone else value) for field, value in pairs]
        yield [(field, CARD if field in door.texts else value) for field, value in pairs]
    yield [(field, value if field == "csrf_token" else next(payloads)) for field, value in pairs]


def one_by_one(door: Door, browser: Visitor, payloads: Iterator[str]) -> Iterator[list[tuple[str, str]]]:
    """Every payload in one field after the other, and a card number where people type; each twice; all of them."""
    pairs = door.sent(browser)
    for name in door.names:
        for payload in (*PAYLOADS, *([CARD] if name in door.texts else [])):
            yield [(field, payload if field == name else value) for field, value in pairs]
    for name in door.names:
        yield [*pairs, (name, next(payloads)), (f"{name}[]", next(payloads))]
    for payload in (*PAYLOADS, FAR):
        yield [(field, value if field == "csrf_token" else payload) for field, value in pairs]


def take_apart(inside, name: str, places: list[Door], spoiled) -> None:
    """What was sent leaves the rest as it was, and what was kept of it is shown harmlessly."""
    payloads, before = cycle(PAYLOADS), written(name)
    for door in places:
        browser = inside(name)
        for typed in spoiled(door, browser, payloads):
            send(browser, door.url, typed)
    assert written(name) == before
    assert where(re.sub(r"\D", "", CARD)) == []
    assert [row.id for row in Message.select() if re.search(r"[\r\n]", row.to)] == []
    for answer in crawl(inside(name), *STARTS[name], each=1):
        harmless(answer.response, answer.url)


@pytest.mark.parametrize("name", STARTS)
def test_nothing_typed_takes_an_address_or_a_form_apart(name, inside, as_: As, known, things):  # noqa: F811
    pages, browser, payloads, before = around(name, as_, things), as_(name), cycle(PAYLOADS), written(name)
    for url in addresses(pages):
        everything_at_once(browser, url, payloads)
    assert written(name) == before

    places = known[name] = doors(name, pages, things)
    assert places and all(door.pairs for door in places)
    take_apart(inside, name, places, at_once)


@pytest.mark.slow  # every payload in every field of every form: tens of thousands of requests
@pytest.mark.parametrize("name", STARTS)
def test_no_payload_takes_any_form_apart(name, inside, as_: As, things):  # noqa: F811
    take_apart(inside, name, doors(name, around(name, as_, things), things), one_by_one)


def by_chance(inside, name: str, places: list[Door], examples: int) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=False, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def typed(data):
        door = data.draw(st.sampled_from([door for door in places if door.names]))
        hostile = data.draw(st.dictionaries(st.sampled_from(door.names), WORDS, min_size=1))
        browser = inside(name)
        send(browser, door.url, [(field, hostile.get(field, value)) for field, value in door.sent(browser)])

    typed()


@pytest.mark.parametrize("name", STARTS)
def test_nothing_that_chance_types_takes_a_form_apart(name, inside, as_: As, known, things):  # noqa: F811
    by_chance(inside, name, known.get(name) or doors(name, around(name, as_, things), things), examples=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", STARTS)
def test_nothing_that_chance_types_for_long_takes_a_form_apart(name, inside, as_: As, things):  # noqa: F811
    by_chance(inside, name, doors(name, around(name, as_, things), things), examples=400)


def ask_around(browser: Visitor, url: str, payloads: Iterator[str], each: int) -> None:
    path, _, query = url.partition("?")
    own = dict(parse_qsl(query))
    for field in sorted({*NAMES, *own}):
        for payload in islice(payloads, each):
            limiter.reset()
            pairs = [*{**own, field: payload}.items(), (f"{field}[]", next(payloads))]
            asked = f"{path}?{encoded(pairs)}"
            harmless(browser.get(asked, buffered=True), asked[:300])


def everything_at_once(browser: Visitor, url: str, payloads: Iterator[str]) -> None:
    limiter.reset()
    path, _, query = url.partition("?")
    names = {**dict(parse_qsl(query)), **dict.fromkeys(NAMES)}
    asked = f"{path}?{encoded([(name, next(payloads)[:9000]) for name in names])}"
    harmless(browser.get(asked, buffered=True), asked[:300])


@pytest.mark.slow
@pytest.mark.parametrize("name", STARTS)
def test_no_query_takes_any_page_apart(name, as_: As, things):  # noqa: F811
    browser, before, payloads = as_(name), written(name), cycle(PAYLOADS)
    for url in addresses(around(name, as_, things)):
        ask_around(browser, url, payloads, each=12)
    assert written(name) == before


@pytest.mark.parametrize("name", STARTS)
def test_no_key_takes_a_path_apart(name, app: Flask, as_: As):
    browser, before = as_(name), written(name)
    token, payloads = browser.token(), cycle(filter(None, PAYLOADS))
    for rule, methods in keyed(app):
        for payload in islice(payloads, 2):
            key = quote(payload.encode(errors="surrogatepass"), safe="")
            url = re.sub("<[^>]*>", lambda _, key=key: key, rule)
            limiter.reset()
            asked = browser.get if "GET" in methods else partial(browser.post, data={"csrf_token": token})
            answer = asked(url, buffered=True)
            assert answer.status_code in {200, 303, 308, 404, 405, 422}, (answer.status, url[:200])
            if answer.mimetype == "text/html" and answer.status_code != 308:
                harmless(answer, url[:200])
    assert written(name) == before


def test_no_header_takes_the_server_apart(as_: As):
    browser, before = as_("ana"), written("ana")
    names = ("Accept-Language", "HX-Request", "HX-Current-URL", "HX-Boosted", "HX-Target", "Referer", "User-Agent",
             "Range", "X-Forwarded-For", "X-Forwarded-Host", "X-CSRFToken", "Accept-Encoding", "If-None-Match",
             "If-Modified-Since", "Content-Type", "Origin", "Sec-Fetch-Mode")  # fmt: skip
    for payload in PAYLOADS[::4]:
        text = payload.encode(errors="surrogatepass").decode("latin-1").replace("\r", "").replace("\n", "")
        for url in ("/", "/pay", "/no-such-page", "/static/app.js"):
            answer = browser.get(url, headers=dict.fromkeys(names, text[:8000]), buffered=True)
            assert answer.status_code in ANSWERS, (url, payload[:50])
            if answer.mimetype == "text/html":
                harmless(answer, payload[:50])
    assert written("ana") == before


@pytest.mark.parametrize("name", STARTS)
def test_no_body_takes_the_server_apart(name, inside, as_: As, things):  # noqa: F811
    """Broken, of another kind, or far too large; wherever a form is taken."""
    before = written(name)
    post_bodies(inside, name, things, each=1)
    assert written(name) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", STARTS)
def test_no_body_of_all_takes_the_server_apart(name, inside, as_: As, things):  # noqa: F811
    before = written(name)
    post_bodies(inside, name, things, each=len(BODIES))
    assert written(name) == before


def post_bodies(inside, name: str, things: dict[str, str], each: int) -> None:  # noqa: F811
    bodies, column = cycle(BODIES), VISITORS.index(name)
    taken = [url for method, url, *row in ROWS if method == "POST" and row[column] != "404" and url != "/sign-out"]
    for url in (named(url, things) for url in taken):
        browser = inside(name)
        token = browser.token()
        for body, kind in islice(bodies, each):
            limiter.reset()
            answer = browser.post(url, data=body, content_type=kind, headers={"X-CSRFToken": token}, buffered=True)
            harmless(answer, f"{url} {kind} {body[:40]!r}")


def test_a_forged_cookie_is_a_stranger(app: Flask):
    for payload in PAYLOADS:
        browser = app.test_client()
        value = quote(payload.encode(errors="surrogatepass"))[:4000]
        for name in ("session", "language", "remember_token"):
            browser.set_cookie(name, value)
        assert browser.get("/").status_code == 303
        harmless(browser.get("/sign-in"), payload[:50])


@pytest.mark.parametrize(
    "text", [*(PAYLOADS[at] for at in (0, 1, 3)), *(f'<a href="{PAYLOADS[at]}">' for at in (2, 4)),
             '<a href="//evil.example/">', f"49{MARK}", "root:x:0:0"]
)  # fmt: skip
def test_the_search_finds_what_is_not_escaped(text):
    headers = Headers({"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'"})
    with pytest.raises(AssertionError):
        harmless(TestResponse([text.encode()], "200 OK", headers, None), "")
