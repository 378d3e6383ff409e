"""Setting up a login after an invitation: the steps in their order, stopping half-way, and who has a login already."""

import re
from datetime import timedelta

import pytest

from choices import LinkRole, Right
from identity import invites, passwords, recovery_codes, second_step, setting_up
from identity.second_step import Factor
from identity.setting_up import Over
from models import AuditEntry, Challenge, Charge, Consent, Invite, Link, Message, Passkey, SignIn, Task, User
from tests import builders as the
from tests.builders import NOW
from tests.device import Device
from tests.identity.newcomer import CHOSEN, Newcomer, an_invite, heading


@pytest.fixture
def account(practice):
    return the.an_account("María Delgado-Demo", the.a_client("María Delgado-Demo"))


@pytest.fixture
def maria(account, rosa, client):
    return Newcomer(client, an_invite(account, rosa))


def with_app(maria):
    maria.checks_in()
    maria.confirms_email()
    maria.chooses_password()
    return maria.confirms_app()


def test_from_the_link_to_the_bill(maria, account, rosa):
    led = [maria.checks_in(), maria.confirms_email(), maria.chooses_password(), maria.confirms_app()]
    led += [maria.saves_codes(), maria.finishes(amounts="y")]
    user, link, invite = maria.user, Link.get(), Invite.get()

    paths = ["/start/email", "/start/password", "/start/second-step", "/start/codes", "/start/last", "/"]
    assert [answer.location for answer in led] == paths
    assert "You are ready. Here is your bill." in maria.browser.get("/").text
    assert (link.user, link.account, link.role, link.approved_by) == (user, account, LinkRole.SELF, rosa)
    assert (link.rights, link.from_on, link.client.name) == ([*Right], the.TODAY, "María Delgado-Demo")
    assert (invite.used_at, invite.link, invite.user) == (NOW, link, user)
    assert (user.name, user.phone, user.language) == ("María Delgado-Demo", "(312) 555-0142", "en")
    assert (user.told_of, user.amounts_in_mail, user.secured_at) == (["bill", "receipt"], True, NOW)
    assert SignIn.get().user == user
    assert second_step.ways(user) == [Factor.APP, Factor.CODES]


def test_what_was_read_and_agreed_to_is_kept_word_for_word(maria):
    with_app(maria)
    maria.saves_codes()
    page = maria.browser.get("/start/last").text
    maria.finishes(amounts="y")

    notice, amounts = Consent.select().order_by(Consent.kind.desc())
    assert (notice.kind, notice.reference, notice.language, notice.at) == ("privacy", "2026-11", "en", NOW)
    assert all(paragraph in page.replace("&#39;", "'") for paragraph in notice.text.split("\n\n"))
    assert amounts.kind == "amounts_in_mail"


def test_a_passkey_is_both_steps_and_the_codes_are_the_other_way(maria):
    maria.checks_in()
    maria.confirms_email()

    assert maria.adds_passkey().location == "/start/codes"
    assert maria.saves_codes().location == "/start/last"
    maria.finishes()
    assert second_step.ways(maria.user) == [Factor.PASSKEY, Factor.CODES]
    assert maria.user.secured_at == NOW
    assert maria.user.password_hash is None


def test_a_passkey_may_follow_a_password(maria):
    maria.checks_in()
    maria.confirms_email()
    maria.chooses_password()

    assert maria.adds_passkey().location == "/start/codes"


def test_a_passkey_of_another_site_is_refused_and_the_step_stays(maria):
    maria.checks_in()
    maria.confirms_email()

    assert maria.adds_passkey(Device(origin="https://evil.example")).location == "/start/password"
    assert Passkey.select().count() == 0
    assert 'role="status"' in maria.browser.get("/start/password").text


ORDER = ["/start/email", "/start/password", "/start/second-step", "/start/codes", "/start/last"]
POSTS = [*ORDER, "/start/email/again", "/start/passkey", "/start/passkey/options", "/start/second-step/app"]
POSTS += ["/start/codes/saved"]
OF_STEP = {
    "/start/email": {"/start/email/again"},
    "/start/password": {"/start/passkey", "/start/passkey/options"},
    "/start/second-step": {"/start/passkey", "/start/passkey/options", "/start/second-step/app"},
    "/start/codes": {"/start/codes/saved"},
    "/start/last": set(),
}


