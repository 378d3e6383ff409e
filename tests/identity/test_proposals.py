"""Matches are proposed, never made: a person approves each, and whatever is not one-to-one waits for a decision."""

from datetime import date

import pytest

from billing import access
from choices import LinkRole, Right
from identity import proposals
from models import AuditEntry, Link
from tests import builders as b


@pytest.fixture
def mara(practice):
    return b.a_staff_member("Mara Ellison-Demo", "owner")


def on_file(name, **facts):
    """An account with one client and no login."""
    client = b.a_client(name, **{"date_of_birth": date(1990, 1, 1), **facts})
    return b.an_account(name, client)


def found(staff):
    return proposals.find(staff, b.NOW)


def test_where_nobody_waits_there_is_nothing_to_decide(mara):
    b.ana()
    assert found(mara).count == 0


def test_a_client_by_name_is_proposed_as_the_client(mara):
    account = on_file("Nía Vale-Demo", email="Nia@example.com", phone="(312) 555-0113")
    nia = b.a_user("Nia Vale-demo", email="nia@example.com", phone="+1 312 555 0113")

    [proposal] = found(mara).clear

    assert (proposal.user, proposal.account, proposal.role) == (nia, account, LinkRole.SELF)
    assert proposal.why == ("name", "email", "phone")
    assert access.reader(nia).accounts == []


@pytest.mark.parametrize(
    ("facts", "why"), [({"email": "helen@example.com"}, ("email",)), ({"phone": "312-555-0199"}, ("phone",))]
)
def test_someone_else_by_email_or_phone_is_proposed_as_a_payer(facts, why, mara):
    account = on_file("Grace Kim-Demo", **facts)
    b.a_user("Helen Kim-Demo", email="helen@example.com", phone="3125550199")

    [proposal] = found(mara).clear

    assert (proposal.account, proposal.role, proposal.client, proposal.why) == (account, LinkRole.GUARANTOR, None, why)


@pytest.mark.parametrize("born", [None, date(2012, 1, 1)])
def test_whoever_may_be_a_child_is_not_proposed_as_a_client(born, mara):
    on_file("Max Tran-Demo", date_of_birth=born)
    b.a_user("Max Tran-Demo")
    assert [each.role for each in found(mara).clear] == [LinkRole.GUARANTOR]


def test_nobody_is_proposed_as_the_client_of_a_joint_account(mara):
    b.an_account("Sam Whitaker-Demo", b.a_client("Sam Whitaker-Demo", date_of_birth=date(1985, 1, 1)), kind="joint")
    b.a_user("Sam Whitaker-Demo")
    assert [each.role for each in found(mara).clear] == [LinkRole.GUARANTOR]


def test_two_accounts_or_two_logins_or_none_wait_for_a_decision(mara):
    first, second = on_file("Pat Tran-Demo"), on_file("Lee Tran-Demo", email="pat@example.com")
    shared = on_file("Jo Kim-Demo", email="jo@example.com")
    pat = b.a_user("Pat Tran-Demo", email="pat@example.com")
    jo, twin = b.a_user("Jo Kim-Demo"), b.a_user("Joe Kim-Demo", email="jo@example.com")
    nobody = b.a_user("Zoe Nobody-Demo", email="zoe@example.com")

    told = found(mara)

    assert told.clear == []
    assert {(each.user, each.accounts) for each in told.many} == {
        (pat, (first, second)), (jo, (shared,)), (twin, (shared,)),
    }  # fmt: skip
    assert told.none == [nobody]
    assert told.count == 4


def test_who_was_unlinked_or_switched_off_is_no_riddle(mara):
    rob = b.a_user("Rob Delgado-Demo")
    b.a_link(rob, b.ana().account, Right.BALANCE, ended="2026-10-01")
    b.a_user("Gone Demo", disabled_at=b.NOW)
    b.a_user("Erased Demo", anonymised_at=b.NOW)
    assert found(mara).count == 0


def test_a_therapist_reads_only_what_leads_to_own_clients(mara):
    provider = b.a_provider("Jonah Reyes-Demo")
    jonah = b.a_staff_member("Jonah Reyes-Demo", "therapist", provider=provider)
    mine = on_file("Omar Aziz-Demo", provider=provider)
    on_file("Nia Vale-Demo")
    on_file("Pat One-Demo", provider=provider, email="pat@example.com")
    on_file("Pat Two-Demo", email="pat@example.com")
    for name, email in (("Omar Aziz-Demo", "o"), ("Nia Vale-Demo", "n"), ("Pat Demo", "pat"), ("Zoe Demo", "z")):
        b.a_user(name, email=f"{email}@example.com")

    told = found(jonah)

    assert [each.account for each in told.clear] == [mine]
    assert (told.many, told.none) == ([], [])
    assert found(mara).count == 4


def test_only_what_was_approved_is_linked_and_without_health_details_unless_ticked(mara):
    on_file("Nia Vale-Demo")
    on_file("Omar Aziz-Demo")
    on_file("Jade Foster-Demo")
    nia, omar, jade = (b.a_user(name) for name in ("Nia Vale-Demo", "Omar Aziz-Demo", "Jade Foster-Demo"))
    of = {each.user: each for each in found(mara).clear}

    proposals.approve([(of[nia], False), (of[omar], True)], mara, b.NOW, "203.0.113.9")

    assert access.rights(nia, of[nia].account) == {Right.BALANCE, Right.PAY}
    assert access.rights(omar, of[omar].account) == set(Right)
    assert access.reader(jade).accounts == []
    made = Link.get(user=nia)
    assert (made.basis, made.approved_by, made.client) == ("on file: same name", mara, of[nia].client)
    assert AuditEntry.select().where(AuditEntry.what == "link.made", AuditEntry.ip == "203.0.113.9").count() == 2
    assert [each.user for each in found(mara).clear] == [jade]
