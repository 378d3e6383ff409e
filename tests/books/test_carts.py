"""What a cart holds before any amount is typed."""

import pytest

from billing import carts
from billing.carts import Choice
from models import Hold, Way
from tests.builders import NOW, a_charge, ana

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
