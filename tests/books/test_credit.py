"""Credit is the client's money: used by the client's own tap, oldest first, and never for anybody else."""

import pytest

from billing import credit
from billing.ledger import account_figure, charge_figure, payment_figure
from choices import AttemptState, EntryKind
from models import Entry, Hold, MoneyBack
from tests.builders import (
    NOW,
    a_charge,
    a_paid,
    a_payment,
    a_staff_member,
    an_attempt,
    an_insured_charge,
    ana,
    noor,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")


def allocations():
    rows = Entry.select().where(Entry.kind == EntryKind.ALLOCATION).order_by(Entry.id)
    return [(row.payment, row.charge, row.amount) for row in rows]


def going_back(cents, **facts):
    return MoneyBack.create(
        form_key="one", order_id="one", request_key="one", kind="refund", amount=cents, reason="Paid twice",
        asked_by=a_staff_member(), created_at=NOW, **facts,
    )  # fmt: skip


def test_credit_waits_until_the_client_says_so():
    person = ana()
    a_payment(person, "60.00")
    a_charge(person)

    assert allocations() == []
    assert credit.usable(person.account) == 60_00


def test_the_oldest_payment_pays_the_oldest_visit_first():
    person = ana()
    late, early = a_charge(person, on="2026-11-02", fee="50.00"), a_charge(person, on="2026-10-05", fee="50.00")
    newer, older = a_payment(person, "40.00", on="2026-11-12"), a_payment(person, "30.00", on="2026-11-03")

    used = credit.use(person.account, stamp())

    assert used == 70_00
    assert allocations() == [(older, early, 30_00), (newer, early, 20_00), (newer, late, 20_00)]
    assert credit.usable(person.account) == 0


def test_one_credit_may_pay_several_visits_and_what_is_left_stays():
    person = ana()
    first, second = a_charge(person, fee="50.00"), a_charge(person, fee="50.00")
    payment = a_payment(person, "130.00")

    assert credit.use(person.account, stamp()) == 100_00

    assert (charge_figure(first).state, charge_figure(second).state) == ("paid", "paid")
    assert payment_figure(payment).unapplied == 30_00


def test_credit_pays_only_what_is_payable():
    person = ana()
    held, reserved = a_charge(person, fee="100.00"), a_charge(person, fee="100.00")
    an_insured_charge(person)
    Hold.create(kind="review", account=person.account, charge=held, began_at=NOW)
    an_attempt(person, (reserved, "80.00"))
    a_payment(person, "200.00")

    assert credit.usable(person.account) == 20_00
    assert credit.use(person.account, stamp()) == 20_00
    assert charge_figure(reserved).payable == 0


@pytest.mark.parametrize(
    ("state", "by_card", "usable"),
    [("created", True, 15_00), ("sent", True, 15_00), ("unknown", False, 15_00), ("declined", True, 60_00)],
)
def test_what_may_be_going_back_pays_nothing_meanwhile(state, by_card, usable):
    person = ana()
    charge = a_charge(person)
    sale = an_attempt(person, (charge, "60.00"), state=AttemptState.SUCCEEDED) if by_card else None
    card = {"method": "card", "source": "portal", "way": "one", "user": person.user, "card_brand": "Visa"}
    payment = a_payment(person, "60.00", **({"attempt": sale, **card} if by_card else {}))
    going_back(45_00, attempt=sale, payment=None if by_card else payment, state=state)

    figures = account_figure(person.account)
    assert (figures.credit, figures.usable, figures.due) == (60_00, usable, 150_00 - usable)
    assert (credit.usable(person.account), credit.use(person.account, stamp())) == (usable, usable)
    assert allocations() == [(payment, charge, usable)]


def test_what_is_used_up_and_going_back_takes_nothing_of_other_credit():
    person = ana()
    paid, _ = a_paid(a_charge(person)), a_payment(person, "10.00")

    going_back(150_00, payment=paid, state="unknown")

    assert (payment_figure(paid).usable, account_figure(person.account).usable) == (0, 10_00)


def test_credit_never_moves_to_another_account():
    owner, other = ana(), noor()
    a_payment(owner, "60.00")
    a_charge(other)

    assert credit.use(owner.account, stamp()) == 0
    assert credit.use(other.account, stamp()) == 0
    assert account_figure(other.account).due == 150_00


def test_using_credit_twice_uses_it_once():
    person = ana()
    a_charge(person)
    a_payment(person, "60.00")

    assert credit.use(person.account, stamp()) == 60_00
    assert credit.use(person.account, stamp()) == 0


def test_using_credit_changes_no_balance():
    person = ana()
    a_charge(person)
    a_payment(person, "60.00")
    before = account_figure(person.account).balance

    credit.use(person.account, stamp())

    assert account_figure(person.account).balance == before == 90_00
