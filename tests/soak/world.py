"""The practice of a soak: many people who owe, cards in the vault, two of staff; and the visits that go on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pyotp

from billing import charges
from billing.ledger import charge_figures
from billing.stamp import Stamp
from choices import StaffRole
from demo.codes import equip
from migrations import migrate
from models import Account, AccountClient, Staff, User, db, open_database
from sandbox import Remote
from tests import builders
from tests.visitor import HASH

FEES = (15_00, 45_00, 60_00, 90_00, 120_00, 150_00)
OPEN_VISITS = 6  # that an account has at most, so that a page stays a page


@dataclass(frozen=True)
class Person:
    """What a client's browser starts from; no rows, so that any thread may hold it."""

    email: str
    account: str  # key
    secret: str  # of the code app


def build(database: Path, processor: Remote, people: int, random: Random, now: datetime) -> list[Person]:
    """Everything in one transaction; the vault knows the saved cards."""
    open_database(str(database))
    with db.connection_context():
        migrate()
        with db.atomic():
            builders.the_practice(refund_limit=100_00)
            for role in (StaffRole.OWNER, StaffRole.BILLER):
                equip(
                    builders.a_staff_member(f"Staff {role}", role, email=f"{role}@example.com", password_hash=HASH), now
                )
            made = [_person(number) for number in range(people)]
            processor.control("seed", {"customers": [_vault(person.user) for person in made]})
            visits(random, now)
            return [Person(person.user.email, person.account.key, equip(person.user, now).secret) for person in made]


def codes(secret: str, now: datetime) -> list[str]:
    """What the app of this secret shows now and, a phone's clock being a little fast, next."""
    app = pyotp.TOTP(secret)
    return [app.at(now), app.at(now, counter_offset=1)]


def _person(number: int) -> builders.Person:
    person = builders.a_person(f"Client{number} Demo")
    User.update(password_hash=HASH).where(User.id == person.user.id).execute()
    return person


def _vault(user: User) -> dict[str, object]:
    card = builders.a_saved_card(user, exp_year=2035)
    about = {"token": card.token, "brand": card.brand, "last4": card.last4}
    return {"id": user.vault_id, "cards": [about | {"exp_month": 12, "exp_year": 2035, "default": True}]}


def visits(random: Random, now: datetime) -> None:
    """New visits for whoever has few left to pay, as a record system posts them."""
    accounts, stamp = list(Account.select()), Stamp.of("staff:1", now, builders.ZONE)
    owed = dict.fromkeys((account.id for account in accounts), 0)
    for row in charge_figures(accounts, unfinished=True):
        owed[row.charge.account_id] += row.payable > 0
    with db.atomic():
        for account in accounts:
            for number in range(OPEN_VISITS - owed[account.id]):
                _visit(account, random.choice(FEES), stamp, number)


def _visit(account: Account, fee: int, stamp: Stamp, number: int) -> None:
    client = AccountClient.get(AccountClient.account == account).client
    charges.post_charge(
        account=account, client=client, stamp=stamp, service_date=stamp.on - timedelta(days=number), amount=fee,
        label="Talk therapy, 45 min", label_es="Terapia, 45 min",
    )  # fmt: skip


def two_of_staff() -> tuple[str, str]:
    """The addresses they sign in with."""
    owner, biller = Staff.select().order_by(Staff.id).limit(2)
    return owner.email, biller.email
