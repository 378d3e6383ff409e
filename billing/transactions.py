"""The practice's list of money received: posted payments and those that wait, filtered and summed in the database."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import reduce
from operator import and_
from typing import Any
from zoneinfo import ZoneInfo

from peewee import SQL, Case, Value, fn

from billing import staffing
from choices import BACK, EntryKind, Method, StaffRole, words
from models import Account, AccountClient, Attempt, Client, Entry, Payment, Staff, WaitingPayment
from money import Cents

PER_PAGE = 50
DAYS = 90
MANY = 10_000
K = EntryKind
CARD = Value(str(Method.CARD))  # money that waits came through the portal, by card


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
    account_id: int


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


def opening(today: date, zone: str) -> date:
    """The first day to list when nothing else is asked for: so long ago, or later where very many came since."""
    last = Payment.select(Payment.paid_at).order_by(Payment.paid_at.desc()).offset(MANY - 1).first()
    first = today - timedelta(days=DAYS)
    return max(first, last.paid_at.astimezone(ZoneInfo(zone)).date()) if last else first


def listing(staff: Staff, wanted: Filter, zone: str, now: datetime) -> Listing:
    """The money this person may see now, newest first, in four queries; a page beyond the last is the last."""
    posted, waiting = _conditions(staff, wanted, zone, now)
    sums = _sums_of_standing(posted, waiting, wanted.standing) if wanted.standing else _sums(posted, waiting)
    page = min(max(wanted.page, 1), max(1, -(-sums[0] // PER_PAGE)))
    first = posted if wanted.standing else _newest(posted, page * PER_PAGE)
    rows, kept = _received(first, waiting, wanted.standing)
    columns = [getattr(rows.c, name) for name in Received.__dataclass_fields__]
    query = rows.select_from(*columns).where(kept).order_by(rows.c.at.desc(), rows.c.id.desc())
    return Listing([_row(found) for found in query.paginate(page, PER_PAGE).tuples()], *sums, page)


def _sums(posted: Any, waiting: Any) -> tuple[int, Cents, Cents]:
    """Count, amount and what went back, without the standing of each: from indexes alone where nothing narrows."""
    sums = fn.COUNT(SQL("*")), _total(Payment.amount), fn.MIN(Payment.id)
    count, amount, first = Payment.select(*sums).where(posted).tuples()[0]
    more, still = WaitingPayment.select(fn.COUNT(SQL("*")), _total(WaitingPayment.amount)).where(waiting).tuples()[0]
    signed = Case(Entry.kind, [(K.CHARGEBACK_WON, 0 - Entry.amount)], Entry.amount)
    # The words of the index `entry_back`, which is not used for others.
    entries = SQL(f"kind IN ({words(BACK)})") & (Entry.payment_id >= first)
    found = fn.EXISTS(Payment.select(SQL("1")).where((Payment.id == Entry.payment_id) & posted))
    return count + more, amount + still, Entry.select(_total(signed)).where(entries & found).scalar()


def _sums_of_standing(posted: Any, waiting: Any, standing: Standing) -> tuple[int, Cents, Cents]:
    rows, kept = _received(posted, waiting, standing)
    sums = rows.select_from(fn.COUNT(rows.c.id), _total(rows.c.amount), _total(rows.c.back)).where(kept)
    count, amount, back = sums.tuples()[0]
    return count, amount, back


def _total(amounts: Any) -> Any:
    return fn.COALESCE(fn.SUM(amounts), 0)


def _newest(posted: Any, count: int) -> Any:
    """The figures of a few are read, not those of all that fit."""
    return Payment.id.in_(
        Payment.select(Payment.id).where(posted).order_by(Payment.paid_at.desc(), Payment.id.desc()).limit(count)
    )


def _received(posted: Any, waiting: Any, standing: Standing | None) -> tuple[Any, Any]:
    """All such money, and which rows of it have this standing."""
    rows = (_posted(posted) + _waiting(waiting)).cte("received")
    return rows, (rows.c.standing == standing) if standing else SQL("1")


def _posted(which: Any) -> Any:
    sums = {kind: fn.SUM(Case(None, [(Entry.kind == kind, Entry.amount)], 0)) for kind in K}
    back = sums[K.REFUND] + sums[K.VOID] + sums[K.RETURN] + sums[K.CHARGEBACK] - sums[K.CHARGEBACK_WON]
    return (
        Payment.select(*_columns(Payment.paid_at, Payment, _standing(sums), back, Payment.method, Payment))
        .join(Account).switch(Payment).join(Entry, on=Entry.payment == Payment.id)
        .where(which).group_by(Payment.id)
    )  # fmt: skip


def _waiting(which: Any) -> Any:
    columns = _columns(WaitingPayment.received_at, WaitingPayment, Value("waiting"), Value(0), CARD, Attempt)
    return WaitingPayment.select(*columns).join(Account).switch(WaitingPayment).join(Attempt).where(which)


def _columns(at: Any, money: Any, standing: Any, back: Any, method: Any, card: Any) -> list[Any]:
    """What `Received` holds, as the database keeps it, and the row's number."""
    return [
        money.id.alias("id"), at.alias("at"), card.key.alias("key"), standing.alias("standing"),
        money.amount.alias("amount"), back.alias("back"), method.alias("method"), card.card_brand.alias("brand"),
        card.card_last4.alias("card"), Account.key.alias("account_key"), Account.number.alias("number"),
        Account.guarantor_name.alias("guarantor"), Account.id.alias("account_id"),
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


def _conditions(staff: Staff, wanted: Filter, zone: str, now: datetime) -> tuple[Any, Any]:
    """Which payments and which waiting ones are asked for, whatever their standing."""
    accounts = _accounts(staff, wanted, now)
    posted = _fits(wanted, zone, Payment.paid_at, Payment.method)
    waiting = _fits(wanted, zone, WaitingPayment.received_at, CARD)
    if accounts is not None:
        posted &= Payment.account.in_(accounts)
        waiting &= WaitingPayment.account.in_(accounts)
    return posted, waiting & WaitingPayment.payment.is_null()


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


def _row(found: tuple[Any, ...]) -> Received:
    at, key, standing, amount, back, method, *rest = found
    return Received(datetime.fromisoformat(at), key, Standing(standing), amount, back, Method(method), *rest)
