"""A client of a colleague who is away: found by exact name only, open for an hour and a reason, never unseen."""

from datetime import timedelta

import pytest

from billing import invoices, staffing, timeline
from billing.formats import FieldRefused
from billing.staffing import Act
from choices import StaffRole
from identity import break_glass
from identity.break_glass import LASTS, NoReason
from models import Account, AuditEntry, BreakGlass, Client, Document, Message, Staff, Task
from tests import builders as the
from tests.builders import NOW

REASON = "Dr. Ellison is in the hospital"
SOON, LATER = NOW + timedelta(minutes=59), NOW + LASTS
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def jonah(practice) -> Staff:
    """A therapist who stands in for others."""
    provider = the.a_provider("Jonah Reyes-Demo")
    return the.a_staff_member("Jonah Reyes-Demo", StaffRole.THERAPIST, provider=provider, backup=True)


@pytest.fixture
def ana(practice):
    person = the.ana()
    person.client.provider = the.a_provider("Mara Ellison-Demo")
    person.client.save()
    return person


def seen(staff, now):
    return {account.number for account in staffing.accounts(staff, now)}


def log():
    return [(row.what, row.subject) for row in AuditEntry.select() if row.what.startswith("glass.")]


def test_only_a_therapist_who_stands_in_may(jonah):
    others = [the.a_staff_member(f"{role} Demo", role, backup=True) for role in StaffRole if role != "therapist"]
    no_backup = the.a_staff_member("Priya Nair-Demo", StaffRole.THERAPIST)
    assert staffing.may(jonah, Act.BREAK_GLASS)
    assert not any(staffing.may(each, Act.BREAK_GLASS) for each in [*others, no_backup])


@pytest.mark.parametrize("text", ["ana delgado-demo", "  Ana   Delgado-Demo ", "NUMBER"])
def test_a_client_is_found_by_the_whole_name_or_number(jonah, ana, text):
    [found] = break_glass.find(jonah, text.replace("NUMBER", ana.account.number))
    assert (found.initials, found.client, found.accounts) == ("A. D.", ana.client, (ana.account,))


@pytest.mark.parametrize("text", ["", "Ana", "Delgado", "an", "%", "100"])
def test_part_of_a_name_finds_nobody(jonah, ana, text):
    assert break_glass.find(jonah, text) == []


def test_a_child_with_two_accounts_is_found_once(jonah, ana):
    max_ = the.a_client("Max Tran-Demo")
    kim, luis = the.kim(max_), the.luis(max_)
    [found] = break_glass.find(jonah, "Max Tran-Demo")
    assert found.accounts == (kim.account, luis.account)


def test_own_clients_need_no_glass(jonah, ana):
    ana.client.provider = jonah.provider
    ana.client.save()
    assert break_glass.find(jonah, "Ana Delgado-Demo") == []
    with pytest.raises(Client.DoesNotExist):
        break_glass.open_client(jonah, ana.client.key, REASON, NOW)


def test_a_search_is_noted_without_what_was_typed(jonah, ana):
    break_glass.search(jonah, "Ana Delgado-Demo", NOW, "10.0.0.1")
    break_glass.search(jonah, "Ana Delgado", NOW, "10.0.0.1")
    assert [(row.what, row.result, row.ip) for row in AuditEntry.select()] == [
        ("glass.search", "", "10.0.0.1"), ("glass.search", "none", "10.0.0.1"),
    ]  # fmt: skip
    assert "Delgado" not in repr(list(AuditEntry.select().tuples()))


def test_for_an_hour_the_client_is_as_an_own_one_and_then_not(jonah, ana):
    charge = the.a_charge(ana)
    payment = the.a_paid(charge)
    assert seen(jonah, NOW) == set()

    break_glass.open_client(jonah, ana.client.key, REASON, NOW)

    assert seen(jonah, SOON) == {ana.account.number}
    assert staffing.panel(jonah, SOON).reads(charge)
    assert timeline.find(jonah, payment.key, SOON).payment == payment
    assert [window.ends_at for window in break_glass.windows(jonah, SOON)] == [LATER]
    assert seen(jonah, LATER) == set()
    assert not staffing.panel(jonah, LATER).reads(charge)
    assert break_glass.windows(jonah, LATER) == []
    with pytest.raises(Account.DoesNotExist):
        timeline.find(jonah, payment.key, LATER)


