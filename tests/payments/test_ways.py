"""The three ways to pay, from the cart to the books."""

import pytest

from billing import carts, ledger
from billing.carts import Choice
from billing.errors import (
    AccountsMixed,
    AmountMissing,
    BelowMinimum,
    BillChanged,
    InProgress,
    NothingOwed,
    NothingPicked,
    NotPayable,
    OverPayable,
    ShownAmountDiffers,
)
from choices import Way
from models import Attempt, Charge, Document, Hold, Message, Payment
from tests import builders as the


def figures(charge):
    return ledger.charge_figure(charge)


def test_one_visit_is_paid_in_part(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="185.00")

    attempt = till.one(ana.user, visit, amount=60_00)

    assert (attempt.state, attempt.amount) == ("succeeded", 60_00)
    assert figures(visit).open == 125_00
    assert ledger.account_figure(ana.account).due == 125_00
    assert till.sales(attempt) == 1


def test_two_visits_are_paid_in_full_whatever_amount_is_posted(till):
    ana = the.ana()
    first, second = the.a_charge(ana, fee="185.00"), the.a_charge(ana, fee="150.00")

    attempt = till.many(ana.user, first, second, amount=1_00)

    assert attempt.amount == 335_00
    assert (figures(first).open, figures(second).open) == (0, 0)


def test_picking_one_of_many_is_paying_that_one(till):
    ana = the.ana()
    visit = the.a_charge(ana)

    assert till.many(ana.user, visit, amount=20_00).way == Way.ONE


def test_toward_the_balance_pays_the_oldest_service_date_first(till):
    ana = the.ana()
    later = the.a_charge(ana, on="2026-11-02", fee="150.00")
    earlier = the.a_charge(ana, on="2026-10-05", fee="100.00")

    till.toward(ana, amount=120_00)

    assert (figures(earlier).open, figures(later).open) == (0, 130_00)


def test_toward_the_balance_leaves_out_what_credit_covers(till):
    ana = the.ana()
    the.a_charge(ana, fee="150.00")
    the.a_payment(ana, "50.00")

    cart = carts.cart(ana.user, Choice(Way.AMOUNT, (), ana.account.key))

    assert (cart.total, cart.maximum) == (100_00, 100_00)


def test_everything_payable_of_an_account_can_be_picked_at_once(till):
    ana = the.ana()
    free = [the.a_charge(ana, fee=fee) for fee in ("10.00", "20.00")]
    held, in_flight, _ = the.a_charge(ana), the.a_charge(ana), the.an_insured_charge(ana)
    Hold.create(kind="review", account=ana.account, charge=held, began_at=the.NOW)
    the.an_attempt(ana, (in_flight, "150.00"))

    cart = carts.cart(ana.user, Choice(Way.MANY, (), ana.account.key, all=True))

    assert ([line.charge for line in cart.lines], cart.total) == (free, 30_00)


@pytest.mark.parametrize(
    ("amount", "refusal"), [(None, AmountMissing), (0, BelowMinimum), (99, BelowMinimum), (150_01, OverPayable)]
)
def test_an_amount_outside_its_bounds_is_refused_and_nothing_is_written(till, amount, refusal):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")

    with pytest.raises(refusal):
        till.one(ana.user, visit, amount=amount)

    assert (Attempt.select().count(), Message.select().count()) == (0, 0)


def test_less_than_the_minimum_may_be_paid_when_less_is_owed(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="0.40")

    assert till.one(ana.user, visit, amount=40).state == "succeeded"


def test_lines_may_be_typed_one_by_one_where_the_practice_allows_it(till):
    the.the_practice(per_line_amounts=True)
    ana = the.ana()
    first, second = the.a_charge(ana, fee="185.00"), the.a_charge(ana, fee="150.00")

    attempt = till.many(ana.user, first, second, amount=140_00, line_amounts={first.key: 100_00, second.key: 40_00})

    assert attempt.amount == 140_00
    assert (figures(first).open, figures(second).open) == (85_00, 110_00)


def test_a_typed_line_is_bounded_by_its_own_visit(till):
    the.the_practice(per_line_amounts=True)
    ana = the.ana()
    first, second = the.a_charge(ana, fee="185.00"), the.a_charge(ana, fee="150.00")

    with pytest.raises(OverPayable) as refusal:
        till.many(ana.user, first, second, line_amounts={first.key: 1_00, second.key: 150_01})

    assert refusal.value.field == f"line-{second.key}"


