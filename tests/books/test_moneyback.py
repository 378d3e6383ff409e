"""When money may go back, and what it takes first."""

from datetime import date

import pytest

from billing.charges import adjust
from billing.errors import ReasonMissing
from billing.ledger import account_figure, charge_figure, payment_figure
from billing.moneyback import charge_back, is_disputed, refund, returned, taken_from, void, win_chargeback
from billing.postings import allocate, release, settle
from choices import EntryKind
from models import Dispute, Entry, Hold
from tests.books.expect import refused
from tests.builders import a_charge, a_paid, a_payment, a_settled, an_attempt, ana, noon, stamp

pytestmark = pytest.mark.usefixtures("database")


def releases():
    rows = Entry.select().where(Entry.kind == EntryKind.RELEASE).order_by(Entry.id)
    return [(row.charge, row.amount, row.reason) for row in rows]


def one_payment_for(*charges, amount):
    """One settled payment toward all these charges, in this order."""
    payment = a_payment(charges[0].account, amount)
    for charge in charges:
        allocate(payment, charge, charge.amount, stamp())
    settle(payment, stamp())
    return payment


def test_a_void_cancels_a_payment_in_full_before_it_settles():
    charge = a_charge(ana())
    payment = a_paid(charge)

    entry = void(payment, "Wrong check", stamp())

    assert (entry.kind, entry.amount, entry.reason) == (EntryKind.VOID, 150_00, "Wrong check")
    assert releases() == [(charge, 150_00, "void")]
    assert (charge_figure(charge).open, payment_figure(payment).back) == (150_00, 150_00)


def test_a_settled_payment_is_not_voided():
    payment = a_settled(a_charge(ana()))

    with refused():
        void(payment, "Wrong check", stamp())


def test_a_payment_is_voided_once():
    payment = a_paid(a_charge(ana()))
    void(payment, "Wrong check", stamp())

    with refused():
        void(payment, "Wrong check", stamp())


def test_a_refund_gives_part_of_a_settled_payment_back_as_often_as_something_is_left():
    charge = a_charge(ana())
    payment = a_settled(charge)

    refund(payment, 50_00, "Visit cut short", stamp(), reference="check 17")
    refund(payment, 99_99, "Visit cut short", stamp())
    with refused():
        refund(payment, 2, "Visit cut short", stamp())

    assert payment_figure(payment).refunded == 149_99
    assert charge_figure(charge).open == 149_99
    assert Entry.get(Entry.kind == EntryKind.REFUND).reference == "check 17"


@pytest.mark.parametrize("amount", [0, -1, 150_01])
def test_a_refund_is_above_zero_and_at_most_what_was_paid(amount):
    payment = a_settled(a_charge(ana()))

    with refused():
        refund(payment, amount, "Visit cut short", stamp())


def test_a_payment_that_has_not_settled_is_not_refunded():
    payment = a_paid(a_charge(ana()))

    with refused():
        refund(payment, 50_00, "Visit cut short", stamp())


def test_money_back_by_hand_needs_a_reason():
    payment = a_settled(a_charge(ana()))
    unsettled = a_paid(a_charge(ana()))

    with refused(ReasonMissing):
        refund(payment, 50_00, " ", stamp())
    with refused(ReasonMissing):
        void(unsettled, "", stamp())


def test_money_back_takes_the_unapplied_part_first():
    charge = a_charge(ana())
    payment = a_payment(charge.account, "200.00")
    allocate(payment, charge, 150_00, stamp())
    settle(payment, stamp())

    refund(payment, 50_00, "Paid too much", stamp())
    assert releases() == []
    refund(payment, 30_00, "Visit cut short", stamp())

    assert releases() == [(charge, 30_00, "refund")]


def test_money_back_releases_the_newest_allocation_first():
    person = ana()
    first, second, third = (a_charge(person, on=f"2026-10-0{day}", fee="50.00") for day in (3, 1, 2))
    payment = one_payment_for(first, second, third, amount="150.00")

    refund(payment, 70_00, "Visit cut short", stamp())

    assert releases() == [(third, 50_00, "refund"), (second, 20_00, "refund")]


def test_a_charge_paid_twice_by_one_payment_counts_from_its_last_allocation():
    person = ana()
    first, second = a_charge(person, fee="50.00"), a_charge(person, fee="50.00")
    payment = a_payment(person, "100.00")
    for charge, amount in ((first, 20_00), (second, 50_00), (first, 30_00)):
        allocate(payment, charge, amount, stamp())
    settle(payment, stamp())

    refund(payment, 60_00, "Visit cut short", stamp())

    assert releases() == [(first, 50_00, "refund"), (second, 10_00, "refund")]


@pytest.mark.parametrize("settled", [True, False])
def test_a_return_takes_the_whole_payment_back_settled_or_not(settled):
    charge = a_charge(ana())
    payment = (a_settled if settled else a_paid)(charge)

    entry = returned(payment, "R01", stamp())

    assert (entry.kind, entry.category, entry.amount) == (EntryKind.RETURN, "R01", 150_00)
    assert charge_figure(charge).state == "payable"
    with refused():
        returned(payment, "R01", stamp())


def test_a_partly_refunded_payment_is_not_returned():
    payment = a_settled(a_charge(ana()))
    refund(payment, 1_00, "Visit cut short", stamp())

    with refused():
        returned(payment, "R01", stamp())


