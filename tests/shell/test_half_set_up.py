"""Somebody has the password and not the person's phone: what was begun by one is never finished by the other."""

import json
import re

import pytest

from demo.codes import code_now, waiting
from identity import passkeys, recovery_codes, totp
from models import AuditEntry, Message, SignIn, Totp
from tests import builders
from tests.device import Device
from tests.visitor import HASH, PASSWORD, Visitor

CODE, SETTING_UP = "/sign-in/code", "/sign-in/second-step"


@pytest.fixture
def nia(practice):
    """She has a password and no second step yet."""
    return builders.a_user("Nia Brooks-Demo", email="nia@example.com", password_hash=HASH)


@pytest.fixture
def half(app, nia):
    """`half()` is another browser in which her password was typed."""

    def half() -> Visitor:
        browser = app.test_client()
        browser.went_to = browser.submit("/sign-in", {"email": nia.email, "password": PASSWORD}).location
        return browser

    return half


def secret_on(browser: Visitor) -> str:
    page = browser.get(f"{SETTING_UP}?way=app").text
    return re.search(r"((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})", page)[1].replace(" ", "")


def adds_passkey(browser: Visitor, device: Device):
    asked = browser.submit(f"{SETTING_UP}/passkey/options").json
    answer = device.create(json.dumps(asked["options"]))
    return browser.submit(f"{SETTING_UP}/passkey", {"passkey_challenge": asked["challenge"], "passkey_answer": answer})


def enters(browser: Visitor, device: Device):
    asked = browser.submit("/sign-in/passkey/options").json
    answer = device.get(json.dumps(asked["options"]))
    return browser.submit("/sign-in/passkey", {"passkey_challenge": asked["challenge"], "passkey_answer": answer})


def test_each_browser_is_shown_the_secret_that_it_began_and_no_other(half, nia, clock):
    thief, hers = half(), half()
    for browser in (thief, hers):
        browser.submit(f"{SETTING_UP}/app")
    seen = [secret_on(browser) for browser in (thief, hers, hers)]
    assert seen[0] != seen[1] == seen[2]
    assert seen[1] not in str(Totp.select().tuples().get())

    assert hers.submit(SETTING_UP, {"code": code_now(nia, clock())}).status_code == 200

    assert totp.standing(nia).secret == seen[1]
    assert waiting(nia, clock()) is None
    assert thief.submit(SETTING_UP, {"code": code_now(nia, clock())}).location == "/sign-in"


def test_an_app_of_another_day_is_asked_for_before_setting_up_goes_on(half, nia, clock):
    first = half()
    first.submit(f"{SETTING_UP}/app")
    first.submit(SETTING_UP, {"code": code_now(nia, clock())})
    codes = recovery_codes.left(nia)
    clock.pass_(days=1)

    thief = half()
    assert thief.went_to == CODE
    for step in ("", "/app", "/codes", "/done", "/passkey", "/passkey/options"):
        assert thief.submit(f"{SETTING_UP}{step}").location == CODE
    assert (recovery_codes.left(nia), nia.secured_at) == (codes, None)
    assert thief.get("/account").location.startswith("/sign-in")

    assert thief.submit(CODE, {"code": "000000"}).status_code == 422
    assert thief.submit(CODE, {"code": code_now(nia, clock())}).location == SETTING_UP
    assert thief.get(CODE).location == SETTING_UP
    assert "Save your backup codes" in thief.submit(f"{SETTING_UP}/codes").text
    assert thief.submit(f"{SETTING_UP}/done").location == "/"


def test_the_first_passkey_is_told_noted_and_ends_what_else_was_open(half, nia):
    other, hers = half(), half()

    assert adds_passkey(hers, Device()).location == SETTING_UP

    assert [(row.kind, row.to) for row in Message.select()] == [("mail.security", nia.email)]
    noted = AuditEntry.get()
    assert (noted.by, noted.what, noted.subject) == (f"user:{nia.id}", "passkey.added", "passkey:1")
    assert other.get(SETTING_UP).location == "/sign-in"
    assert "Show my backup codes" in hers.get(SETTING_UP).text


def test_a_passkey_of_another_day_is_shown_once_and_setting_up_goes_on(half, app, nia):
    device = Device()
    adds_passkey(half(), device)

    assert half().went_to == CODE
    hers = app.test_client()
    assert enters(hers, device).location == SETTING_UP
    hers.submit(f"{SETTING_UP}/codes")
    assert hers.submit(f"{SETTING_UP}/done").location == "/"
    assert len(passkeys.of(nia)) == 1


def test_an_answer_for_no_challenge_adds_nothing(half, nia):
    answer = half().submit(f"{SETTING_UP}/passkey", {"passkey_challenge": "x", "passkey_answer": "{}"})

    assert (answer.location, passkeys.of(nia), Message.select().count()) == (SETTING_UP, [], 0)


def test_passkeys_that_fail_are_counted_like_passwords(client, ana, clock):
    token, made_up = client.token(), {"passkey_answer": "{}"}

    answers = [client.post("/sign-in/passkey", data={"csrf_token": token, **made_up}) for _ in range(24)]

    assert [answer.status_code for answer in answers] == [303] * 20 + [429] * 4
    assert AuditEntry.select().count() == 20
    clock.pass_(minutes=15)
    assert client.post("/sign-in/passkey", data={"csrf_token": token, **made_up}).status_code == 303


def test_a_lock_at_the_door_does_not_keep_a_passkey_out(half, app, nia, clock):
    device = Device()
    hers = half()
    adds_passkey(hers, device)
    hers.submit(f"{SETTING_UP}/codes")
    hers.submit(f"{SETTING_UP}/done")
    for _ in range(5):
        app.test_client().submit("/sign-in", {"email": nia.email, "password": "a guess"})
    assert app.test_client().submit("/sign-in", {"email": nia.email, "password": PASSWORD}).status_code == 422

    assert enters(app.test_client(), device).location == "/"


def test_a_late_request_with_the_token_of_before_leaves_the_new_one_alone(app, ana):
    browser = app.test_client().enter(ana, stepped_up=False)
    old = browser.get_cookie("session").value
    proof = {"proof_way": "password", "proof_password": PASSWORD}
    assert browser.submit("/sign-in/again?next=/account", proof).location == "/account"

    late = app.test_client()
    late.set_cookie("session", old)
    answer = late.get("/account")

    assert (answer.location, answer.headers.getlist("Set-Cookie")) == ("/sign-in?next=/account", [])
    assert browser.get("/account").status_code == 200
    assert SignIn.select().where(SignIn.ended_at.is_null()).count() == 1


def test_a_new_password_is_in_no_page_and_asked_for_after_the_proof(app, ana):
    browser, chosen = app.test_client().enter(ana, stepped_up=False), "seven quiet herons"
    proof = {"proof_way": "password", "proof_password": "not it"}

    sent = browser.submit("/account/password", {"password": chosen})
    assert sent.location == "/sign-in/again?next=/account/password"
    question = browser.get(sent.location).text
    assert "Nothing has changed yet. We do not keep a new password" in question
    wrong = browser.submit("/account/password", {"password": chosen, **proof})
    assert wrong.status_code == 422
    assert chosen not in question + wrong.text

    answer = browser.submit(sent.location, {**proof, "proof_password": PASSWORD})
    assert answer.location == "/account/password"
    assert browser.submit(answer.location, {"password": chosen}).location == "/account"
