"""Callers without a browser, in the portal's process so that they die with it: one pays, one gives back.

Each does the same again after a crash, by keys that do not depend on the process.
"""

import random
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

from peewee import fn

from billing import carts, payments, refunds
from billing.carts import Choice
from billing.errors import BillingError
from billing.payments import Order
from choices import AttemptState, Way
from gateways import Gateway
from models import Attempt, Link, MoneyBack, SavedCard, Staff, User, db

EVERY_FIFTH = 5


class Caller(Thread):
    """Does something again and again in a thread of its own, until there is a file named `quiet`."""

    pause = 1.0

    def __init__(self, gateway: Gateway, clock: Callable[[], datetime], secret: str, seed: str, quiet: Path) -> None:
        super().__init__(daemon=True)
        self.gateway, self.clock, self.secret, self.quiet = gateway, clock, secret, quiet
        self.random = random.Random(f"{seed} {type(self).__name__}")

    def run(self) -> None:
        while not Event().wait(self.pause) and not self.quiet.exists():
            with db.connection_context():
                self.call()

    def call(self) -> None:
        """Once."""


class Autopay(Caller):
    """Pays for every fifth person once a day, with the main card, up to $20."""

    def __init__(self, *about: object) -> None:
        super().__init__(*about)
        self.done = set[str]()

    def call(self) -> None:
        mine = SavedCard.select(SavedCard, User).join(User).where(SavedCard.main, User.id % EVERY_FIFTH == 0)
        for card in list(mine):
            key = f"autopay-{card.user.key}-{self.clock().date()}"
            if key not in self.done:
                self._pay(card.user, card.key, key)

    def _pay(self, user: User, card: str, key: str) -> None:
        try:
            order = self._order(user, card, key)
            payments.take(user, order, gateway=self.gateway, secret=self.secret, clock=self.clock)
        except BillingError:
            return  # nothing owed, or something in the way: tried again later
        self.done.add(key)

    def _order(self, user: User, card: str, key: str) -> Order:
        choice = Choice(Way.AMOUNT, (), Link.get(Link.user == user).account.key)
        cart = carts.cart(user, choice)
        amount = min(cart.total, 20_00)
        return Order(choice, cart.quote(user, self.secret), key, card, amount=amount, shown=amount)


class Returns(Caller):
    """Staff who give back: in full or in part, twice with one form, above the limit with a second person."""

    pause = 0.4

    def call(self) -> None:
        attempt = Attempt.select().where(Attempt.state == AttemptState.SUCCEEDED).order_by(fn.random()).first()
        if attempt is None:
            return
        owner, biller = Staff.select().order_by(Staff.id).limit(2)
        tries = MoneyBack.select().where(MoneyBack.attempt == attempt).count()
        part = self.random.choice((attempt.amount, attempt.amount, attempt.amount // 2, attempt.amount // 3))
        for _ in range(self.random.choice((1, 1, 2))):
            self._give_back(attempt, part, biller, f"back-{attempt.key}-{tries}")
        for waiting in refunds.waiting():
            refunds.approve(waiting, owner, gateway=self.gateway, clock=self.clock)

    def _give_back(self, attempt: Attempt, cents: int, staff: Staff, key: str) -> None:
        try:
            refunds.ask(attempt, cents, "A soak", staff, key, gateway=self.gateway, clock=self.clock)
        except BillingError:
            return  # not settled yet, nothing left, in dispute, or the processor is silent