def test_no_step_can_be_skipped_or_done_twice(maria):
    steps = [maria.checks_in, maria.confirms_email, maria.chooses_password, maria.confirms_app, maria.saves_codes]
    for do, here in zip(steps, ORDER, strict=True):
        do()
        for path in ("/start/known", *ORDER):
            answer = maria.browser.get(path)
            assert (answer.location or path) == here
        for path in set(POSTS) - {here} - OF_STEP[here]:
            assert maria.sends(path, {"code": "123456", "read": "y"}).location == here
        assert Link.select().count() == 0


def test_without_an_identity_check_there_is_no_step(client, practice):
    for path in ORDER:
        assert client.get(path).location == "/start"
        assert client.submit(path, {"password": CHOSEN, "read": "y"}).location == "/start"
    assert User.select().count() == 0


def test_there_is_no_login_before_the_email_is_confirmed(maria):
    maria.checks_in()
    assert User.select().count() == 0

    wrong = maria.confirms_email("000000" if maria.mailed_code() != "000000" else "111111")
    assert (wrong.status_code, User.select().count()) == (422, 0)
    assert "That code did not work." in wrong.text
    maria.confirms_email()
    assert Invite.get().user == maria.user


def test_five_wrong_codes_need_a_new_one_and_three_are_sent_in_an_hour(maria, clock):
    maria.checks_in()
    first = maria.mailed_code()
    for _ in range(5):
        maria.confirms_email("x")
    assert "That code is too old" in maria.confirms_email(first).text

    for _ in range(2):
        assert maria.sends("/start/email/again").location == "/start/email"
    assert "We sent a new code." in maria.browser.get("/start/email").text
    refused = maria.sends("/start/email/again")
    assert (refused.status_code, Message.select().where(Message.kind == "mail.code").count()) == (422, 3)
    assert maria.confirms_email().location == "/start/password"


def test_however_often_it_is_begun_three_emails_go_out_in_an_hour_and_the_last_code_stays(maria, clock):
    for _ in range(5):
        assert maria.checks_in().location == "/start/email"
        maria.confirms_email("x")
    assert Message.select().where(Message.kind == "mail.code").count() == 3
    assert maria.sends("/start/email/again").status_code == 422
    assert maria.confirms_email().location == "/start/password"

    clock.pass_(hours=1)
    maria.checks_in()
    assert Message.select().where(Message.kind == "mail.code").count() == 4


def test_a_code_from_the_mail_lasts_ten_minutes(maria, clock):
    maria.checks_in()
    clock.pass_(minutes=10)

    assert "That code is too old" in maria.confirms_email().text


def test_a_weak_password_is_refused_and_not_shown_again(maria):
    maria.checks_in()
    maria.confirms_email()

    passwords._leaked.cache_clear()
    for password in ("brief 7", "password1234", "delgado is my name", ""):
        answer = maria.chooses_password(password)
        assert answer.status_code == 422
        assert not password or password not in answer.text
    assert maria.user.password_hash is None


def test_a_wrong_app_code_changes_nothing(maria):
    maria.checks_in()
    maria.confirms_email()
    maria.chooses_password()

    assert maria.confirms_app("12345").status_code == 422
    assert maria.is_sent_to() == "/start/second-step"


def test_the_apps_key_is_made_anew_when_it_waited_too_long(maria, clock):
    maria.checks_in()
    maria.confirms_email()
    maria.chooses_password()
    clock.pass_(minutes=29)
    assert "<img" in maria.browser.get("/start/second-step").text
    clock.pass_(minutes=2)

    assert "<img" not in maria.browser.get("/start/second-step").text
    maria.sends("/start/second-step/app")
    assert "<img" in maria.browser.get("/start/second-step").text
    assert maria.confirms_app().location == "/start/codes"


def test_backup_codes_are_shown_once_and_must_be_made(maria):
    with_app(maria)
    assert maria.sends("/start/codes/saved").location == "/start/codes"

    shown = maria.sends("/start/codes").text
    again = maria.browser.get("/start/codes").text
    codes = re.findall(r"<li>(\w{4}-\w{4}-\w{4}-\w{4})</li>", shown)
    assert len(codes) == recovery_codes.HOW_MANY
    assert not any(code in again for code in codes)