def test_nothing_picked_is_said(till):
    with pytest.raises(NothingPicked):
        carts.cart(the.ana().user, Choice(Way.MANY))


def test_nothing_owed_is_said(till):
    ana = the.ana()
    for choice in (Choice(Way.AMOUNT, (), ana.account.key), Choice(Way.MANY, (), ana.account.key, all=True)):
        with pytest.raises(NothingOwed):
            carts.cart(ana.user, choice)


def test_visits_of_two_accounts_are_two_payments(till):
    ana, own = the.ana(), the.noor()
    the.a_link(ana.user, own.account)

    with pytest.raises(AccountsMixed):
        carts.cart(ana.user, Choice(Way.MANY, (the.a_charge(ana).key, the.a_charge(own).key)))


def test_a_visit_of_somebody_else_is_not_found(till):
    stranger = the.a_charge(the.noor())

    with pytest.raises(Charge.DoesNotExist):
        carts.cart(the.ana().user, Choice(Way.ONE, (stranger.key,)))


def test_an_account_without_the_right_to_pay_is_not_found(till):
    ana, noor = the.ana(), the.noor()
    the.a_link(ana.user, noor.account, the.Right.BALANCE)

    with pytest.raises(the.Account.DoesNotExist):
        carts.cart(ana.user, Choice(Way.AMOUNT, (), noor.account.key))


def test_a_visit_waiting_on_insurance_cannot_be_picked(till):
    ana = the.ana()

    with pytest.raises(NotPayable):
        carts.cart(ana.user, Choice(Way.ONE, (the.an_insured_charge(ana).key,)))


def test_a_visit_in_flight_cannot_be_picked(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="50.00")
    the.an_attempt(ana, (visit, "50.00"))

    with pytest.raises(InProgress):
        carts.cart(ana.user, Choice(Way.ONE, (visit.key,)))


def test_a_bill_that_changed_since_it_was_shown_is_not_charged(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")
    order = till.order(ana.user, Choice(Way.ONE, (visit.key,)))
    the.a_paid(visit, "30.00")

    with pytest.raises(BillChanged):
        till.take(ana.user, order)

    assert Attempt.select().count() == 0


def test_a_quote_of_another_user_is_worth_nothing(till):
    ana, helen = (person := the.ana()), the.helen(person)
    visit = the.a_charge(ana)
    order = till.order(helen.user, Choice(Way.ONE, (visit.key,)))

    with pytest.raises(BillChanged):
        till.take(ana.user, order)


def test_the_button_must_have_named_the_amount(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")

    with pytest.raises(ShownAmountDiffers) as refusal:
        till.one(ana.user, visit, amount=60_00, shown=150_00)

    assert refusal.value.values == {"amount": "$60.00"}


def test_a_payment_makes_its_receipt_and_its_message_in_one_go(till):
    ana = the.ana()
    the.the_practice(payment_copy_to="desk@example.com")

    attempt = till.one(ana.user, the.a_charge(ana), receipt_email="other@example.com")

    payment = Payment.get(attempt=attempt)
    assert Document.get(payment=payment).type == "receipt"
    assert sorted((m.kind, m.to) for m in Message.select()) == [
        ("mail.receipt", "other@example.com"), ("mail.staff.payment", "desk@example.com"),
    ]  # fmt: skip


def test_amounts_typed_one_by_one_are_not_forgotten_when_the_practice_stops_allowing_them(till):
    the.the_practice(per_line_amounts=True)
    ana = the.ana()
    visits = the.a_charge(ana, fee="185.00"), the.a_charge(ana, fee="150.00")
    keys = tuple(visit.key for visit in visits)
    typed = {"amount": 20_00, "line_amounts": dict.fromkeys(keys, 10_00)}
    order = till.order(ana.user, Choice(Way.MANY, keys), **typed)
    the.the_practice(per_line_amounts=False)

    with pytest.raises(BillChanged):
        till.take(ana.user, order)


def test_a_quote_in_other_letters_is_only_wrong(till):
    ana = the.ana()
    order = till.order(ana.user, Choice(Way.ONE, (the.a_charge(ana).key,)), quote="¡é")

    with pytest.raises(BillChanged):
        till.take(ana.user, order)
