"""Whoever has given the password and no second step yet is a stranger everywhere but on the page of that step."""

from flask import Flask

from tests.visitor import PASSWORD
from tests.walk.conftest import person
from tests.walk.test_routes import ROWS, VISITORS, ask, outcome, things  # noqa: F401

DOORS = {"ana": "/sign-in", "mara": "/practice/sign-in"}
SECOND_STEP = ("", "/app", "/codes", "/done", "/passkey", "/passkey/options")


def test_half_a_sign_in_opens_the_page_of_the_second_step_and_nothing_else(app: Flask, things):  # noqa: F811
    for name in ("ana", "mara"):
        browser = app.test_client()
        code = browser.submit(DOORS[name], {"email": person(name).email, "password": PASSWORD}).location
        assert browser.get(code).status_code == 200

        token, strangers = browser.token(), VISITORS.index("stranger")
        others = [row for row in ROWS if code not in row[1] and row[1] not in (*DOORS.values(), "/sign-out")]
        found = {f"{method} {url}": outcome(ask(browser, method, url, things, token)) for method, url, *_ in others}
        own = {f"{row[0]} {DOORS[name]}/second-step{step}" for row in ROWS for step in SECOND_STEP}
        expected = {f"{row[0]} {row[1]}": row[2 + strangers] for row in others}
        assert found == expected | dict.fromkeys(own & expected.keys(), "go")
        assert browser.get(code).status_code == 200
