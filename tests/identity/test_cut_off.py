"""A set-up that is under way ends: begun elsewhere, renewed, locked, taken back at the last moment, or erased."""

import re

import pytest
from werkzeug.exceptions import Forbidden

from identity import erasing, invites, second_step, setting_up
from identity.invites import State
from identity.setting_up import Over
from models import AuditEntry, Invite, Link, Message, Task, User
from tests import builders as the
from tests.builders import NOW
from tests.identity.newcomer import Newcomer, an_invite
from tests.visitor import HASH, equipped
from views import visitors

AGAIN = "another quiet morning"


@pytest.fixture
def account(practice):
    return the.an_account("María Delgado-Demo", the.a_client("María Delgado-Demo"))


@pytest.fixture
def maria(account, rosa, client):
    return Newcomer(client, an_invite(account, rosa))


@pytest.fixture
def known(practice):
    """She has a login for another account already."""
    person = the.a_person("María Delgado-Demo")
    User.update(email="maria@example.com", password_hash=HASH).execute()
    return equipped(User.get_by_id(person.user.id))


def goes_through(maria, steps):
    way = [maria.checks_in, maria.confirms_email, maria.chooses_password, maria.confirms_app, maria.saves_codes]
    for do in way[:steps]:
        do()


def set_up_of(maria, now=NOW):
    with maria.browser.session_transaction() as session:
        return setting_up.find(session["setting_up"], now)


def finish(setup, now=NOW):
    return setting_up.finish(setup, ["bill"], amounts=False, language="en", now=now)


def notices():
    return [letter.to for letter in Message.select().where(Message.kind == "mail.security")]


@pytest.mark.parametrize("steps", range(2, 6))
def test_who_has_the_code_and_not_the_mailbox_never_gets_past_the_email(maria, app, steps):
    goes_through(maria, steps)
    before, stood = maria.user.password_hash, second_step.ways(maria.user)
    thief = Newcomer(app.test_client(), maria.invited)
    thief.checks_in_shared()

    assert thief.is_sent_to() == "/start/email"
    for path in ("/start/password", "/start/codes", "/start/codes/saved", "/start/last"):
        answer = thief.sends(path, {"password": AGAIN, "read": "y"})
        assert (answer.location, re.findall(r"(?:\w{4}-){3}\w{4}", answer.text)) == ("/start/email", [])
    assert thief.confirms_email("000000" if maria.mailed_code() != "000000" else "111111").status_code == 422
    assert (maria.user.password_hash, second_step.ways(maria.user), notices()) == (before, stood, [])


def test_begun_elsewhere_password_and_second_step_are_chosen_anew_and_she_hears_of_it(maria, app):
    goes_through(maria, 5)
    other = Newcomer(app.test_client(), maria.invited)
    other.checks_in()

    assert other.confirms_email().location == "/start/password"
    assert (maria.user.password_hash, second_step.ways(maria.user)) == (None, [])
    assert notices() == ["maria@example.com"]
    assert AuditEntry.get(AuditEntry.what == "invite.anew").subject == f"invite:{Invite.get().id}"
    other.chooses_password(AGAIN)
    other.confirms_app()
    other.saves_codes()
    assert other.finishes().location == "/"
    assert (User.select().count(), Link.get().user) == (1, maria.user)


def test_two_invitations_of_one_address_do_not_share_their_steps(maria, account, rosa, app):
    goes_through(maria, 4)
    other = Newcomer(app.test_client(), an_invite(account, rosa))
    goes_through(other, 2)

    assert other.is_sent_to() == "/start/password"
    assert maria.is_sent_to() == "/start"


@pytest.mark.parametrize("cut", ["lock", "renew"])
def test_a_lock_and_a_renewal_take_back_what_waits_to_be_taken_along(maria, known, account, rosa, clock, cut):
    maria.checks_in()
    assert maria.confirms_email().location == "/start/known"
    setup = set_up_of(maria)
    invites.lock(Invite.get(), NOW)
    if cut == "renew":
        invites.renew(Invite.get(), rosa, NOW)

    assert invites.state(Invite.get(), NOW) == (State.OPEN if cut == "renew" else State.LOCKED)
    assert maria.is_sent_to() == "/start"
    with pytest.raises(Over):
        finish(setup)
    assert setting_up.waiting_for(known, NOW) == []
    maria.browser.enter(known)
    assert maria.browser.submit("/start/add", {"read": "y"}).location == "/"
    assert Link.select().where(Link.account == account).count() == 0


def test_a_code_answered_after_the_renewal_brings_nothing_back(maria, rosa):
    maria.checks_in()
    setup = set_up_of(maria)
    invites.renew(Invite.get(), rosa, NOW)

    with pytest.raises(Over):
        setting_up.confirm_email(setup, maria.mailed_code(), NOW, "en")
    assert (Invite.get().user, User.select().count()) == (None, 0)


def test_taken_back_at_the_last_moment_nothing_is_linked(maria, rosa):
    goes_through(maria, 5)
    setup = set_up_of(maria)
    invites.revoke(Invite.get(), rosa, NOW)

    with pytest.raises(Over):
        finish(setup)
    assert (Invite.get().used_at, Link.select().count()) == (None, 0)


def test_finished_twice_at_once_it_is_finished_once(maria):
    goes_through(maria, 5)
    first, second = set_up_of(maria), set_up_of(maria)
    finish(first)

    with pytest.raises(Over):
        finish(second)
    assert (Link.select().count(), Invite.get().link, Task.select().count()) == (1, Link.get(), 0)


def test_an_invitation_that_ran_out_meanwhile_is_not_used(maria):
    goes_through(maria, 5)
    setup = set_up_of(maria)

    with pytest.raises(Over):
        finish(setup, now=Invite.get().expires_at)
    assert (Link.select().count(), maria.user.secured_at) == (0, None)


def test_who_is_erased_leaves_no_invitation_that_opens_anything(maria, account, rosa, app):
    goes_through(maria, 3)
    waiting, others = an_invite(account, rosa), an_invite(account, rosa, email="ben@example.com")
    erasing.erase(maria.user, None, NOW)

    states = [invites.state(row, NOW) for row in Invite.select().order_by(Invite.id)]
    assert states == [State.REVOKED, State.REVOKED, State.OPEN]
    assert others.invite == Invite.get(Invite.email == "ben@example.com")
    assert maria.is_sent_to() == "/start"
    for invited in (maria.invited, waiting):
        assert Newcomer(app.test_client(), invited).checks_in(fact="EL").status_code == 404
    assert Link.select().count() == 0


def test_nobody_sets_up_or_enters_a_login_that_was_switched_off(maria, app):
    goes_through(maria, 4)
    User.update(disabled_at=NOW).execute()

    assert maria.is_sent_to() == "/start"
    with app.test_request_context(), pytest.raises(Forbidden):
        visitors.sign_in(maria.user, NOW)


def test_a_half_made_login_is_set_up_by_a_later_invitation(maria, account, rosa, clock, app):
    goes_through(maria, 2)
    Invite.delete().execute()
    later = Newcomer(app.test_client(), an_invite(account, rosa, now=clock()))
    goes_through(later, 5)

    assert later.finishes().location == "/"
    assert (User.select().count(), Link.get().user) == (1, later.user)
