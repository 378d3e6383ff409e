"""Which payments a list of money received is asked for: by day, account, method, source and standing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Any
from zoneinfo import ZoneInfo

from peewee import SQL, Value

from billing import staffing
from billing.outcomes import SOURCES
from choices import Method, Source, StaffRole, Way
from models import Account, AccountClient, Attempt, Client, Payment, Staff, WaitingPayment

CARD = Value(str(Method.CARD))  # money that waits came through the portal, by card


class Standing(StrEnum):
    """What became of money received, in the order a person would ask."""

    WAITING = "waiting"
    POSTED = "posted"
    SETTLED = "settled"
    DEPOSITED = "deposited"
    VOIDED = "voided"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    RETURNED = "returned"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class Filter:
    """What to list. Dates are the practice's days of payment, both included; `text` is part of a name or number.

    `posted` is None for money that is posted and money that waits. The page begins below the row with the key `before`.
    """

    text: str = ""
    from_on: date | None = None
    to_on: date | None = None
    standing: Standing | None = None
    method: Method | None = None
    source: Source | None = None
    posted: bool | None = None
    account: str = ""  # an account's public key
    before: str = ""

    @property
    def everything(self) -> bool:
        return self == Filter(before=self.before)


def conditions(staff: Staff, wanted: Filter, zone: str, now: datetime) -> tuple[Any, Any]:
    """Which payments and which waiting ones are asked for, whatever their standing."""
    accounts = _accounts(staff, wanted, now)
    posted = _fits(wanted, zone, Payment.paid_at, Payment.method)
    waiting = _fits(wanted, zone, WaitingPayment.received_at, CARD) & _came_by(wanted.source)
    if wanted.source:
        posted &= Payment.source == wanted.source
    if wanted.posted is not None:
        posted, waiting = (posted, SQL("0")) if wanted.posted else (SQL("0"), waiting)
    if accounts is not None:
        posted &= Payment.account.in_(accounts)
        waiting &= WaitingPayment.account.in_(accounts)
    return posted, waiting & WaitingPayment.payment.is_null()


def _came_by(source: Source | None) -> Any:
    """Of money that waits, whose source is told by how its attempt was begun."""
    if source is None:
        return SQL("1")
    ways = [way for way in Way if SOURCES.get(way, Source.PORTAL) == source]
    return WaitingPayment.attempt.in_(Attempt.select(Attempt.id).where(Attempt.way.in_(ways)))


def _accounts(staff: Staff, wanted: Filter, now: datetime) -> Any:
    """None when any account will do: asking for each payment's would cost the more the more there are."""
    found = staffing.accounts(staff, now)
    if wanted.text:
        found = found.where(matches(wanted.text))
    if wanted.account:
        found = found.where(Account.key == wanted.account)
    narrowed = wanted.text or wanted.account or staff.role == StaffRole.THERAPIST
    return found.select(Account.id) if narrowed else None


def _fits(wanted: Filter, zone: str, at: Any, method: Any) -> Any:
    return reduce(and_, _days_and_method(wanted, zone, at, method), SQL("1"))


def _days_and_method(wanted: Filter, zone: str, at: Any, method: Any) -> Iterator[Any]:
    if wanted.from_on:
        yield at >= midnight(wanted.from_on, zone)
    if wanted.to_on and wanted.to_on < date.max:
        yield at < midnight(wanted.to_on + timedelta(days=1), zone)
    if wanted.method:
        yield method == str(wanted.method)


def matches(text: str) -> Any:
    """Accounts whose number, guarantor or one of whose clients holds this text, letter case aside."""
    name = Client.first_name.concat(" ").concat(Client.last_name)
    people = AccountClient.select(AccountClient.account).join(Client).where(name.contains(text))
    return Account.number.contains(text) | Account.guarantor_name.contains(text) | Account.id.in_(people)


def midnight(day: date, zone: str) -> datetime:
    """The instant at which this day of the practice begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
