"""The pages of one's own sign-in, sent as a browser sends them; the device with the passkey is software."""

import re
from datetime import timedelta

import pyotp
import pytest

from demo.codes import waiting
from identity import passkeys, recovery_codes, resets, second_step, signins, totp
from identity.second_step import Factor
from models import AuditEntry, Message, Passkey, SignIn, Totp, User
from tests.builders import NOW, a_link, a_provider, a_saved_card, a_staff_member, an_account, ben
from tests.builders import ana as ana_with_account
from tests.device import Device
from tests.visitor import PASSWORD, equipped

NEW = "seven quiet herons"
CHROME = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/120 Safari/537"}


@pytest.fixture
def browser(ana, sign_in):
    return sign_in(equipped(ana))


def creates(browser, device, place="/account/passkeys", **more):
    asked = browser.submit(f"{place}/options").json
    answer = device.create(browser.application.json.dumps(asked["options"]))
    return browser.submit(place, {"passkey_challenge": asked["challenge"], "passkey_answer": answer}, **more)


def answers(browser, device, place="/sign-in/passkey", options=None, **more):
    asked = browser.submit(options or f"{place}/options").json
    answer = device.get(browser.application.json.dumps(asked["options"]))
    return browser.submit(place, {"passkey_challenge": asked["challenge"], "passkey_answer": answer, **more})


def test_a_passkey_is_added_named_and_removed(browser, ana):
    old_token = browser.get_cookie("session").value
    added = creates(browser, Device(), headers=CHROME)

    assert added.location == "/account/passkeys" and browser.get_cookie("session").value != old_token
    page = browser.get("/account/passkeys").text
    assert "You can sign in with your new passkey." in page and "Chrome, Android" in page
    (kept,) = passkeys.of(ana)
    place = f"/account/passkeys/{kept.key}"
    assert "Added Nov 20, 2026" in browser.get(place).text
    browser.submit(place, {"name": "Kitchen tablet"})
    assert "Kitchen tablet" in browser.get("/account/passkeys").text
    card_like = browser.submit(place, {"name": "4111 1111 1111 1111"})
    assert card_like.status_code == 422
    assert browser.submit(f"{place}/remove").location == "/account/passkeys"
    assert "You have no passkey yet." in browser.get("/account/passkeys").text


def test_the_last_way_in_is_not_removed_and_the_page_says_why(browser, ana):
    creates(browser, Device())
    assert "Your code app is off." in browser.submit("/account/app/remove", follow_redirects=True).text
    recovery_codes.replace(ana, NOW)
    refused = browser.submit(f"/account/passkeys/{Passkey.get().key}/remove")

    assert refused.status_code == 422 and "You need two ways to sign in." in refused.text
    assert passkeys.of(ana)


def test_a_wrong_answer_adds_nothing(browser, ana):
    nothing = browser.submit("/account/passkeys", follow_redirects=True).text
    assert "Add a passkey" in nothing and "too long" not in nothing
    page = browser.submit("/account/passkeys", {"passkey_answer": "{}"}, follow_redirects=True).text

    assert "That took too long. Try again." in page and passkeys.of(ana) == []


def test_one_tap_is_both_steps_and_leads_where_the_person_wanted_to_go(browser, client, ana):
    device = Device()
    creates(browser, device)

    entered = answers(client, device, "/sign-in/passkey?next=/history", "/sign-in/passkey/options")

    assert entered.location == "/history" and client.get("/history").status_code == 200
    noted = AuditEntry.get(AuditEntry.what == "sign_in")
    assert (noted.by, noted.detail) == (f"user:{ana.id}", "passkey")
    assert client.get("/account/email").status_code == 200, "a fresh proof"
    assert answers(client, device).location == "/", "is inside already"


def test_a_challenge_of_another_browser_is_worth_nothing_here(browser, client, app):
    device, elsewhere = Device(), app.test_client()
    creates(browser, device)
    asked = elsewhere.submit("/sign-in/passkey/options").json
    answer = device.get(app.json.dumps(asked["options"]))

    refused = client.submit("/sign-in/passkey", {"passkey_challenge": asked["challenge"], "passkey_answer": answer})

    assert refused.location == "/sign-in"
    assert "That took too long. Try again." in client.get("/sign-in").text
    entry = AuditEntry.get(AuditEntry.what == "sign_in")
    assert (entry.by, entry.result) == ("stranger", "passkey.late")


def test_two_tabs_may_ask_at_the_same_time(browser, client):
    device = Device()
    creates(browser, device)
    first = client.submit("/sign-in/passkey/options").json
    client.submit("/sign-in/passkey/options")

    answer = device.get(client.application.json.dumps(first["options"]))
    sent = client.submit("/sign-in/passkey", {"passkey_challenge": first["challenge"], "passkey_answer": answer})
    assert sent.location == "/"


