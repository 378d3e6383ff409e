"""Invitations: what staff gets and sends, who gets past the identity check, and how often anyone may try."""

from datetime import timedelta

import pytest

from choices import LinkRole, Right
from identity import identity_check, invites, setting_up
from identity.identity_check import LinkOver, Locked, NotYou, Shared, TooManyGuesses
from identity.invites import Invited, State
from identity.links import LinkRefused
from models import AuditEntry, Challenge, Invite, Message, Staff, Strike, Task
from tests import builders as the
from tests.builders import NOW

HER = {"name": "María Delgado-Demo", "email": " Maria@Example.com", "phone": "(312) 555-0142"}
WEEK = timedelta(days=7)


@pytest.fixture
def account(practice):
    return the.an_account("María Delgado-Demo", the.a_client("María Delgado-Demo"))


@pytest.fixture
def invited(account, rosa):
    return an_invite(account, rosa)


def an_invite(account, staff, **facts) -> Invited:
    about = {"role": LinkRole.SELF, "rights": tuple(Right), **HER, "by": staff, "now": NOW, "ip": "10.0.0.1", **facts}
    return invites.invite(account, about.pop("role"), about.pop("rights"), **about)


def other(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def by_link(invited, fact="MDD", code=None, now=NOW, ip="10.0.0.9"):
    return identity_check.by_link(invited.token, fact, invited.code if code is None else code, now, ip)


def shared(invited, contact="maria@example.com", initials="md", code=None, now=NOW, ip="10.0.0.9"):
    return identity_check.by_contact(Shared(contact, initials, invited.code if code is None else code), now, ip)


def kinds_of_open_tasks():
    return [task.kind for task in Task.select().where(Task.done_at.is_null())]


def said(kind):
    return [(message.to, message.values) for message in Message.select().where(Message.kind == kind)]


def test_the_link_goes_by_mail_and_the_code_does_not(invited):
    row = Invite.get()

    assert said("mail.invite") == [("maria@example.com", {"join_url": f"/join/{invited.token}"})]
    assert invited.code not in str(said("mail.invite"))
    assert len(invited.token) >= 22
    assert len(invited.code) == 6
    assert invited.token not in str(row.__data__)
    assert invited.code not in (row.code_sha256, row.token_sha256)
    assert row.expires_at == NOW + WEEK
    assert (row.client.name, row.made_by.name) == ("María Delgado-Demo", "Rosa Quill-Demo")


def test_a_letter_in_spanish_leads_to_a_spanish_page(account, rosa):
    an_invite(account, rosa, language="es")

    assert said("mail.invite")[0][1]["join_url"].endswith("?language=es")


def test_whoever_made_it_stands_in_the_log(invited, rosa):
    entry = AuditEntry.get(AuditEntry.what == "invite.made")

    assert (entry.by, entry.subject, entry.ip) == (f"staff:{rosa.id}", "invite:1", "10.0.0.1")
    assert "maria" not in entry.detail.lower()


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"name": " 7 "}, invites.NoName),
        ({"email": "maria"}, invites.NoEmail),
        ({"email": "@"}, invites.NoEmail),
        ({"role": LinkRole.GUARANTOR}, LinkRefused),
    ],
)
def test_what_cannot_work_is_refused(account, rosa, facts, refusal):
    with pytest.raises(refusal):
        an_invite(account, rosa, **facts)
    assert Invite.select().count() == Message.select().count() == 0


@pytest.mark.parametrize(
    "fact", ["MARIA@example.com ", "0142", "312-555-0142", "+1 312 555 0142", "MDD", "m.d.", "Md", "MaD"]
)
def test_one_fact_and_the_code_are_enough_by_the_private_link(invited, fact):
    code = f" {invited.code[:3]} {invited.code[3:]} "

    if fact == "MaD":
        with pytest.raises(NotYou):
            by_link(invited, fact, code)
    else:
        assert by_link(invited, fact, code) == invited.invite


@pytest.mark.parametrize("fact", ["", "maria@example.org", "0143", "555-0142", "DD", "M", "MX", "DM", "🙂"])
def test_a_wrong_fact_is_not_enough(invited, fact):
    with pytest.raises(NotYou) as refusal:
        by_link(invited, fact)
    assert refusal.value.values == {"phone": "(312) 555-0100"}


