"""The equations, row by row and summed, and what they cost."""

import pytest

from billing import ledger
from billing.charges import adjust, record_insurance, reverse_insurance, transfer, void_charge
from billing.ledger import (
    account_figure,
    account_figures,
    charge_figure,
    charge_figures,
    charges_by_key,
    left_of,
    net_allocation,
    payment_figure,
    payment_figures,
)
from billing.moneyback import refund, returned
from billing.postings import release
from choices import EntryKind
from models import Charge, Entry, Hold, Payment, WaitingPayment
from tables import Worded
from tests.books.expect import assert_query_count
from tests.builders import (
    NOW,
    a_charge,
    a_client,
    a_fee,
    a_paid,
    a_payment,
    a_settled,
    an_attempt,
    an_insured_charge,
    ana,
    ben,
    kim,
    many_charges,
    noor,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")


def test_an_insured_visit_from_plan_to_copay():
    """150.00 less 40.00 the plan does not allow, less 85.00 it pays: 25.00 is left for the client."""
    person = ben()
    charge = an_insured_charge(person, on="2026-10-07", fee="150.00")
    adjust(charge, 40_00, "contractual", "Plan allowed amount 110.00", stamp("2026-10-19"))
    record_insurance(charge, 85_00, "Sample Health Plan (DEMO)", "DEMO-EOB-1", stamp("2026-10-19"))
    transfer(charge, 25_00, "copay", stamp("2026-10-19"))

    figures = charge_figure(charge)
    assert (figures.gross, figures.adjusted, figures.insurance, figures.moved) == (150_00, 40_00, 85_00, 25_00)
    assert (figures.net, figures.client, figures.pending, figures.open) == (25_00, 25_00, 0, 25_00)

    a_paid(charge, on="2026-10-20", amount="25.00")

    assert charge_figure(charge).state == "paid"
    assert account_figure(person.account).balance == 0


def test_a_visit_the_plan_does_not_pay_goes_to_the_client():
    charge = an_insured_charge(ben(), fee="150.00")
    adjust(charge, 40_00, "contractual", "Plan allowed amount 110.00", stamp())
    transfer(charge, 110_00, "deductible", stamp())

    assert (charge_figure(charge).open, charge_figure(charge).pending) == (110_00, 0)


def test_insurance_money_taken_back_waits_on_the_plan_again_and_not_on_the_client():
    charge = an_insured_charge(ben(), fee="150.00")
    transfer(charge, 25_00, "copay", stamp())
    entry = record_insurance(charge, 125_00, "Plan", "EOB", stamp())

    reverse_insurance(entry, 125_00, "Paid for someone else", stamp())

    assert (charge_figure(charge).open, charge_figure(charge).pending) == (25_00, 125_00)
    assert left_of(entry) == 0


def test_a_charge_says_why_it_can_or_cannot_be_picked():
    person = ana()
    states = {
        "payable": a_charge(person),
        "review": a_charge(person),
        "in_flight": a_charge(person),
        "recorded": a_charge(person),
        "insurance": an_insured_charge(person),
        "paid": a_charge(person),
        "void": a_charge(person),
    }
    Hold.create(kind="review", account=person.account, charge=states["review"], began_at=NOW)
    an_attempt(person, (states["in_flight"], "150.00"))
    waiting = an_attempt(person, (states["recorded"], "150.00"), state="succeeded")
    WaitingPayment.create(attempt=waiting, account=person.account, amount=150_00, received_at=NOW)
    a_paid(states["paid"])
    void_charge(states["void"], "Wrong client", stamp())

    found = {row.charge.id: row.state for row in charge_figures([person.account])}

    assert found == {charge.id: state for state, charge in states.items()}


def test_one_cent_left_is_payable():
    charge = a_charge(ana(), fee="150.00")
    a_paid(charge, "149.99")

    assert (charge_figure(charge).state, charge_figure(charge).payable) == ("payable", 1)


def test_part_of_a_charge_may_be_reserved_while_the_rest_stays_payable():
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "40.00"), state="unknown")
    waiting = an_attempt(person, (charge, "50.00"), state="succeeded")
    WaitingPayment.create(attempt=waiting, account=person.account, amount=50_00, received_at=NOW)

    figures = charge_figure(charge)
    assert (figures.in_flight, figures.waiting, figures.reserved, figures.payable) == (40_00, 50_00, 90_00, 60_00)
    assert account_figure(person.account).due == 60_00
    assert account_figure(person.account).balance == 150_00