def test_the_notice_must_be_read(maria):
    with_app(maria)
    maria.saves_codes()

    answer = maria.sends("/start/last", {"kinds": ["bill"], "amounts": "y"})
    assert answer.status_code == 422
    assert "Read the notice and check the box" in answer.text
    assert (Link.select().count(), Consent.select().count()) == (0, 0)


def test_half_an_hour_after_the_last_step_the_identity_check_comes_again(maria, clock):
    maria.checks_in()
    clock.pass_(minutes=29)
    maria.sends("/start/email/again")
    clock.pass_(minutes=29)
    assert maria.browser.get("/start/email").status_code == 200
    clock.pass_(minutes=30)

    answer = maria.browser.get("/start/email", follow_redirects=True)
    assert heading(answer) == "Set up your sign-in"
    assert "You were away for a while" in answer.text


def test_stopping_half_way_keeps_the_invitation_and_begins_anew(account, rosa, app, clock):
    for done in range(1, 6):
        phone = f"312555010{done}"
        invited = an_invite(account, rosa, email=f"{done}@example.com", phone=phone, now=clock())
        maria, later = (Newcomer(app.test_client(), invited) for _ in range(2))
        steps = [maria.checks_in, maria.confirms_email, maria.chooses_password, maria.confirms_app, maria.saves_codes]
        for do in steps[:done]:
            do()
        clock.pass_(days=2)

        later.checks_in_shared(contact=phone)
        led = [later.confirms_email(), later.chooses_password(), later.confirms_app(), later.saves_codes()]
        assert [answer.location for answer in led] == ORDER[1:]
        assert later.finishes().location == "/"
        assert User.select().count() == Link.select().count() == done


def test_one_browser_at_a_time_sets_up(maria, app):
    maria.checks_in()
    other = Newcomer(app.test_client(), maria.invited)
    other.checks_in()

    assert maria.browser.get("/start/email").location == "/start"
    assert other.browser.get("/start/email").status_code == 200


def test_an_invitation_taken_back_or_over_ends_the_set_up(maria, rosa, clock):
    maria.checks_in()
    Invite.update(expires_at=clock() + timedelta(minutes=1)).execute()
    clock.pass_(minutes=1)
    assert maria.browser.get("/start/email").location == "/start"

    invites.renew(Invite.get(), rosa, clock())
    assert maria.browser.get("/start/email").location == "/start"


def test_whoever_was_signed_in_here_is_signed_out_first(maria, ana):
    maria.browser.enter(ana)
    maria.checks_in()

    assert SignIn.get(SignIn.user == ana).ended_at == NOW
    assert maria.browser.get("/").location.startswith("/sign-in")


def test_a_link_that_the_rules_forbid_by_now_becomes_a_task(practice, rosa, client):
    account = the.an_account("María Delgado-Demo", max_ := the.a_client("Max Delgado-Demo"))
    facts = {"role": LinkRole.REPRESENTATIVE, "rights": (Right.BALANCE, Right.PAY)}
    maria = Newcomer(client, an_invite(account, rosa, **facts))
    Charge.update(confidential=True).where(Charge.id == the.a_charge(account, client=max_).id).execute()
    with_app(maria)
    maria.saves_codes()
    maria.finishes()

    assert (Invite.get().used_at, Invite.get().link, Link.select().count()) == (NOW, None, 0)
    assert [task.kind for task in Task.select()] == ["task.invite_refused"]


def test_a_key_of_another_kind_opens_no_set_up(practice):
    other = Challenge.create(purpose="confirm_email", created_at=NOW, expires_at=NOW + timedelta(minutes=5))

    with pytest.raises(Over):
        setting_up.find(other.key, NOW)


def test_every_step_stands_in_the_log_and_no_content(maria):
    with_app(maria)
    maria.saves_codes()
    maria.finishes()

    noted = [entry.what for entry in AuditEntry.select().where(AuditEntry.what != "invite.made")]
    for what in ("invite.check", "invite.email", "password.set", "factor_on", "recovery_codes", "link.made"):
        assert what in noted
    assert noted[-2:] == ["invite.used", "sign_in"]
    everything = str([entry.__data__ for entry in AuditEntry.select()])
    assert CHOSEN not in everything
    assert maria.invited.token not in everything
