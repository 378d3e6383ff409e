"""When money may be recorded, used for a charge, released and settled."""

import pytest
from peewee import IntegrityError

from billing import once
from billing.allocation import Share
from billing.charges import adjust, transfer
from billing.errors import Busy
from billing.ledger import account_figure, charge_figure, payment_figure
from billing.moneyback import returned, void
from billing.postings import allocate, allocate_all, allocate_planned, pay_oldest_first, record_payment, release, settle
from choices import EntryKind, Way
from models import Entry, Hold, Payment, db
from tests.books.expect import refused
from tests.builders import (
    NOW,
    a_charge,
    a_paid,
    a_payment,
    an_attempt,
    an_insured_charge,
    ana,
    noor,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")


def entries_of(payment):
    rows = Entry.select().where(Entry.payment == payment, Entry.kind == EntryKind.ALLOCATION).order_by(Entry.id)
    return [(row.charge, row.amount) for row in rows]


def test_money_recorded_is_credit_until_it_is_used():
    person = ana()
    payment = a_payment(person, "60.00")

    assert payment_figure(payment).unapplied == 60_00
    assert account_figure(person.account).balance == -60_00


@pytest.mark.parametrize("amount", [0, -1])
def test_money_recorded_is_above_zero(amount):
    person = ana()

    with refused():
        a_payment(person, amount)


@pytest.mark.parametrize("amount", [60.0, True, None])
def test_money_recorded_is_whole_cents(amount):
    account = ana().account

    with refused(TypeError):
        record_payment(
            account=account, amount=amount, method="cash", source="staff", way="staff", paid_at=NOW, stamp=stamp()
        )


@pytest.mark.parametrize("source", ["portal", "autopay", "plan"])
def test_money_from_the_processor_names_its_attempt(source):
    person = ana()

    with refused(IntegrityError):
        a_payment(person, "60.00", source=source)


@pytest.mark.parametrize("source", ["staff", "import"])
def test_other_money_names_no_attempt(source):
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "60.00"))

    with refused(IntegrityError):
        a_payment(person, "60.00", source=source, attempt=attempt)


def test_an_unknown_source_is_refused():
    person = ana()

    with refused(ValueError):
        a_payment(person, "60.00", source="found")


def test_an_attempt_makes_one_payment():
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "60.00"), state="succeeded")
    facts = {"source": "portal", "method": "card", "way": Way.ONE, "attempt": attempt}
    a_payment(person, "60.00", **facts)

    with refused(IntegrityError):
        a_payment(person, "60.00", **facts)


def test_an_allocation_pays_a_charge():
    charge = a_charge(ana())
    payment = a_paid(charge, "60.00")

    assert (charge_figure(charge).allocated, charge_figure(charge).open) == (60_00, 90_00)
    assert payment_figure(payment).unapplied == 0


@pytest.mark.parametrize("amount", [0, -1, 100_01])
def test_an_allocation_is_above_zero_and_at_most_what_is_unapplied(amount):
    person = ana()
    charge, payment = a_charge(person), a_payment(person, "100.00")

    with refused():
        allocate(payment, charge, amount, stamp())


def test_an_allocation_is_at_most_what_is_open():
    person = ana()
    charge, payment = a_charge(person), a_payment(person, "200.00")
    adjust(charge, 50_00, "courtesy", "Late start", stamp())

    with refused():
        allocate(payment, charge, 100_01, stamp())
    allocate(payment, charge, 100_00, stamp())

    assert account_figure(person.account).credit == 100_00


def test_an_allocation_of_an_insurance_charge_is_at_most_the_clients_part():
    person = ana()
    charge, payment = an_insured_charge(person), a_payment(person, "200.00")
    transfer(charge, 25_00, "copay", stamp())

    with refused():
        allocate(payment, charge, 25_01, stamp())


def test_money_never_moves_to_another_account():
    charge, payment = a_charge(ana()), a_payment(noor(), "150.00")

    with refused():
        allocate(payment, charge, 1_00, stamp())


def test_an_allocation_leaves_alone_what_is_reserved():
    person = ana()
    charge, payment = a_charge(person), a_payment(person, "150.00")
    an_attempt(person, (charge, "100.00"))
    allocate(payment, charge, 50_00, stamp())

    with refused(Busy):
        allocate(payment, charge, 1, stamp())


def test_several_allocations_are_made_all_or_none():
    person = ana()
    first, second, payment = a_charge(person), a_charge(person), a_payment(person, "200.00")

    with refused():
        allocate_all(payment, [Share(first, 150_00), Share(second, 50_01)], stamp())


