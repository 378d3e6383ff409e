"""A client at the pay page: the real adapter and SDK against the sandbox, without the web in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from billing import carts, payments, refunds
from billing.carts import Choice
from billing.payments import NewCard, Order
from choices import Way
from gateways.braintree import BraintreeAdapter
from gateways.braintree.connection import connect
from models import Attempt, Charge, User
from tests import builders as the
from tests.builders import Person, a_saved_card
from tests.conftest import Clock
from tests.sandbox.fixtures import account_at, faults, gateway, sandbox_server  # noqa: F401

SECRET = "a secret for quotes"


@dataclass
class Till:
    """Takes payments for one test."""

    server: Any
    gateway: BraintreeAdapter
    clock: Clock
    facts: dict[str, Any] = field(default_factory=dict)

    def card(self, kind: str = "visa", keep: bool = False) -> NewCard:
        """A test card typed into the processor's fields, by outcome."""
        return NewCard(self.server.pick(kind), keep)

    def order(self, user: User, choice: Choice, **facts: Any) -> Order:
        """What an honest page would post for this choice."""
        cart = carts.cart(user, choice)
        amount = facts.get("amount", cart.total)
        plain: dict[str, Any] = {
            "choice": choice, "quote": cart.quote(user, SECRET), "attempt_key": uuid4().hex,
            "amount": amount, "shown": amount, "receipt_email": user.email,
        }  # fmt: skip
        plain["card"] = facts.pop("card") if "card" in facts else self.card()
        return Order(**{**plain, **facts})

    def take(self, user: User, order: Order) -> Attempt:
        return payments.take(user, order, gateway=self.gateway, secret=SECRET, clock=self.clock)

    def one(self, user: User, charge: Charge, **facts: Any) -> Attempt:
        return self.take(user, self.order(user, Choice(Way.ONE, (charge.key,)), **facts))

    def many(self, user: User, *charges: Charge, **facts: Any) -> Attempt:
        return self.take(user, self.order(user, Choice(Way.MANY, tuple(c.key for c in charges)), **facts))

    def toward(self, person: Person, **facts: Any) -> Attempt:
        return self.take(person.user, self.order(person.user, Choice(Way.AMOUNT, (), person.account.key), **facts))

    def sales(self, attempt: Attempt) -> int:
        """How often the processor really charged for this attempt."""
        search = self.gateway.find_by_reference(attempt.order_id)
        assert search.ok
        return sum(fact.standing == "approved" for fact in search.facts)


@pytest.fixture
def till(sandbox_server, gateway, clock, practice) -> Till:  # noqa: F811
    return Till(sandbox_server, gateway, clock)


@pytest.fixture
def saved(sandbox_server) -> Callable[..., Any]:  # noqa: F811
    """A saved card that the vault knows too."""

    def keep(user: User, **facts: Any) -> Any:
        card = a_saved_card(user, token=f"tok{uuid4().hex[:12]}", **facts)
        kept = {"token": card.token, "brand": card.brand, "last4": card.last4, "exp_month": card.exp_month,
                "exp_year": card.exp_year, "default": card.main}  # fmt: skip
        sandbox_server.seed({"customers": [{"id": user.vault_id, "cards": [kept]}]})
        return card

    return keep


@pytest.fixture
def rosa(practice):
    return the.a_staff_member()


@pytest.fixture
def mara(practice):
    return the.a_staff_member("Mara Ellison-Demo", "owner")


@pytest.fixture
def back(till, rosa) -> Callable[..., Any]:
    """`back(paid, 50_00)`: Rosa gives this much back."""

    def back(paid, amount=150_00, staff=rosa, key="", **facts):
        about = {"gateway": till.gateway, "clock": till.clock, **facts}
        return refunds.ask(paid, amount, about.pop("reason", "Visit cut short"), staff, key or uuid4().hex, **about)

    return back


@pytest.fixture
def settle(sandbox_server) -> Callable[..., Any]:  # noqa: F811
    """The night passes for one sale."""
    testing = connect(account_at(sandbox_server.port)).testing
    return lambda attempt: testing.settle_transaction(attempt.transaction_id)


@pytest.fixture
def paid(till):
    """A visit of $150.00 paid by card, in the books."""
    ana = the.ana()
    return till.one(ana.user, the.a_charge(ana, fee="150.00"))


@pytest.fixture
def settled(paid, settle):
    settle(paid)
    return paid