def test_a_chargeback_takes_all_that_is_left_and_holds_the_charges_it_paid():
    person = ana()
    first, second = a_charge(person), a_charge(person)
    payment = one_payment_for(first, second, amount="300.00")
    refund(payment, 10_00, "Visit cut short", stamp())

    dispute = charge_back(payment, stamp(), reason="not_recognized", evidence_due_on=date(2026, 11, 30))

    assert payment_figure(payment).charged_back == 290_00
    assert (dispute.state, dispute.opened_on, dispute.evidence_due_on) == ("open", stamp().on, date(2026, 11, 30))
    assert [(row.charge, row.kind, row.began_at) for row in Hold.select()] == [
        (second, "dispute", stamp().at), (first, "dispute", stamp().at),
    ]  # fmt: skip
    assert charge_figure(first).state == "review"
    figures = account_figure(person.account)
    assert (figures.open, figures.held, figures.payable, figures.due) == (300_00, 300_00, 0, 0)


def test_a_charge_that_the_disputed_payment_no_longer_paid_is_not_held():
    person = ana()
    first, second = a_charge(person), a_charge(person)
    payment = one_payment_for(first, second, amount="300.00")
    refund(payment, 150_00, "Visit cut short", stamp())

    charge_back(payment, stamp(), reason="not_recognized")

    assert [row.charge for row in Hold.select()] == [first]


def test_a_payment_that_has_not_settled_is_not_charged_back():
    payment = a_paid(a_charge(ana()))

    with refused():
        charge_back(payment, stamp(), reason="fraud")


def test_a_payment_with_nothing_left_is_not_charged_back():
    payment = a_settled(a_charge(ana()))
    refund(payment, 150_00, "Visit cut short", stamp())

    with refused():
        charge_back(payment, stamp(), reason="fraud")


def test_a_payment_is_charged_back_once_even_after_it_was_won():
    payment = a_settled(a_charge(ana()))
    dispute = charge_back(payment, stamp(), reason="fraud")
    with refused():
        charge_back(payment, stamp(), reason="fraud")
    win_chargeback(dispute, stamp())

    with refused():
        charge_back(payment, stamp(), reason="fraud")


def test_a_payment_under_dispute_is_not_refunded():
    person = ana()
    payment = a_settled(a_charge(person))
    other = a_settled(a_charge(person))
    dispute = charge_back(payment, stamp(), reason="fraud")
    assert is_disputed(payment)
    assert not is_disputed(other)

    with refused():
        refund(payment, 1_00, "Visit cut short", stamp())
    win_chargeback(dispute, stamp())

    refund(payment, 1_00, "Visit cut short", stamp())


def test_a_chargeback_won_pays_the_held_charges_again_and_ends_the_hold():
    charge = a_charge(ana())
    payment = a_settled(charge)
    dispute = charge_back(payment, stamp("2026-11-16"), reason="fraud")

    entry = win_chargeback(dispute, stamp())

    assert (entry.kind, entry.amount) == (EntryKind.CHARGEBACK_WON, 150_00)
    assert charge_figure(charge).state == "paid"
    assert Dispute.get().state == "won"
    assert Hold.get().ended_at == noon(stamp().on)


def test_what_a_person_took_off_is_not_what_the_bank_took():
    charge = a_charge(ana())
    payment = a_settled(charge)
    release(payment, charge, 50_00, "chargeback", stamp("2026-11-10"))
    charge_back(payment, stamp("2026-11-16"), reason="fraud")

    assert taken_from(payment) == [(charge, 100_00)]


def test_a_chargeback_is_won_once():
    dispute = charge_back(a_settled(a_charge(ana())), stamp(), reason="fraud")
    win_chargeback(dispute, stamp())

    with refused():
        win_chargeback(Dispute.get(), stamp())


def test_a_dispute_without_a_chargeback_is_not_won():
    payment = a_settled(a_charge(ana()))
    dispute = Dispute.create(payment=payment, opened_on=stamp().on)

    with refused():
        win_chargeback(dispute, stamp())


def test_money_won_back_pays_only_what_is_still_open_and_not_reserved():
    person = ana()
    charge, other = a_charge(person), a_charge(person)
    payment = one_payment_for(charge, other, amount="300.00")
    dispute = charge_back(payment, stamp(), reason="fraud")
    adjust(charge, 100_00, "courtesy", "Kindness", stamp())
    adjust(other, 100_00, "courtesy", "Kindness", stamp())
    an_attempt(person, (other, "50.00"))

    win_chargeback(dispute, stamp())

    assert (charge_figure(charge).open, charge_figure(other).open) == (0, 50_00)
    assert payment_figure(payment).unapplied == 250_00


def test_winning_one_dispute_ends_no_other_hold():
    person = ana()
    disputed, other, under_review = a_charge(person), a_charge(person), a_charge(person)
    dispute = charge_back(a_settled(disputed), stamp(), reason="fraud")
    charge_back(a_settled(other), stamp(), reason="fraud")
    Hold.create(kind="review", account=person.account, charge=under_review, began_at=stamp().at)

    win_chargeback(dispute, stamp())

    assert {hold.charge for hold in Hold.select().where(Hold.ended_at.is_null())} == {other, under_review}


def test_one_cent_is_charged_back_and_won_like_any_amount():
    charge = a_charge(ana(), fee=1)
    dispute = charge_back(a_settled(charge), stamp(), reason="fraud")

    win_chargeback(dispute, stamp())

    assert charge_figure(charge).state == "paid"


def test_nothing_is_refunded_while_a_bank_disputes_a_part():
    payment = a_settled(a_charge(ana()))
    charge_back(payment, stamp(), reason="fraud", cents=50_00)

    with refused():
        refund(payment, 10_00, "Cut short", stamp())


def test_a_refund_without_a_number_has_none():
    entry = refund(a_settled(a_charge(ana())), 10_00, "Cut short", stamp())

    assert (entry.reference, entry.category) == ("", "")