def test_a_plan_is_followed_as_far_as_it_still_fits():
    person = ana()
    paid, part_paid, other = a_charge(person, on="2026-10-07"), a_charge(person, on="2026-10-08"), a_charge(person)
    a_paid(paid)
    a_paid(part_paid, "100.00")
    payment = a_payment(person, "300.00")

    allocate_planned(payment, [Share(paid, 150_00), Share(part_paid, 100_00), Share(other, 50_00)], stamp())

    assert entries_of(payment) == [(part_paid, 50_00), (other, 50_00), (other, 100_00)]
    assert payment_figure(payment).unapplied == 100_00


def test_a_plan_leaves_alone_what_is_reserved():
    person = ana()
    charge, payment = a_charge(person), a_payment(person, "150.00")
    an_attempt(person, (charge, "100.00"))

    allocate_planned(payment, [Share(charge, 150_00)], stamp())

    assert entries_of(payment) == [(charge, 50_00)]


def test_a_release_turns_paid_money_back_into_credit():
    charge = a_charge(ana())
    payment = a_paid(charge)

    entry = release(payment, charge, 30_00, "adjustment", stamp())

    assert (charge_figure(charge).open, payment_figure(payment).unapplied) == (30_00, 30_00)
    assert (entry.kind, entry.reason) == (EntryKind.RELEASE, "adjustment")


@pytest.mark.parametrize("amount", [0, -1, 60_01])
def test_a_release_is_above_zero_and_at_most_what_this_payment_pays_of_this_charge(amount):
    charge = a_charge(ana())
    payment = a_paid(charge, "60.00")
    a_paid(charge, "90.00")

    with refused():
        release(payment, charge, amount, "adjustment", stamp())


def test_what_was_released_is_not_released_again():
    charge = a_charge(ana())
    payment = a_paid(charge)
    release(payment, charge, 100_00, "adjustment", stamp())

    with refused():
        release(payment, charge, 50_01, "adjustment", stamp())


def test_a_payment_is_settled_once():
    payment = a_payment(ana(), "60.00")
    settle(payment, stamp())

    assert payment_figure(payment).settled
    with refused():
        settle(payment, stamp())


@pytest.mark.parametrize(
    "give_back", [lambda p: void(p, "Wrong check", stamp()), lambda p: returned(p, "R01", stamp())]
)
def test_a_payment_is_not_settled_after_something_was_given_back(give_back):
    payment = a_payment(ana(), "60.00")
    give_back(payment)

    with refused():
        settle(payment, stamp())


def test_settling_changes_no_balance():
    person = ana()
    a_charge(person)
    payment = a_payment(person, "60.00")

    settle(payment, stamp())

    assert account_figure(person.account).balance == 90_00


def test_money_without_a_charge_goes_to_the_oldest_first():
    person = ana()
    late = a_charge(person, on="2026-11-05")
    early, early_too = a_charge(person, on="2026-10-05"), a_charge(person, on="2026-10-05")
    payment = a_payment(person, "310.00")

    pay_oldest_first(payment, stamp())

    assert entries_of(payment) == [(early, 150_00), (early_too, 150_00), (late, 10_00)]


def test_money_without_a_charge_skips_what_is_held_reserved_or_waiting_and_keeps_the_rest_as_credit():
    person = ana()
    held, reserved = a_charge(person, on="2026-10-01"), a_charge(person, on="2026-10-02")
    an_insured_charge(person, on="2026-10-03")
    free = a_charge(person, on="2026-10-04", fee="40.00")
    Hold.create(kind="review", account=person.account, charge=held, began_at=NOW)
    an_attempt(person, (reserved, "100.00"))
    payment = a_payment(person, "200.00")

    pay_oldest_first(payment, stamp())

    assert entries_of(payment) == [(reserved, 50_00), (free, 40_00)]
    assert payment_figure(payment).unapplied == 110_00


def test_more_than_is_owed_stays_as_credit():
    person = ana()
    a_charge(person)
    payment = a_payment(person, "500.00", method="cash")

    pay_oldest_first(payment, stamp())

    assert account_figure(person.account).credit == 350_00
    assert Payment.get().method == "cash"


def test_a_form_sent_twice_is_known_by_who_sent_it():
    account = ana().account
    drawn = once.end_of(account)
    a_payment(account, "60.00")

    with db.atomic():
        written = [
            once.written(once.Ask(stamp(by=by), drawn), account, EntryKind.PAYMENT, cents)
            for by, cents in (("staff:1", 60_00), ("staff:2", 60_00), ("staff:1", 60_01))
        ]

    assert written == [True, False, False]