def test_the_empty_phone_on_file_is_nobodys(account, rosa):
    invited = an_invite(account, rosa, phone="")
    for fact in ("0", "0000"):
        with pytest.raises(NotYou):
            by_link(invited, fact)
    with pytest.raises(NotYou):
        shared(invited, contact="")


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("Cher", ("c",), ("", "ch")),
        ("José Luis Ñandú de la Peña", ("JP", "jlñ", "J.L.N.D.L.P."), ("JJ", "LP", "PJ", "j")),
        ("Sean O’Neil", ("SO", "S O"), ("SN", "SON")),
    ],
)
def test_initials_may_be_written_in_many_ways(name, right, wrong):
    assert [identity_check.are_initials(name, each) for each in right] == [True] * len(right)
    assert [identity_check.are_initials(name, each) for each in wrong] == [False] * len(wrong)


@pytest.mark.parametrize("contact", ["Maria@example.com", "(312) 555-0142", "+13125550142"])
def test_all_three_facts_open_the_shared_page(invited, contact):
    assert shared(invited, contact) == invited.invite


@pytest.mark.parametrize(
    "wrong",
    [{"contact": "ana@example.com"}, {"contact": "0142"}, {"initials": "MX"}, {"initials": ""}, {"code": "12345"}],
)
def test_two_of_three_are_not_enough(invited, wrong):
    with pytest.raises(NotYou):
        shared(invited, **wrong)


def test_two_that_fit_are_none(account, rosa):
    first, second = an_invite(account, rosa), an_invite(account, rosa)
    second.invite.code_sha256 = invites.code_hash(second.invite, first.code)
    second.invite.save()

    with pytest.raises(NotYou):
        shared(first)


def test_of_two_invitations_to_one_address_the_code_chooses(account, rosa):
    first, second = an_invite(account, rosa), an_invite(account, rosa)

    assert shared(second) == second.invite
    assert shared(first) == first.invite


def test_the_fifth_wrong_guess_locks_the_link_and_staff_hears_of_it(invited, rosa):
    for _ in range(4):
        with pytest.raises(NotYou):
            by_link(invited, code=other(invited.code))
    with pytest.raises(Locked):
        by_link(invited, fact="XX")

    with pytest.raises(Locked):
        by_link(invited)
    with pytest.raises(Locked):
        identity_check.at(invited.token, NOW)
    with pytest.raises(NotYou):
        shared(invited)
    assert invites.state(Invite.get(), NOW) == State.LOCKED
    assert kinds_of_open_tasks() == ["task.invite_locked"]
    assert said("mail.staff.invite") == [(rosa.email, {})]


def test_who_has_left_the_practice_gets_no_mail(invited, rosa):
    Staff.update(disabled_at=NOW).execute()
    invites.lock(Invite.get(), NOW)

    assert kinds_of_open_tasks() == ["task.invite_locked"]
    assert said("mail.staff.invite") == []


def test_whoever_gets_through_has_five_tries_again(invited):
    for guess in (by_link, shared):
        for _ in range(4):
            with pytest.raises(NotYou):
                by_link(invited, fact="XX")
        guess(invited)

    assert Invite.get().tries == 0


def test_wrong_guesses_at_the_shared_page_count_where_email_phone_or_code_fit(account, rosa):
    hers, his = an_invite(account, rosa), an_invite(account, rosa, email="jo@example.com", phone="", name="Jo Ray")
    for contact in ("maria@example.com", "3125550142", "nobody@example.com"):
        with pytest.raises(NotYou):
            shared(hers, contact, code=other(hers.code), initials="ZZ")
    with pytest.raises(NotYou):
        shared(his, "nobody@example.com")

    assert [Invite.get_by_id(each.invite.id).tries for each in (hers, his)] == [2, 1]


def test_the_shared_page_locks_known_and_unknown_addresses_alike(invited):
    heard = {}
    for contact in ("maria@example.com", "nobody@example.com"):
        for number in range(7):
            with pytest.raises((NotYou, Locked)) as refusal:
                shared(invited, contact, code=other(invited.code), ip=f"10.1.{number}.1")
            heard.setdefault(contact, []).append(refusal.type)

    assert [*heard.values()] == [[NotYou] * 4 + [Locked] * 3] * 2
    assert Invite.get().locked_at == NOW


def test_guesses_by_phone_do_not_betray_whose_email_it_is(invited):
    for _ in range(5):
        with pytest.raises((NotYou, Locked)):
            shared(invited, "3125550142", code=other(invited.code))

    with pytest.raises(NotYou):
        shared(invited)


def test_a_renewal_unlocks_with_a_new_link_and_code_and_the_old_are_dead(invited, rosa):
    for _ in range(5):
        with pytest.raises((NotYou, Locked)):
            shared(invited, code=other(invited.code))

    renewed = invites.renew(invited.invite, rosa, NOW + timedelta(days=3), "10.0.0.1")

    assert kinds_of_open_tasks() == []
    with pytest.raises(LinkOver):
        by_link(invited)
    with pytest.raises(NotYou):
        by_link(renewed, code=invited.code if invited.code != renewed.code else other(renewed.code))
    assert shared(renewed, now=NOW + timedelta(days=9)) == by_link(renewed) == invited.invite
    assert renewed.token != invited.token


