"""Whoever was signed in and no longer is, is a stranger everywhere: put out, switched off, or away too long."""

import pytest
from flask import Flask

from identity import signins
from models import Staff, User
from tests.conftest import Clock
from tests.walk.conftest import As, person
from tests.walk.test_routes import ROWS, VISITORS, ask, outcome, things  # noqa: F401


def switched_off(somebody: User | Staff, clock: Clock) -> None:
    somebody.disabled_at = clock()
    somebody.save(only=["disabled_at"])


def put_out(somebody: User | Staff, clock: Clock) -> None:
    signins.end_all(somebody, clock())


def away(somebody: User | Staff, clock: Clock) -> None:
    clock.pass_(minutes=15)


@pytest.mark.parametrize(("name", "ended"), [("ana", put_out), ("mara", switched_off), ("kim", away)])
def test_an_ended_session_opens_what_a_stranger_finds_open(name, ended, app: Flask, as_: As, clock, things):  # noqa: F811
    browser = as_(name)
    ended(person(name), clock)
    token, stranger = browser.token(), 2 + VISITORS.index("stranger")
    cookie, found = browser.get_cookie("session").value, {}
    for method, url, *_ in ROWS:
        browser.set_cookie("session", cookie)  # what was signed in; the page to sign in lets go of it
        found[f"{method} {url}"] = outcome(ask(browser, method, url, things, token))
    late = {"POST /pay/keep": "204"} if ended is away else {}  # typed until the time was over, and kept for her alone
    assert found == {f"{row[0]} {row[1]}": row[stranger] for row in ROWS} | late
