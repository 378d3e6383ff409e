"""Who is asking, when reverse proxies stand in front, and when somebody only pretends that they do."""

from dataclasses import replace

import pytest

from app import create_app
from models import AuditEntry, SignIn
from tests.visitor import Visitor

REAL, FORGED = "203.0.113.9", "198.51.100.7"
PRETENCES = (
    {"X-Forwarded-For": FORGED}, {"X-Forwarded-For": f"{FORGED}, 10.0.0.1"}, {"Forwarded": f"for={FORGED}"},
    {"X-Real-IP": FORGED}, {"X-Client-IP": FORGED}, {"True-Client-IP": FORGED}, {"CF-Connecting-IP": FORGED},
    {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "X-Forwarded-Prefix": "/evil"},
)  # fmt: skip


class Chain(Visitor):
    """A browser behind `proxies` that each add the address they were asked from, as proxies do."""

    proxies = 0

    def open(self, *args, **options):
        headers = dict(options.pop("headers", {}))
        seen = [REAL, "10.0.0.2"][: self.proxies]
        if seen:
            given = [headers["X-Forwarded-For"]] if "X-Forwarded-For" in headers else []
            headers["X-Forwarded-For"] = ", ".join(given + seen)
        at = "10.0.0.3" if seen else REAL
        return super().open(*args, headers=headers, environ_overrides={"REMOTE_ADDR": at}, **options)


@pytest.fixture(params=[0, 1, 2], ids=["no proxy", "one", "two"])
def behind(request, practice, settings, clock):
    """The application as it stands behind none, one and two configured proxies."""
    app = create_app(replace(settings, trusted_proxies=request.param))
    app.extensions["clock"] = clock
    app.test_client_class = type("Behind", (Chain,), {"proxies": request.param})
    return app


def test_the_log_the_books_and_the_session_name_the_real_address(behind, ana, caplog):
    caplog.set_level("INFO", logger="evenly.access")

    for pretence in ({}, *PRETENCES):
        browser = behind.test_client()
        browser.sign_in(ana, "not the password", headers=pretence)
        assert browser.sign_in(ana, headers=pretence).location.startswith("/")

    assert AuditEntry.select().count() > len(PRETENCES)
    assert {entry.ip for entry in AuditEntry.select()} == {REAL}
    assert {row.ip for row in SignIn.select()} <= {REAL}
    written = [record.getMessage() for record in caplog.records]
    assert written and all(line.startswith(f"{REAL} ") for line in written)


def test_a_new_pretence_for_each_try_does_not_hide_who_guesses(behind):
    browser = behind.test_client()
    token = browser.token()

    def guess(number):
        data = {"csrf_token": token, "email": f"{number}@example.com", "password": "a guess"}
        return browser.post("/sign-in", data=data, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code

    assert [guess(number) for number in range(21)] == [422] * 20 + [429]


def test_no_pretence_reaches_a_page(behind):
    honest = behind.test_client().get("/")

    for pretence in PRETENCES:
        pretended = behind.test_client().get("/", headers=pretence)
        assert (pretended.status_code, pretended.location) == (honest.status_code, honest.location)
        assert "evil" not in behind.test_client().get("/sign-in", headers=pretence).text


def test_only_as_many_addresses_as_there_are_proxies_are_believed(practice, settings):
    """A chain that is too short is nobody's word."""
    app = create_app(replace(settings, trusted_proxies=2))

    @app.get("/address")
    def address():
        from flask import request

        return request.remote_addr

    def seen(chain):
        return app.test_client().get("/address", headers={"X-Forwarded-For": chain}).text

    assert seen(FORGED) == "127.0.0.1"
    assert seen(f"{REAL}, 10.0.0.2") == REAL
    assert seen(f"{FORGED}, {REAL}, 10.0.0.2") == REAL