def test_an_invitation_is_renewed_three_times_an_hour(invited, rosa):
    for _ in range(3):
        invites.renew(invited.invite, rosa, NOW)
    with pytest.raises(invites.RenewedTooOften):
        invites.renew(invited.invite, rosa, NOW)

    invites.renew(invited.invite, rosa, NOW + timedelta(hours=1))
    assert len(said("mail.invite")) == 5


def test_from_one_network_ten_are_renewed_an_hour(account, rosa):
    for _ in range(10):
        invites.renew(an_invite(account, rosa).invite, rosa, NOW, "10.0.0.1")

    with pytest.raises(invites.RenewedTooOften):
        invites.renew(an_invite(account, rosa).invite, rosa, NOW, "10.0.0.1")
    invites.renew(an_invite(account, rosa).invite, rosa, NOW, "10.0.0.2")


def test_what_is_taken_back_or_used_opens_nothing_and_stays_so(invited, rosa):
    key = setting_up.begin(by_link(invited), NOW)
    invites.revoke(invited.invite, rosa, NOW, "10.0.0.1")

    with pytest.raises(LinkOver):
        by_link(invited)
    with pytest.raises(NotYou):
        shared(invited)
    with pytest.raises(setting_up.Over):
        setting_up.find(key, NOW)
    for again in (invites.renew, invites.revoke):
        with pytest.raises(invites.InviteOver):
            again(invited.invite, rosa, NOW)
    assert invites.state(Invite.get(), NOW) == State.REVOKED
    Invite.update(revoked_at=None, used_at=NOW).execute()
    assert invites.state(Invite.get(), NOW) == State.USED
    with pytest.raises(LinkOver):
        by_link(invited)


def test_after_seven_days_it_is_over(invited):
    almost = NOW + WEEK - timedelta(seconds=1)

    assert by_link(invited, now=almost) == invited.invite
    for now in (NOW + WEEK, NOW + 5 * WEEK):
        assert invites.state(Invite.get(), now) == State.EXPIRED
        with pytest.raises(LinkOver):
            by_link(invited, now=now)
        with pytest.raises(NotYou):
            shared(invited, now=now)


def test_staff_hears_once_of_what_ran_out_unused(account, rosa, invited):
    locked, used = an_invite(account, rosa), an_invite(account, rosa)
    Invite.update(locked_at=NOW).where(Invite.id == locked.invite.id).execute()
    Invite.update(used_at=NOW).where(Invite.id == used.invite.id).execute()

    assert invites.tell_of_expired(NOW + WEEK - timedelta(seconds=1)) == 0
    assert invites.tell_of_expired(NOW + WEEK) == 1
    Task.update(done_at=NOW).execute()
    assert invites.tell_of_expired(NOW + WEEK + timedelta(hours=1)) == 0
    assert kinds_of_open_tasks() == []

    invites.renew(invited.invite, rosa, NOW + WEEK)
    assert invites.tell_of_expired(NOW + 2 * WEEK) == 1


def test_the_unfinished_are_listed_newest_first(account, rosa, invited):
    elsewhere = an_invite(the.an_account("Jo Ray", the.a_client("Jo Ray")), rosa, now=NOW + timedelta(hours=1))
    newer = an_invite(account, rosa, now=NOW + timedelta(hours=2))
    gone = an_invite(account, rosa)
    invites.revoke(gone.invite, rosa, NOW)

    assert invites.open_for(account) == [newer.invite, invited.invite]
    assert invites.unfinished() == [newer.invite, elsewhere.invite, invited.invite]
    assert invites.state(newer.invite, NOW) == State.OPEN


def test_one_network_guesses_twenty_times_an_hour(account, rosa, invited):
    for number in range(20):
        with pytest.raises(NotYou):
            shared(invited, f"{number}@example.com", code="x", ip="10.0.0.9")

    for guess in (shared, by_link):
        with pytest.raises(TooManyGuesses):
            guess(invited)
        assert guess(invited, ip="10.0.0.8") == guess(invited, now=NOW + timedelta(hours=1))


def test_no_guess_is_kept_as_it_was_typed(invited):
    with pytest.raises(NotYou):
        shared(invited, "somebody@example.com", "QQ", "987654")

    assert "987654" not in str([entry.__data__ for entry in AuditEntry.select()])
    assert Strike.select().where(Strike.who_sha256.contains("somebody")).count() == 0
    assert (Challenge.select().count(), Staff.select().count()) == (0, 1)
