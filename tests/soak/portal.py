"""The portal of a soak, in a process of its own: `python -m tests.soak.portal`, settings from the environment.

As in production, but the clock can be moved, the processor is given up on sooner, and an autopay-like caller pays.
"""

import argparse
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import waitress
from flask import Flask

import logs
from app import create_app
from billing import carts, payments
from billing.carts import Choice
from billing.errors import BillingError
from billing.payments import Order
from config import FIXTURE_KEYS, Settings
from gateways.braintree import Account, BraintreeAdapter
from migrations import migrate
from models import Link, SavedCard, User, Way, db

READ_SECONDS = 0.8  # how long the processor may take; what takes longer is unknown


class MovedClock:
    """Real time plus the seconds that a file says, which another process may change at any moment."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text(encoding="ascii")))


class Autopay:
    """Pays something for some accounts, once a day each, by a key that a later process uses again."""

    def __init__(self, app: Flask, every: int) -> None:
        self.app, self.every, self.done = app, every, set[str]()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(1):
            with db.connection_context():
                for card in list(SavedCard.select().where(SavedCard.user.in_(self._users()), SavedCard.main)):
                    self._pay(card.user, card.key)

    def _users(self) -> list[User]:
        return [user for user in User.select() if user.id % self.every == 0]

    def _pay(self, user: User, card: str) -> None:
        now = self.app.extensions["clock"]()
        key = f"autopay-{user.key}-{now.date()}"
        if key in self.done:
            return
        try:
            payments.take(user, self._order(user, card, key), gateway=self.app.extensions["gateway"],
                          secret=self.app.secret_key, clock=self.app.extensions["clock"])  # fmt: skip
        except BillingError:
            return  # nothing owed, or something in the way: tried again later
        self.done.add(key)

    def _order(self, user: User, card: str, key: str) -> Order:
        choice = Choice(Way.AMOUNT, (), Link.get(Link.user == user).account.key)
        cart = carts.cart(user, choice)
        amount = min(cart.total, 20_00)
        return Order(choice, cart.quote(user, self.app.secret_key), key, card, amount=amount, shown=amount)


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--clock", type=Path, required=True)
    words.add_argument("--adapter", required=True)
    words.add_argument("--autopay", type=int, default=0)
    given = words.parse_args()
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_level)
    app = create_app(settings)
    account = Account(
        "loopback", *FIXTURE_KEYS, port=settings.gateway_port, request_keys=True, read_seconds=READ_SECONDS
    )
    app.extensions.update(clock=MovedClock(given.clock), gateway=adapter(given.adapter)(account))
    migrate()
    app.extensions["jobs"].start(0.2)
    if given.autopay:
        Autopay(app, given.autopay)
    waitress.serve(app, host=settings.host, port=settings.port, threads=settings.threads, ident=None)


def adapter(name: str) -> Callable[[Account], BraintreeAdapter]:
    """`package.module:Class`, so that a test can put a broken one in its place."""
    module, _, kind = name.partition(":")
    found: Callable[[Account], BraintreeAdapter] = getattr(import_module(module), kind)
    return found


if __name__ == "__main__":
    main()