def test_nobody_else_sees_more_for_it(jonah, ana):
    other = the.a_staff_member("Priya Nair-Demo", StaffRole.THERAPIST, provider=the.a_provider(), backup=True)
    break_glass.open_client(jonah, ana.client.key, REASON, NOW)
    assert seen(other, NOW) == set()


def test_opening_and_closing_are_noted_with_the_reason(jonah, ana):
    break_glass.open_client(jonah, ana.client.key, f"  {REASON} ", NOW, "10.0.0.1")
    break_glass.close(jonah, ana.client.key, SOON)
    break_glass.close(jonah, ana.client.key, SOON)

    subject = f"client:{ana.client.id}"
    assert log() == [("glass.open", f"{subject} break_glass:1"), ("glass.close", subject)]
    assert BreakGlass.get().reason == REASON
    assert seen(jonah, SOON) == set()


def test_a_client_who_is_open_is_not_opened_twice(jonah, ana):
    first = break_glass.open_client(jonah, ana.client.key, REASON, NOW)
    assert break_glass.open_client(jonah, ana.client.key, "Another good reason", SOON) == first
    assert break_glass.open_client(jonah, ana.client.key, "Another good reason", LATER) != first


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [("", NoReason), ("Emergency", NoReason), ("a" * 301, FieldRefused), ("Card 4111 1111 1111 1111", FieldRefused)],
)
def test_without_a_good_reason_nothing_opens(jonah, ana, reason, refusal):
    with pytest.raises(refusal) as refused:
        break_glass.open_client(jonah, ana.client.key, reason, NOW)
    assert refused.value.field == "reason"
    assert (BreakGlass.select().count(), log()) == (0, [])


def test_each_page_that_shows_the_client_is_noted(jonah, ana):
    ben = the.ben()
    break_glass.open_client(jonah, ana.client.key, REASON, NOW)
    break_glass.note_views(jonah, [ben.account.id, ana.account.id], SOON)
    break_glass.note_views(jonah, [ben.account.id], SOON)
    break_glass.note_views(jonah, [ana.account.id], LATER)
    assert [what for what, *_ in log()] == ["glass.open", "glass.view"]


def test_the_owners_hear_of_it_the_next_day_once_and_without_a_name(jonah, ana):
    mara = the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER, language="es")
    the.a_staff_member("Former Owner-Demo", StaffRole.OWNER, disabled_at=NOW)
    break_glass.open_client(jonah, ana.client.key, REASON, NOW)

    assert break_glass.tell_owners(LATER) == 0
    assert break_glass.tell_owners(TOMORROW) == 1
    assert break_glass.tell_owners(TOMORROW) == 0

    assert [(row.kind, row.to, row.language) for row in Message.select()] == [("mail.staff.glass", mara.email, "es")]
    assert [(row.kind, row.account, row.detail) for row in Task.select()] == [
        ("task.glass", ana.account, "Jonah Reyes-Demo")
    ]


def test_a_paper_that_lists_a_colleagues_visit_is_no_paper_of_ours(jonah, practice):
    max_, lily = the.a_client("Max Tran-Demo", provider=jonah.provider), the.a_client("Lily Tran-Demo")
    kim = the.kim(max_, lily)
    own, both = (the.a_charge(kim, client=client) for client in (max_, lily))
    papers = [_invoice(kim, own), _invoice(kim, own, both)]

    assert staffing.papers(jonah, papers, NOW) == papers[:1]
    break_glass.open_client(jonah, lily.key, REASON, NOW)
    assert staffing.papers(jonah, papers, NOW) == papers
    assert staffing.papers(the.a_staff_member(), papers, LATER) == papers


def _invoice(person, *charges) -> Document:
    return invoices.issue(person.account, charges, the.stamp(), 14)
