"""Every answer, whatever was asked by whom and however it ended, carries the protecting headers and honest cookies."""

import re
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from models import AuditEntry, Document, SignIn, Strike, db
from tests.limited import spend
from tests.shell.test_headers import PAGE, without_nonce
from tests.visitor import Visitor
from tests.walk.conftest import As, kept, person
from tests.walk.test_routes import ROWS, ask, things  # noqa: F401 – a fixture
from views import limits
from views.headers import ALWAYS, DOWNLOAD, card_hosts

FILES = ("/static/", "/assets/")
COOKIES = {"session", "language"}
# What looking leaves behind: when somebody was last here, what was looked at, and a PDF drawn once.
SEEN = (SignIn, Strike, AuditEntry, Document)
CARD_PAGES = ("/cards/new", "/cards", "/pay/checkout?charge=<charge>", "/pay")
BREAKING = ("/", "/sign-in", "/practice/tasks/")


def wrong(answer: TestResponse, pay: str) -> list[str]:
    """What is not as it must be, in words."""
    headers, found = answer.headers, []
    found += [
        f"{name} is {headers.get_all(name)}" for name, value in ALWAYS.items() if headers.get_all(name) != [value]
    ]
    policy = without_nonce(headers.get("Content-Security-Policy", "none at all"))
    attached = headers.get("Content-Disposition", "").startswith("attachment")
    if policy not in ([DOWNLOAD] if attached else [PAGE, pay]):
        found.append(f"the policy is {policy}")
    if answer.mimetype in ("application/pdf", "text/csv", "application/zip") and not attached:
        found.append(f"{answer.mimetype} is not handed over as a file")
    if not answer.request.path.startswith(FILES) and headers.get("Cache-Control") != "no-store":
        found.append(f"Cache-Control is {headers.get('Cache-Control')}")
    return found + [fault for line in headers.get_all("Set-Cookie") for fault in _wrong_cookie(line)]


def _wrong_cookie(line: str) -> list[str]:
    ((name, cookie),) = SimpleCookie(line).items()
    good = name in COOKIES and cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/"
    return [] if good and not cookie["domain"] else [f"the cookie is {line}"]


@pytest.fixture
def pay(app: Flask) -> str:
    """The policy of a page with card boxes."""
    frames = " ".join(card_hosts(app.extensions["settings"]).frames)
    script = PAGE.replace("script-src ", "script-src 'self' ")
    return script.replace("connect-src", f"frame-src {frames}; connect-src")


@pytest.fixture
def broken(app: Flask) -> None:
    """A page of which something is wrong."""
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)


@pytest.mark.parametrize("name", ["stranger", "ana", "mara"])
def test_every_route_answers_with_its_headers(name, as_: As, things, pay):  # noqa: F811
    """Only a page with card boxes opens its policy. What is only asked for changes nothing but who saw it."""
    browser, found, opened, before = as_(name), {}, set(), kept(beside=SEEN)
    token = browser.token()
    for method, url, *_ in sorted(ROWS, key=lambda row: row[0]):
        if method == "POST" and before:
            assert kept(beside=SEEN) == before
            before = {}
        answer = ask(browser, method, url, things, token)
        found[f"{method} {url}"] = wrong(answer, pay)
        opened |= {url} if without_nonce(answer.headers["Content-Security-Policy"]) == pay else set()
    assert {route: faults for route, faults in found.items() if faults} == {}
    assert opened == {"ana": set(CARD_PAGES), "mara": {"/practice/payments/test/"}}.get(name, set())


def ends(app: Flask, browser: Visitor, token: str) -> dict[int, TestResponse]:
    """An answer of each other kind, by its status."""
    spend(app, limits.of_card_boxes, f"user:{person('ana').id}")
    file = browser.get("/static/app.js", buffered=True)
    answers = (
        file, browser.get("/static/app.js", headers={"If-None-Match": file.headers["ETag"]}, buffered=True),
        browser.get("/static/app.js", headers={"Range": "bytes=0-9"}, buffered=True),
        browser.get("/sign-in"), browser.post("/language", data={}), browser.get("/no-such-page"),
        browser.put("/pay"), browser.post("/pay", data="x" * 1_100_000), browser.get("/pay/token"),
        browser.get("/broken"), browser.post("/stay", data={"csrf_token": token}, headers={"HX-Request": "true"}),
        browser.get("/static/app.js", headers={"Range": "bytes=999999999-"}, buffered=True), browser.options("/pay"),
        browser.head("/"),
    )  # fmt: skip
    return {answer.status_code: answer for answer in answers}


@pytest.mark.own_app
def test_so_does_every_other_ending(app: Flask, broken, as_: As, pay):
    browser = as_("ana")
    found = ends(app, browser, browser.token())
    assert {200, 204, 206, 303, 304, 400, 404, 405, 413, 416, 429, 500} <= set(found)
    assert {status: wrong(answer, pay) for status, answer in found.items() if wrong(answer, pay)} == {}


def test_what_broke_says_nothing_of_how(app: Flask, as_: As):
    """Not even when what broke is the database, on which every page stands."""
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    browser = as_("ana")
    whole = [browser.get(url).status_code for url in BREAKING]
    db.execute_sql("ALTER TABLE practice RENAME TO gone")
    answers = [browser.get(url) for url in BREAKING]
    db.execute_sql("ALTER TABLE gone RENAME TO practice")

    assert (max(whole) < 500, {answer.status_code for answer in answers}) == (True, {500})
    for answer in answers:
        assert "there is a problem with this page" in answer.text
        assert not re.search(r"practice|sqlite|peewee|Traceback|\.py|SELECT", answer.text)
        assert wrong(answer, "") == []
