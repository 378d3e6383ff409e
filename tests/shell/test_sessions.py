"""How long a sign-in lasts and what ends it."""

import pytest

from demo.codes import code_now
from identity import signins
from models import SignIn
from tests.visitor import PASSWORD


def signed_in(browser) -> bool:
    return browser.get("/sign-in").status_code == 303


def test_fifteen_idle_minutes_end_a_session(sign_in, ana, clock):
    browser = sign_in(ana)

    clock.pass_(minutes=14, seconds=59)
    assert signed_in(browser)
    clock.pass_(minutes=15)
    assert not signed_in(browser)


def test_twelve_hours_end_a_session_however_busy(sign_in, ana, clock):
    browser = sign_in(ana)

    for _ in range(11 * 6 + 5):
        clock.pass_(minutes=10)
        assert signed_in(browser)
    clock.pass_(minutes=10)
    assert not signed_in(browser)


def test_whoever_was_signed_out_is_told_and_comes_back_to_the_same_page(sign_in, ana, clock):
    browser = sign_in(ana)
    clock.pass_(minutes=20)

    answer = browser.get("/history?page=2")
    assert answer.location == "/sign-in?next=/history?page%3D2"
    page = browser.get(answer.location)
    assert "You were signed out. We did not take any payment after you left." in page.text

    half = browser.submit(answer.location, {"email": ana.email, "password": PASSWORD})
    assert browser.submit(half.location, {"code": code_now(ana, clock())}).location == "/history?page=2"


def test_who_was_signed_out_is_told_in_their_own_language(sign_in, ana, rosa, clock):
    ana.language = "es"
    ana.save()
    browser, staff = sign_in(ana), sign_in(rosa)
    clock.pass_(minutes=20)

    answer = browser.get("/history")
    assert answer.location == "/sign-in?next=/history&language=es"
    assert "Se cerró su sesión. No cobramos nada después de que usted salió." in browser.get(answer.location).text
    assert staff.get("/practice/settings/").location == "/practice/sign-in?next=/practice/settings/"
    assert signins.language_of("made up") is None


def test_staying_keeps_the_session(sign_in, ana, clock):
    browser = sign_in(ana)
    token = browser.token()

    for _ in range(10):
        clock.pass_(minutes=13)
        assert browser.post("/stay", data={"csrf_token": token}).status_code == 303
    assert browser.post("/stay", data={"csrf_token": token}, headers={"HX-Request": "true"}).status_code == 204
    assert signed_in(browser)


def test_a_stranger_cannot_stay(client, practice):
    assert client.submit("/stay").status_code in (303, 401)


def test_pages_say_how_many_seconds_are_left(sign_in, ana, clock):
    browser = sign_in(ana)
    assert 'data-after="900"' in browser.get("/no-such-page").text

    for _ in range(5):
        clock.pass_(hours=2, minutes=0)
        SignIn.update(seen_at=clock()).execute()
    clock.pass_(hours=1, minutes=50)
    SignIn.update(seen_at=clock()).execute()
    assert 'data-after="600"' in browser.get("/no-such-page").text


def test_each_sign_in_gets_a_new_token_and_a_new_form_token(client, ana):
    before = client.token()
    client.sign_in(ana)
    with client.session_transaction() as session:
        first = session["_user_id"]

    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400
    client.submit("/sign-out")
    client.sign_in(ana)
    with client.session_transaction() as session:
        assert session["_user_id"] != first


def test_the_token_is_kept_only_as_a_hash(client, ana):
    client.sign_in(ana)

    with client.session_transaction() as session:
        assert session["_user_id"] not in str(SignIn.select().dicts().get())


def test_signing_out_ends_the_session_for_good(sign_in, ana, app):
    browser = sign_in(ana)
    stolen = browser.get_cookie("session").value

    answer = browser.submit("/sign-out")

    assert answer.status_code == 303
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert "You are signed out." in browser.get(answer.location).text
    thief = app.test_client()
    thief.set_cookie("session", stolen)
    assert not signed_in(thief)


def test_staff_signs_out_to_its_own_door(sign_in, rosa):
    assert sign_in(rosa).submit("/sign-out").location == "/practice/sign-in?language=en&out=1"


def test_signing_out_twice_is_no_mistake(client, practice):
    assert client.submit("/sign-out").status_code == 303


def test_signing_out_here_leaves_another_browser_signed_in(sign_in, ana):
    phone, laptop = sign_in(ana), sign_in(ana)

    phone.submit("/sign-out")

    assert signed_in(laptop)


def test_a_disabled_login_is_out_at_once(sign_in, ana, clock):
    browser = sign_in(ana)

    ana.disabled_at = clock()
    ana.save()

    assert not signed_in(browser)


def test_a_new_password_ends_every_session(sign_in, ana, clock):
    browsers = [sign_in(ana), sign_in(ana)]

    signins.set_password(ana, "a quiet blue bicycle", clock(), practice_name="Harbor Fern")

    assert [signed_in(browser) for browser in browsers] == [False, False]
    assert browsers[0].sign_in(ana, "a quiet blue bicycle").status_code == 303


@pytest.mark.parametrize("token", ["", "x", "é" * 1000])
def test_a_made_up_token_is_nobodys(database, clock, settings, token):
    assert signins.find(token, clock(), idle=settings.idle_timeout, total=settings.session_timeout) is None


def test_a_cookie_signed_with_another_key_is_ignored(sign_in, ana, app):
    cookie = sign_in(ana).get_cookie("session").value
    app.secret_key = "another key altogether, long enough"
    browser = app.test_client()
    browser.set_cookie("session", cookie)

    assert not signed_in(browser)


def test_old_sessions_and_failures_are_forgotten_after_thirty_days(sign_in, ana, clock):
    sign_in(ana).submit("/sign-out")

    clock.pass_(days=29)
    assert signins.forget_old(clock()) == 0
    clock.pass_(days=2)
    assert signins.forget_old(clock()) == 1
    assert SignIn.select().count() == 0


def test_polling_every_two_seconds_does_not_write_every_two_seconds(sign_in, ana, clock):
    browser = sign_in(ana)
    began = SignIn.get().seen_at

    for _ in range(7):
        clock.pass_(seconds=2)
        browser.get("/no-such-page")
    assert SignIn.get().seen_at == began
    clock.pass_(seconds=1)
    browser.get("/no-such-page")
    assert SignIn.get().seen_at == clock()
