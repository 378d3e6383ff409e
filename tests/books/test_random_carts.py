"""Whatever is posted, a cart is priced from the ledger; a typed amount counts only within its bounds (I16, I24)."""

from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import DoesNotExist

from billing import carts
from billing.carts import Choice
from billing.errors import BillingError
from billing.ledger import account_figure, charge_figure
from choices import Way
from models import Hold, db
from tests.builders import NOW, a_charge, a_paid, a_payment, an_attempt, an_insured_charge, ana, noor, the_practice

CENTS = st.one_of(st.none(), st.integers(min_value=-200_00, max_value=400_00))
LOOSE = st.integers(min_value=0, max_value=100_00)
FEES = st.lists(st.integers(min_value=1, max_value=200_00), min_size=1, max_size=5)
CONDITIONS = st.sampled_from(["open", "open", "open", "held", "part_paid", "reserved", "insured", "paid"])


@contextmanager
def undone():
    with db.atomic() as transaction:
        yield
        transaction.rollback()


def a_bill(person, fees, conditions):
    """Charges of these fees, each in its own condition."""
    bill = []
    for fee, condition in zip(fees, conditions, strict=True):
        post = an_insured_charge if condition == "insured" else a_charge
        charge = post(person, fee=fee)
        bill.append(charge)
        if condition == "held":
            Hold.create(kind="review", account=person.account, charge=charge, began_at=NOW)
        if condition == "reserved":
            an_attempt(person, (charge, (fee + 1) // 2))
        if condition in ("part_paid", "paid"):
            a_paid(charge, fee if condition == "paid" else (fee + 1) // 2)
    return bill


@st.composite
def orders(draw):
    """A bill and what a browser, honest or not, might post for it."""
    fees = draw(FEES)
    conditions = [draw(CONDITIONS) for _ in fees]
    picked = draw(st.lists(st.integers(min_value=0, max_value=len(fees) - 1), max_size=6))
    way = draw(st.sampled_from([Way.ONE, Way.MANY, Way.AMOUNT]))
    typed = [draw(CENTS) for _ in fees]
    return fees, conditions, picked, way, draw(CENTS), typed, draw(st.booleans()), draw(st.integers(1, 50_00))


def a_cart(person, bill, picked, way):
    keys = tuple(bill[place].key for place in picked)
    choice = Choice(way, keys, person.account.key) if way == Way.AMOUNT else Choice(way, keys)
    return carts.cart(person.user, choice)


def within_bounds(order, loose):
    fees, conditions, picked, way, amount, typed, per_line, minimum = order
    with undone():
        the_practice(per_line_amounts=per_line, minimum_payment=minimum)
        person = ana()
        bill = a_bill(person, fees, conditions)
        if loose:
            a_payment(person, loose)
        line_amounts = {charge.key: cents for charge, cents in zip(bill, typed, strict=True)}
        try:
            cart = carts.priced(a_cart(person, bill, picked, way), amount, line_amounts)
        except (BillingError, DoesNotExist):
            return
        check(cart, person, amount, line_amounts, minimum)


@given(orders(), LOOSE)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_amount_that_was_posted_gets_past_its_bounds(database, order, loose):
    within_bounds(order, loose)


@pytest.mark.slow
@given(orders(), LOOSE)
@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_amount_of_very_many_gets_past_its_bounds(database, order, loose):
    within_bounds(order, loose)


def check(cart, person, amount, line_amounts, minimum):
    """What a priced cart must be, from the ledger and the typed amounts alone."""
    payable = {line.charge.id: charge_figure(line.charge).payable for line in cart.lines}
    assert cart.total == sum(line.amount for line in cart.lines) > 0
    assert all(0 < line.amount <= payable[line.charge.id] for line in cart.lines)
    if cart.per_line:
        assert all(line.amount == line_amounts[line.charge.key] for line in cart.lines)
        assert all(line.amount >= min(minimum, payable[line.charge.id]) for line in cart.lines)
    elif cart.way == Way.MANY:
        assert all(line.amount == payable[line.charge.id] for line in cart.lines)
    else:
        most = account_figure(person.account).due if cart.way == Way.AMOUNT else sum(payable.values())
        assert cart.total == amount
        assert min(minimum, most) <= amount <= most


@given(st.lists(st.integers(min_value=1, max_value=200_00), min_size=2, max_size=6), st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_amount_toward_the_balance_fills_the_oldest_first_and_leaves_no_cent(database, fees, data):
    with undone():
        person = ana()
        bill = [a_charge(person, on=f"2026-10-{day:02d}", fee=fee) for day, fee in enumerate(fees, 1)]
        cart = carts.cart(person.user, Choice(Way.AMOUNT, account_key=person.account.key))
        amount = data.draw(st.integers(min_value=cart.minimum, max_value=cart.maximum))

        lines = carts.priced(cart, amount, {}).lines

        assert [line.charge for line in lines] == bill[: len(lines)]
        assert sum(line.amount for line in lines) == amount
        assert all(line.amount == line.charge.amount for line in lines[:-1])


@given(st.lists(st.sampled_from("abcd"), max_size=6), st.sampled_from([Way.ONE, Way.MANY]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_prices_what_is_not_theirs_whatever_keys_they_post(database, letters, way):
    with undone():
        mine, other = ana(), noor()
        known = {"a": a_charge(mine), "b": a_charge(mine), "c": a_charge(other)}
        keys = tuple(known[letter].key if letter in known else "no-such-key" for letter in letters)
        try:
            cart = carts.cart(mine.user, Choice(way, keys))
        except (BillingError, DoesNotExist):
            return
        assert cart.account == mine.account
        assert {line.charge for line in cart.lines} <= {known["a"], known["b"]}
        assert set(letters) <= {"a", "b"}


def test_the_quote_changes_with_every_fact_it_stands_for(database):
    person, secret = ana(), "a secret"
    first, second = a_charge(person), a_charge(person)
    both = Choice(Way.MANY, (first.key, second.key))
    quote = carts.cart(person.user, both).quote(person.user, secret)

    assert quote == carts.cart(person.user, Choice(Way.MANY, (second.key, first.key))).quote(person.user, secret)
    others = [
        carts.cart(person.user, both).quote(person.user, "another secret"),
        carts.cart(person.user, both).quote(noor().user, secret),
        carts.cart(person.user, Choice(Way.ONE, (first.key,))).quote(person.user, secret),
        carts.cart(person.user, Choice(Way.AMOUNT, account_key=person.account.key)).quote(person.user, secret),
    ]
    a_paid(first, "1.00")
    others.append(carts.cart(person.user, both).quote(person.user, secret))
    assert len({quote, *others}) == 1 + len(others)
