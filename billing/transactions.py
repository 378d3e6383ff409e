"""The practice's list of money received: posted payments and those that wait, filtered and summed in the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from peewee import SQL, Case, Value, fn

from billing import staffing
from models import (
    Account,
    AccountClient,
    Attempt,
    Client,
    Entry,
    EntryKind,
    Method,
    Payment,
    Staff,
    WaitingPayment,
)
from money import Cents

PER_PAGE = 50
K = EntryKind


class Standing(StrEnum):
    """What became of money received, in the order a person would ask."""

    WAITING = "waiting"
    POSTED = "posted"
    SETTLED = "settled"
    VOIDED = "voided"
    PART_REFUNDED = "part_refunded"
    REFUNDED = "refunded"
    RETURNED = "returned"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class Filter:
    """What to list. Dates are the practice's days of payment, both included; `text` is part of a name or number."""

    text: str = ""
    from_on: date | None = None
    to_on: date | None = None
    standing: Standing | None = None
    method: Method | None = None
    account: str = ""  # an account's public key
    page: int = 1


@dataclass(frozen=True)
class Received:
    """One line: money received, in cents, and how much of it went back."""

    at: datetime
    key: str
    standing: Standing
    amount: Cents
    back: Cents
    method: Method
    brand: str
    card: str
    account_key: str
    number: str
    guarantor: str


@dataclass(frozen=True)
class Listing:
    """One page of the list; count and sums are of the whole list."""

    rows: list[Received]
    count: int
    amount: Cents
    back: Cents
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PER_PAGE))


def listing(staff: Staff, wanted: Filter, zone: str) -> Listing:
    """The money this person may see, newest first, in two queries; a page beyond the last is the last."""
    rows = _received(staff, wanted, zone)
    kept = (rows.c.standing == wanted.standing) if wanted.standing else SQL("1")
    sums = fn.COUNT(rows.c.key), fn.COALESCE(fn.SUM(rows.c.amount), 0), fn.COALESCE(fn.SUM(rows.c.back), 0)
    count, amount, back = rows.select_from(*sums).where(kept).tuples()[0]
    page = min(max(wanted.page, 1), max(1, -(-count // PER_PAGE)))
    columns = [getattr(rows.c, name) for name in Received.__dataclass_fields__]
    query = rows.select_from(*columns).where(kept).order_by(rows.c.at.desc(), rows.c.key).paginate(page, PER_PAGE)
    return Listing([_row(found) for found in query.tuples()], count, amount, back, page)


def _received(staff: Staff, wanted: Filter, zone: str) -> Any:
    return (_posted(staff, wanted, zone) + _waiting(staff, wanted, zone)).cte("received")


def _posted(staff: Staff, wanted: Filter, zone: str) -> Any:
    sums = {kind: fn.SUM(Case(None, [(Entry.kind == kind, Entry.amount)], 0)) for kind in K}
    back = sums[K.REFUND] + sums[K.VOID] + sums[K.RETURN] + sums[K.CHARGEBACK] - sums[K.CHARGEBACK_WON]
    return (
        Payment.select(*_columns(Payment.paid_at, Payment, _standing(sums), back, Payment.method, Payment))
        .join(Account).switch(Payment).join(Entry, on=Entry.payment == Payment.id)
        .where(*_conditions(staff, wanted, zone, Payment.paid_at, Payment.method))
        .group_by(Payment.id)
    )  # fmt: skip


def _waiting(staff: Staff, wanted: Filter, zone: str) -> Any:
    # Money that waits came through the portal, by card.
    card = Value(str(Method.CARD))
    received = WaitingPayment.received_at
    return (
        WaitingPayment.select(*_columns(received, WaitingPayment, Value("waiting"), Value(0), card, Attempt))
        .join(Account).switch(WaitingPayment).join(Attempt)
        .where(WaitingPayment.payment.is_null(), *_conditions(staff, wanted, zone, received, card))
    )  # fmt: skip


def _columns(at: Any, money: Any, standing: Any, back: Any, method: Any, card: Any) -> list[Any]:
    """In the order of `Received`, as the database keeps them."""
    return [
        at.alias("at"), card.key.alias("key"), standing.alias("standing"), money.amount.alias("amount"),
        back.alias("back"), method.alias("method"), card.card_brand.alias("brand"), card.card_last4.alias("card"),
        Account.key.alias("account_key"), Account.number.alias("number"), Account.guarantor_name.alias("guarantor"),
    ]  # fmt: skip


def _standing(sums: dict[EntryKind, Any]) -> Any:
    refunded = sums[K.REFUND]
    cases = [
        (sums[K.CHARGEBACK] > sums[K.CHARGEBACK_WON], Standing.DISPUTED),
        (sums[K.RETURN] > 0, Standing.RETURNED),
        (sums[K.VOID] > 0, Standing.VOIDED),
        (refunded >= Payment.amount, Standing.REFUNDED),
        (refunded > 0, Standing.PART_REFUNDED),
        (sums[K.SETTLEMENT] > 0, Standing.SETTLED),
    ]
    return Case(None, [(when, Value(str(word))) for when, word in cases], Value(str(Standing.POSTED)))


def _conditions(staff: Staff, wanted: Filter, zone: str, at: Any, method: Any) -> Iterator[Any]:
    yield Account.id.in_(staffing.accounts(staff).select(Account.id))
    if wanted.text:
        yield matches(wanted.text)
    if wanted.account:
        yield Account.key == wanted.account
    if wanted.from_on:
        yield at >= _midnight(wanted.from_on, zone)
    if wanted.to_on and wanted.to_on < date.max:
        yield at < _midnight(wanted.to_on + timedelta(days=1), zone)
    if wanted.method:
        yield method == str(wanted.method)


def matches(text: str) -> Any:
    """Accounts whose number, guarantor or one of whose clients holds this text, letter case aside."""
    name = Client.first_name.concat(" ").concat(Client.last_name)
    people = AccountClient.select(AccountClient.account).join(Client).where(name.contains(text))
    return Account.number.contains(text) | Account.guarantor_name.contains(text) | Account.id.in_(people)


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _row(found: tuple[Any, ...]) -> Received:
    at, key, standing, amount, back, method, *rest = found
    return Received(datetime.fromisoformat(at), key, Standing(standing), amount, back, Method(method), *rest)