def test_a_passkey_is_a_second_step_while_setting_up(client, ana):
    assert client.submit("/sign-in", {"email": ana.email, "password": PASSWORD}).location == "/sign-in/second-step"
    wrong = client.submit("/sign-in/second-step/passkey", {"passkey_answer": "{}"}, follow_redirects=True)
    assert "That took too long." in wrong.text

    assert creates(client, device := Device(), "/sign-in/second-step/passkey").location == "/sign-in/second-step"
    assert "Show my backup codes" in client.get("/sign-in/second-step").text
    # With one way alone, it is asked to go on setting up.
    assert answers(client.application.test_client(), device).location == "/sign-in/second-step"


def test_a_passkey_proves_it_again_and_what_was_posted_is_not_lost(ana, sign_in):
    device = Device()
    creates(sign_in(equipped(ana)), device)
    browser = sign_in(ana)
    with browser.session_transaction() as session:
        token = session["_user_id"]
    SignIn.update(stepped_up_at=None).where(SignIn.token_sha256 == signins.sha256(token)).execute()

    question = browser.submit("/account/email", {"email": "ana.new@example.com"})
    assert question.status_code == 403 and "Use your passkey" in question.text
    assert 'name="email" value="ana.new@example.com"' in question.text
    went_on = answers(browser, device, "/account/email", "/sign-in/again/options", email="ana.new@example.com")

    assert went_on.location == "/account/email/code"


@pytest.mark.parametrize(("language", "told"), [("en", "Is your passkey not on"), ("es", "¿Su llave de acceso no")])
def test_whoever_has_no_other_proof_here_is_told_how_to_come_back_with_one(language, told, ana, sign_in, app):
    creates(sign_in(equipped(ana)), Device())
    Totp.delete().execute()
    browser = app.test_client().enter(ana, stepped_up=False)
    ana.language = language
    ana.save()
    assert told not in browser.get("/sign-in/again").text

    User.update(password_hash=None).execute()
    question = browser.get("/sign-in/again").text

    assert told in question and question.count('action="/sign-out"') == 2
    assert {"en": "I forgot my password", "es": "Olvidé mi contraseña"}[language] in question
    assert second_step.ways(ana) == [Factor.PASSKEY, Factor.CODES]


CHANGES = (
    "/password", "/email", "/email/code", "/phone", "/passkeys", "/passkeys/options", "/passkeys/any", "/app/new",
    "/app", "/app/remove", "/codes", "/sessions/end", "/sessions/end-others",
)  # fmt: skip


def test_every_change_asks_again_who_is_there(ana, app):
    browser = app.test_client().enter(equipped(ana), stepped_up=False)

    assert {change: browser.submit(f"/account{change}").status_code for change in CHANGES} == dict.fromkeys(
        CHANGES, 403
    )
    assert Message.select().count() == 0


def test_looking_asks_for_nothing_again(ana, app):
    browser = app.test_client().enter(equipped(ana), stepped_up=False)

    assert {browser.get(f"/account{page}").status_code for page in ("", "/passkeys", "/app", "/codes")} == {200}


def test_a_new_password_ends_the_others_and_keeps_this_one(browser, ana, sign_in):
    other = sign_in(ana)
    assert browser.submit("/account/password", {"password": "short"}).status_code == 422
    done = browser.submit("/account/password", {"password": NEW})

    assert done.location == "/account" and "Your password changed." in browser.get("/account").text
    assert other.get("/account").location.startswith("/sign-in")


def test_a_new_email_by_its_code(browser, ana):
    assert browser.get("/account/email/code").location == "/account/email"
    assert browser.submit("/account/email", {"email": "ana"}).status_code == 422
    browser.submit("/account/email", {"email": "ana.new@example.com"})
    code = Message.get(Message.kind == "mail.code").values["code"]
    assert browser.get("/account/email/code").status_code == 200
    assert browser.submit("/account/email/code", {"code": "x"}).status_code == 422
    done = browser.submit("/account/email/code", {"code": code})

    assert done.location == "/account"
    page = browser.get("/account").text
    assert "Your email changed." in page and "ana.new@example.com" in page


def test_a_phone_number(browser):
    assert browser.submit("/account/phone", {"phone": "12"}).status_code == 422
    browser.submit("/account/phone", {"phone": "3125550188"})

    assert "(312) 555-0188" in browser.get("/account").text
    assert 'value="(312) 555-0188"' in browser.get("/account/phone").text


