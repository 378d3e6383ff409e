"""The second step: asked for at both doors, set up by whoever has none, and asked again before what matters."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from app import create_app
from choices import Stage
from demo.codes import code_now
from identity import recovery_codes, second_step, signins
from models import AuditEntry, Message, Practice, SignIn, Totp
from tests import builders
from tests.visitor import HASH, PASSWORD, Visitor, equipped

CODE, SETTING_UP, AGAIN = "/sign-in/code", "/sign-in/second-step", "/sign-in/again"
WRONG = "That code did not work. Check the numbers and try again."


def half(browser: Visitor, person, door: str = "/sign-in", **options) -> str:
    """The password is behind; where it led."""
    return browser.submit(door, {"email": person.email, "password": PASSWORD}, **options).location


def whole(browser: Visitor) -> bool:
    return browser.get("/account").status_code in (200, 404)  # staff have no such page


@pytest.fixture
def newcomer(practice):
    """Nia has a password and no second step yet."""
    return builders.a_user("Nia Brooks-Demo", email="nia@example.com", password_hash=HASH)


@pytest.fixture
def owner(practice):
    return equipped(builders.a_staff_member("Mara Ellison-Demo", "owner", email="mara@example.com", password_hash=HASH))


# The code


def test_the_password_alone_opens_nothing(client, ana):
    assert half(client, ana) == CODE
    assert not whole(client)
    assert SignIn.get().stage == Stage.HALF


def test_a_code_begins_another_session_and_ends_the_half_one(client, ana, clock):
    half(client, ana)
    with client.session_transaction() as session:
        first = session["half"]

    answer = client.submit(CODE, {"code": code_now(ana, clock())})

    assert (answer.status_code, answer.location) == (303, "/")
    assert whole(client)
    before, now = SignIn.select().order_by(SignIn.id)
    assert (before.ended_at, now.ended_at, now.stage) == (clock(), None, Stage.WHOLE)
    assert signins.find_half(first, clock()) is None
    with client.session_transaction() as session:
        assert "half" not in session
        assert session["_user_id"] != first


def test_where_the_visitor_wanted_to_go_is_kept_through_both_steps(client, rosa, clock):
    code = half(client, rosa, "/practice/sign-in", query_string={"next": "/practice/tasks/"})

    assert code == "/practice/sign-in/code?next=/practice/tasks/"
    assert client.submit(code, {"code": code_now(rosa, clock())}).location == "/practice/tasks/"


def test_the_second_step_speaks_the_persons_language_or_the_one_chosen_here(client, ana):
    type(ana).update(language="es").execute()
    half(client, ana)
    assert "Escriba su código de 6 números" in client.get(CODE).text

    client.submit("/language", {"language": "en"})
    assert "Enter your 6-digit code" in client.get(CODE).text


def test_a_wrong_code_is_not_shown_again_and_stands_in_the_log(client, ana):
    half(client, ana)

    answer = client.submit(CODE, {"code": "123 456"})

    assert answer.status_code == 422
    assert WRONG in answer.text
    assert "123 456" not in answer.text
    entry = AuditEntry.select().order_by(AuditEntry.id.desc()).get()
    assert (entry.by, entry.what, entry.result, entry.detail) == (f"user:{ana.id}", "second_step", "mfa.fail", "app")


def test_a_code_works_at_one_door_and_once(client, app, ana, clock):
    code = code_now(ana, clock())
    half(client, ana)
    client.submit(CODE, {"code": code})
    thief = app.test_client()
    half(thief, ana)

    assert WRONG in thief.submit(CODE, {"code": code}).text


def test_after_five_wrong_codes_the_password_is_asked_again(client, ana):
    half(client, ana)
    answers = [client.submit(CODE, {"code": "000000"}) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 303]
    assert "Too many codes were wrong. Sign in again." in client.get(answers[-1].location).text
    assert client.get(CODE).location == "/sign-in"
    assert [message.kind for message in Message.select()] == ["mail.codes"]


def test_ten_wrong_codes_wait_an_hour_whatever_the_browser(app, ana, clock):
    for _ in range(2):
        browser = app.test_client()
        half(browser, ana)
        for _ in range(5):
            browser.submit(CODE, {"code": "000000"})
    browser = app.test_client()
    half(browser, ana)

    right = browser.submit(CODE, {"code": code_now(ana, clock())})
    assert right.status_code == 422
    assert "Wait one hour, or call (312) 555-0100." in right.text
    clock.pass_(hours=1)
    assert app.test_client().sign_in(ana).location == "/"


def test_ten_minutes_after_the_password_the_second_step_is_over(client, ana, clock):
    half(client, ana)
    clock.pass_(minutes=10)

    answer = client.submit(CODE, {"code": code_now(ana, clock())})
    assert answer.location == "/sign-in"
    assert "Signing in took more than 10 minutes. Start again." in client.get("/sign-in").text
    assert not whole(client)


def test_a_code_on_paper_works_instead_once_and_offers_new_ones(app, ana, clock):
    paper = recovery_codes.make(ana, clock())[0].upper()
    first, second = app.test_client(), app.test_client()
    page = first.get(half(first, ana))
    assert f'href="{CODE}?way=codes"' in page.text

    assert 'name="code"' in first.get(f"{CODE}?way=codes").text
    answer = first.submit(f"{CODE}?way=codes", {"code": paper})
    assert answer.location == "/"
    assert "Backup codes left: 9." in first.get("/").text
    assert [message.kind for message in Message.select()] == ["mail.security"]
    half(second, ana)
    assert WRONG in second.submit(f"{CODE}?way=codes", {"code": paper}).text


def test_whoever_has_no_app_is_asked_for_a_code_on_paper(client, ana):
    Totp.update(removed_at=ana.secured_at).execute()
    half(client, ana)

    page = client.get(CODE).text
    assert "Type one of the codes you printed or wrote down." in page
    assert "Use your code app" not in page
    second_step.recovery_codes.replace(ana, ana.secured_at)
    assert 'name="code"' not in client.get(CODE).text
    assert client.submit(CODE, {"code": "x"}).status_code == 422


def test_each_kind_of_people_gives_its_code_at_its_own_door(client, ana):
    half(client, ana)

    assert client.get("/practice/sign-in/code").location == "/practice/sign-in"
    assert client.get(CODE).status_code == 200


# Setting it up


def test_whoever_has_no_second_step_sets_it_up_before_anything_else(client, newcomer, clock):
    assert half(client, newcomer, query_string={"next": "/history"}) == f"{SETTING_UP}?next=/history"
    assert client.get(CODE).location == SETTING_UP
    assert not whole(client)

    began = client.submit(f"{SETTING_UP}/app?next=/history")
    page = client.get(began.location).text
    assert Totp.get().secret in re.sub(r"<p class=\"key\"[^>]*>([^<]+)", lambda key: key[1].replace(" ", ""), page)
    assert 'src="data:image/svg+xml' in page
    assert WRONG in client.submit(SETTING_UP, {"code": "000000"}).text

    codes = client.submit(f"{SETTING_UP}?next=/history", {"code": code_now(newcomer, clock())}).text
    shown = re.findall(r"<li>((?:\w{4}-){3}\w{4})</li>", codes)
    assert len(shown) == 10
    assert not whole(client)
    assert shown[0] not in client.get(SETTING_UP).text

    assert client.submit(f"{SETTING_UP}/done?next=/history").location == "/history"
    assert whole(client)
    assert [entry.what for entry in AuditEntry.select()] == ["app.added", "codes.made", "sign_in"]


def test_setting_up_cannot_be_finished_before_two_ways_stand(client, newcomer):
    half(client, newcomer)

    for step in ("/done", "/codes"):
        assert client.submit(f"{SETTING_UP}{step}").location == SETTING_UP
    assert recovery_codes.left(newcomer) == 0
    assert not whole(client)


def test_setting_up_goes_on_where_it_was_left(client, newcomer, clock):
    half(client, newcomer)
    client.submit(f"{SETTING_UP}/app")
    code = code_now(newcomer, clock())
    client.submit(SETTING_UP, {"code": code})

    assert client.submit(SETTING_UP, {"code": code}).location == SETTING_UP  # sent twice
    assert "Show my backup codes" in client.get(SETTING_UP).text
    assert "Save your backup codes" in client.submit(f"{SETTING_UP}/codes").text
    assert client.submit(f"{SETTING_UP}/done").location == "/"


def test_whoever_has_a_second_step_cannot_set_up_another_instead_of_using_it(client, ana):
    half(client, ana)

    for step in ("", "/app", "/codes", "/done"):
        assert client.submit(f"{SETTING_UP}{step}").location == CODE
    assert client.get(SETTING_UP).location == CODE
    assert Totp.select().count() == 1
    assert not whole(client)


# The demo's help


def test_the_demo_says_the_code_and_nobody_else_does(settings, practice, ana, clock):
    said = {}
    for mode in ("demo", "test", "production"):
        app = create_app(replace(settings, mode=mode))
        app.extensions["clock"], app.test_client_class = clock, Visitor
        browser = app.test_client()
        half(browser, ana)
        said[mode] = browser.get(CODE, base_url="http://localhost").text
        assert ("dev" in app.blueprints) == (mode == "demo")
    assert f"In the demo, the code is now {code_now(ana, clock())}." in said["demo"]
    assert "In the demo" not in said["test"] + said["production"]


# Once more, before what matters

REFUNDS_LIMIT = {"refund_limit": "321.00"}


@pytest.fixture
def signed_in(client, owner) -> Visitor:
    """The owner, whose proof is too old."""
    return client.enter(owner, stepped_up=False)


def token_of(browser: Visitor) -> str:
    with browser.session_transaction() as session:
        return session["_user_id"]


def test_signing_in_is_a_proof_for_five_minutes(client, owner, clock):
    client.sign_in(owner)

    assert client.get("/practice/settings/refunds").status_code == 200
    clock.pass_(minutes=5)
    assert client.get("/practice/settings/refunds").location == (
        "/practice/sign-in/again?next=/practice/settings/refunds"
    )


def test_a_page_that_asks_again_comes_after_the_answer_under_a_new_token(signed_in):
    question = signed_in.get("/practice/settings/refunds").location
    assert "Show us it is still you" in signed_in.get(question).text
    before = token_of(signed_in)

    answer = signed_in.submit(question, {"proof_way": "password", "proof_password": PASSWORD})

    assert (answer.status_code, answer.location) == (303, "/practice/settings/refunds")
    assert token_of(signed_in) != before
    assert signed_in.get(answer.location).status_code == 200
    assert signed_in.get(question).location == "/practice/settings/refunds"  # it is known by now
    entry = AuditEntry.select().where(AuditEntry.what == "step_up").get()
    assert (entry.result, entry.detail) == ("", "password")


def test_what_was_sent_waits_in_the_question_and_goes_on_with_the_answer(signed_in):
    asked = signed_in.submit("/practice/settings/refunds", {**REFUNDS_LIMIT, "refund_policy": 'Ask "us" <first>'})

    assert asked.status_code == 403
    assert 'name="refund_limit" value="321.00"' in asked.text
    assert "Ask &#34;us&#34; &lt;first&gt;" in asked.text
    assert "Nothing has changed yet." in asked.text
    assert Practice.the().refund_limit == 500_00

    kept = {**REFUNDS_LIMIT, "refund_policy": "Ask us first"}
    wrong = signed_in.submit("/practice/settings/refunds", {**kept, "proof_way": "password", "proof_password": "no"})
    assert (wrong.status_code, "That password is not right. Try again." in wrong.text) == (422, True)
    assert 'name="refund_limit" value="321.00"' in wrong.text
    assert 'value="no"' not in wrong.text
    proof = {"proof_way": "password", "proof_password": PASSWORD}
    assert signed_in.submit("/practice/settings/refunds", {**kept, **proof}).location == "/practice/settings/"
    assert Practice.the().refund_limit == 321_00


def test_a_code_of_the_app_will_do_and_another_way_may_be_chosen(signed_in, owner, clock):
    other = signed_in.submit(
        "/practice/settings/refunds", {**REFUNDS_LIMIT, "proof_way": "password", "proof_other": "code"}
    )
    assert (other.status_code, 'name="proof_code"' in other.text) == (403, True)
    assert 'name="refund_limit" value="321.00"' in other.text

    proof = {"proof_way": "code", "proof_code": code_now(owner, clock())}
    assert signed_in.submit("/practice/settings/refunds", {**REFUNDS_LIMIT, **proof}).status_code == 303


def test_five_wrong_codes_sign_out(signed_in, owner):
    proof = {"proof_way": "code", "proof_code": "000000"}
    answers = [signed_in.submit("/practice/sign-in/again", proof) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 303]
    assert "Too many codes were wrong. Sign in again." in signed_in.get(answers[-1].location).text
    assert signed_in.get("/practice/tasks/").location.startswith("/practice/sign-in")


def test_wrong_passwords_count_as_they_do_at_the_door(signed_in, owner, clock):
    proof = {"proof_way": "password", "proof_password": "no"}
    for _ in range(5):
        signed_in.submit("/practice/sign-in/again", proof)

    answer = signed_in.submit("/practice/sign-in/again", {**proof, "proof_password": PASSWORD})
    assert "Too many tries. Wait 15 minutes, then try again." in answer.text
    assert not SignIn.get().stepped_up_at


def test_a_fragment_leads_to_the_question_and_back_to_its_page(signed_in):
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://localhost/practice/payments/?from=menu"}

    for answer in (
        signed_in.get("/practice/settings/refunds", headers=htmx),
        signed_in.submit("/practice/payments/on", headers=htmx),
    ):
        asked = urlsplit(answer.headers["HX-Redirect"])
        assert asked.path == "/practice/sign-in/again"
        assert parse_qs(asked.query) == {"next": ["/practice/payments/?from=menu"]}


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_answer_leads_nowhere_else(signed_in, there):
    proof = {"proof_way": "password", "proof_password": PASSWORD}

    answer = signed_in.post(AGAIN, query_string={"next": there}, data={**proof, "csrf_token": signed_in.token()})

    assert answer.location == "/practice/"


def test_without_a_token_of_the_page_no_proof_is_looked_at(signed_in):
    proof = {"proof_way": "password", "proof_password": PASSWORD}

    assert signed_in.post("/practice/settings/refunds", data={**REFUNDS_LIMIT, **proof}).status_code == 400


def test_a_stranger_is_sent_to_sign_in(client, practice):
    assert client.get(AGAIN).location == f"/sign-in?next={AGAIN}"


def test_what_asks_for_no_proof_goes_on_without(signed_in, practice):
    answer = signed_in.submit("/practice/payments/off", {"reason": "Away", "message": "Back on Monday"})

    assert answer.status_code == 303
    assert not Practice.the().payments_on