@pytest.mark.parametrize("state", ["declined", "not_sent", "closed", "canceled", "expired"])
def test_an_attempt_that_came_to_nothing_reserves_nothing(state):
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "40.00"), state=state)

    assert charge_figure(charge).payable == 150_00


def test_a_hold_on_the_account_holds_every_charge_until_it_ends():
    person = ana()
    charge = a_charge(person)
    a_charge(noor())
    hold = Hold.create(kind="review", account=person.account, began_at=NOW)

    figures = account_figure(person.account)
    assert (figures.open, figures.held, figures.payable, figures.due) == (150_00, 150_00, 0, 0)
    assert charge_figure(charge).state == "review"

    hold.ended_at = NOW
    hold.save()

    assert charge_figure(charge).state == "payable"


def test_a_paid_charge_on_hold_is_paid():
    person = ana()
    charge = a_charge(person)
    a_paid(charge)
    Hold.create(kind="review", account=person.account, charge=charge, began_at=NOW)

    assert charge_figure(charge).state == "paid"


def test_credit_lowers_what_is_asked_for_but_never_below_zero():
    person = ana()
    a_charge(person, fee="100.00")
    payment = a_payment(person, "30.00")

    figures = account_figure(person.account)
    assert (figures.balance, figures.open, figures.credit, figures.due) == (70_00, 100_00, 30_00, 70_00)

    a_payment(person, "100.00")
    figures = account_figure(person.account)
    assert (figures.balance, figures.due) == (-30_00, 0)
    assert payment_figure(payment).unapplied == 30_00


def test_an_account_without_a_past_has_figures_of_zero():
    account = ana().account

    figures = account_figure(account)

    assert (figures.balance, figures.open, figures.credit, figures.held, figures.payable) == (0, 0, 0, 0, 0)
    assert (figures.pending, figures.reserved, figures.due) == (0, 0, 0)


def test_the_parts_of_an_account_add_up():
    person = ana()
    paid, part_paid, held = a_charge(person), a_charge(person), a_charge(person)
    an_insured_charge(person)
    a_paid(paid)
    a_paid(part_paid, "50.00")
    Hold.create(kind="review", account=person.account, charge=held, began_at=NOW)
    an_attempt(person, (part_paid, "60.00"))

    figures = account_figure(person.account)

    assert (figures.open, figures.held, figures.reserved, figures.payable) == (250_00, 150_00, 60_00, 40_00)
    assert (figures.pending, figures.balance) == (150_00, 250_00)


def test_an_accounts_part_with_insurance_is_what_its_charges_wait_for():
    person = ben()
    charge = an_insured_charge(person)
    adjust(charge, 40_00, "contractual", "Plan allowed amount 110.00", stamp())
    record_insurance(charge, 60_00, "Plan", "EOB", stamp())
    transfer(charge, 20_00, "copay", stamp())

    figures = account_figure(person.account)

    assert (figures.pending, figures.open) == (charge_figure(charge).pending, 20_00) == (30_00, 20_00)


def test_charges_are_listed_oldest_visit_first_then_as_posted():
    person = ana()
    late = a_charge(person, on="2026-11-02")
    early, early_too = a_charge(person, on="2026-10-05"), a_charge(person, on="2026-10-05")

    assert [row.charge for row in charge_figures([person.account])] == [early, early_too, late]


def test_only_unfinished_charges_are_listed_when_asked():
    person = ana()
    open_, paid, gone, written_off = (a_charge(person) for _ in range(4))
    waiting, done = an_insured_charge(person), an_insured_charge(person)
    a_paid(paid)
    void_charge(gone, "Wrong client", stamp())
    adjust(written_off, 150_00, "write_off", "Gave up", stamp())
    record_insurance(done, 150_00, "Plan", "EOB", stamp())

    listed = {row.charge for row in charge_figures([person.account], unfinished=True)}

    assert listed == {open_, waiting}