def test_another_code_app_takes_the_place_of_the_first(browser, ana, clock):
    first = totp.standing(ana).secret
    assert browser.get("/account/app/new").location == "/account/app"
    assert browser.submit("/account/app", {"code": "1"}).location == "/account/app"
    browser.submit("/account/app/new")
    new = waiting(ana, clock()).secret
    totp.start(ana, clock())  # in another browser
    assert new in browser.get("/account/app/new").text.replace(" ", "")
    assert "data:image/svg+xml" in browser.get("/account/app/new").text
    assert browser.submit("/account/app", {"code": "x"}).status_code == 422
    browser.submit("/account/app", {"code": pyotp.TOTP(new).at(clock())})

    assert totp.standing(ana).secret == new != first
    assert "Your code app is on." in browser.get("/account").text


def test_the_only_app_stays(browser, ana):
    refused = browser.submit("/account/app/remove")

    assert refused.status_code == 422 and "You need two ways to sign in." in refused.text and totp.standing(ana)


def test_new_backup_codes_are_shown_once(browser, ana):
    shown = re.findall(r"<li>([a-z0-9]{4}(?:-[a-z0-9]{4}){3})</li>", browser.submit("/account/codes").text)

    assert len(shown) == 10 and shown[0] not in browser.get("/account/codes").text
    assert recovery_codes.use(ana, shown[0], NOW)
    assert "9 left" in browser.get("/account/codes").text


def test_a_person_sees_and_ends_their_own_sessions(browser, ana, rosa, app, sign_in):
    others = [sign_in(ana), sign_in(ana)]
    signins.begin(rosa, NOW)
    page = browser.get("/account").text
    keys = re.findall(r'name="session" value="(\w+)"', page)
    assert len(keys) == 2 and page.count("This device") == 1

    browser.submit("/account/sessions/end", {"session": keys[0]})
    browser.submit("/account/sessions/end", {"session": "made up"})
    assert len(re.findall(r'name="session"', browser.get("/account").text)) == 1
    assert (
        "We signed you out everywhere else."
        in browser.submit("/account/sessions/end-others", follow_redirects=True).text
    )
    assert {other.get("/account").status_code for other in others} == {303}
    assert SignIn.get(SignIn.staff == rosa).ended_at is None
    browser.submit("/account/sessions/end-others")
    assert AuditEntry.select().where(AuditEntry.what == "session.ended").count() == 2


def test_sessions_that_are_over_are_not_shown(browser, ana, clock):
    signins.begin(ana, NOW - timedelta(hours=1))

    assert 'name="session"' not in browser.get("/account").text


# A link by hand


def test_who_has_seen_the_client_hands_over_a_link_that_works(practice, sign_in, client):
    person = ana_with_account()
    mara = sign_in(a_staff_member("Mara Ellison-Demo", role="owner"))
    place = f"/practice/people/{person.user.key}/reenrol"
    assert "Help Ana Delgado-Demo sign in again" in mara.get(place).text
    assert mara.submit(place).status_code == 422

    page = mara.submit(place, {"seen": "y"}).text

    link = re.search(r"http://localhost(/begin/[\w-]+)", page)[1]
    assert "data:image/svg+xml" in page and "Nov 21, 2026" in page
    assert client.submit(link, {"password": NEW}).location == "/sign-in/second-step"
    assert [row.kind for row in Message.select()] == ["mail.reenrol", "mail.security"]


def test_a_therapist_does_so_for_own_clients_alone(practice, sign_in):
    own, other = ana_with_account(), ben()
    provider = a_provider()
    own.client.provider = provider
    own.client.save()
    jonah = sign_in(a_staff_member("Jonah Reyes-Demo", role="therapist", provider=provider))

    found = [jonah.get(f"/practice/people/{each.user.key}/reenrol").status_code for each in (own, other)]
    assert found == [200, 404]


def test_for_a_day_the_cards_page_says_until_when(app, sign_in, clock):
    person = ana_with_account()
    a_saved_card(person.user)
    card = a_saved_card(person.user, main=False, last4="0004")
    resets.use(resets.find(User, resets.reenrol(person.user, a_staff_member(role="owner"), NOW), NOW), NEW, NOW)
    browser = sign_in(person.user)

    page = browser.get("/cards").text
    assert "your cards stay as they are until Nov 21, 2026, 12:00\xa0PM CST" in page
    assert "Remove" not in page and browser.get("/cards/new").location == "/cards"
    for change in ("main", "remove"):
        assert "until Nov 21" in browser.submit(f"/cards/{card.key}/{change}").text
    a_link(person.user, an_account("Second"))
    clock.pass_(hours=24)
    assert "Remove" in sign_in(person.user).get("/cards").text
