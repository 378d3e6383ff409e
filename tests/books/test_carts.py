"""What a cart holds before any amount is typed, and other small things that must not slip."""

import pytest

from billing import carts
from billing.allocation import Share
from billing.carts import Choice
from billing.ledger import charge_figure
from billing.moneyback import charge_back, void
from billing.postings import allocate_planned
from choices import EntryKind, Way
from models import Entry, Hold
from tests.builders import NOW, a_charge, a_paid, a_payment, a_settled, ana, stamp

pytestmark = pytest.mark.usefixtures("database")


def test_a_cart_toward_the_balance_lists_what_is_payable_of_each_charge_and_nothing_else():
    person = ana()
    first, held, last = (a_charge(person, f"2026-10-0{day}", "45.00") for day in (1, 2, 3))
    Hold.create(kind="review", account=person.account, charge=held, began_at=NOW)

    cart = carts.cart(person.user, Choice(Way.AMOUNT, (), person.account.key))

    assert [(line.charge, line.amount) for line in cart.lines] == [(first, 45_00), (last, 45_00)]
    assert (cart.minimum, cart.maximum, cart.total) == (1_00, 90_00, 90_00)


@pytest.mark.parametrize(("fee", "least"), [("45.00", 1_00), ("0.30", 60)])
def test_a_cart_of_several_asks_for_the_minimum_or_for_all_of_less(fee, least):
    person = ana()
    keys = tuple(a_charge(person, fee=fee).key for _ in range(2))

    cart = carts.cart(person.user, Choice(Way.MANY, keys))

    assert cart.minimum == least
    assert cart.total == cart.maximum == sum(line.amount for line in cart.lines)


def test_a_quote_knows_what_is_payable_of_each_charge_and_not_only_their_sum():
    person = ana()
    charges = [a_charge(person, fee="45.00") for _ in range(2)]
    quotes = set()

    for charge in charges:
        payment = a_paid(charge, "10.00")
        cart = carts.cart(person.user, Choice(Way.AMOUNT, (), person.account.key))
        quotes.add((cart.maximum, cart.quote(person.user, "a secret")))
        void(payment, "Wrong check", stamp())

    assert {maximum for maximum, _ in quotes} == {80_00}
    assert len(quotes) == 2


def test_one_charge_is_offered_in_full():
    person = ana()
    charge = a_charge(person, fee="45.00")

    cart = carts.cart(person.user, Choice(Way.ONE, (charge.key,)))

    assert [(line.charge, line.amount) for line in cart.lines] == [(charge, 45_00)]


def test_one_planned_cent_goes_where_it_was_planned():
    person = ana()
    _older, newer = a_charge(person, "2026-10-01"), a_charge(person, "2026-10-02")
    payment = a_payment(person, 1)

    allocate_planned(payment, [Share(newer, 1)], stamp())

    assert charge_figure(newer).allocated == 1


def test_a_chargeback_says_why():
    payment = a_settled(a_charge(ana()))

    charge_back(payment, stamp(), reason="fraud")

    assert Entry.get(Entry.kind == EntryKind.CHARGEBACK).reason == "fraud"