def test_charges_are_found_by_key_and_strangers_keys_are_absent():
    charge = a_charge(ana())

    assert [row.charge for row in charges_by_key([charge.key, "no-such-key"])] == [charge]
    assert charges_by_key([]) == []


def test_figures_of_several_accounts_stay_apart():
    first, second = ana(), noor()
    a_charge(first, fee="100.00")
    a_charge(second, fee="80.00")
    a_payment(second, "10.00")

    found = account_figures([first.account, second.account])

    assert [figures.balance for figures in found.values()] == [100_00, 70_00]
    assert [row.amount for row in payment_figures([first.account])] == []
    assert account_figures([]) == {}


def test_children_on_one_account_share_its_figures():
    lily, max_ = a_client("Lily Tran-Demo"), a_client("Max Tran-Demo")
    parent = kim(lily, max_)
    a_charge(parent, client=lily)
    a_charge(parent, client=max_, fee="92.50")

    assert account_figure(parent.account).due == 242_50


def test_a_payment_says_what_became_of_its_money():
    charge = a_charge(ana())
    payment = a_settled(charge, "100.00")
    release(payment, charge, 20_00, "adjustment", stamp())
    refund(payment, 50_00, "Visit cut short", stamp())

    figures = payment_figure(payment)

    assert (figures.amount, figures.allocated, figures.refunded, figures.back) == (100_00, 50_00, 50_00, 50_00)
    assert (figures.unapplied, figures.settled) == (0, True)
    assert net_allocation(payment, charge) == 50_00
    assert figures.amount == figures.allocated + figures.unapplied + figures.back


def test_payments_are_listed_oldest_first():
    person = ana()
    later, earlier = a_payment(person, "1.00", on="2026-11-02"), a_payment(person, "2.00", on="2026-10-02")
    returned(later, "R01", stamp())

    assert [row.payment for row in payment_figures([person.account])] == [earlier, later]
    assert payment_figure(later).returned == 1_00
    assert not payment_figure(later).settled


def test_a_fee_is_payable_like_a_visit():
    person = ana()
    a_fee(person)

    assert account_figure(person.account).due == 90_00


@pytest.mark.parametrize("count", [10, 1_000])
def test_figures_cost_the_same_queries_however_long_the_list(count):
    person = ana()
    many_charges(person, count)

    with assert_query_count(1):
        rows = charge_figures([person.account], unfinished=True)
        names = {(row.charge.client.name, row.charge.account.number) for row in rows}
    with assert_query_count(2):
        figures = account_figures([person.account])[person.account.id]
    with assert_query_count(1):
        payment_figures([person.account])

    assert (len(rows), len(names)) == (count, 1)
    assert figures.open == sum(row.open for row in rows)


def test_sums_worded_once_read_as_if_worded_anew_wherever_they_stand(practice, monkeypatch):
    """Alone and below a condition, after other tables and within a query: each place has names of its own."""
    once = [each for each in vars(ledger).values() if hasattr(each, "cache_clear")]

    def worded():
        charges, payments = ledger._charges(Charge.id == 1), ledger._payments(Payment.id == 1)
        sums = ledger._charge_sums()
        below = ledger._charges(Charge.id == 1).having(sums["gross"] > sums["adjusted"])
        within = Charge.select(Charge.id).where(Charge.id.in_(Entry.select(ledger._sum(EntryKind.CHARGE))))
        said = [query.sql() for query in (charges, payments, below, within, charges.where(Entry.id > 3))]
        return [*said, ledger._open_by_account(), ledger._credit_by_account()]

    for each in once:
        each.cache_clear()
    first, again = worded(), worded()
    for each in once:
        each.cache_clear()
    monkeypatch.setattr(Worded, "__sql__", lambda self, ctx: ctx.sql(self.node))
    assert first == again == worded()
