"""The practice's list of money received: posted payments and those that wait, filtered and summed in the database."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import SQL, Case, Value, fn

from billing.payment_filters import CARD, conditions
from billing.payment_filters import Filter as Filter
from billing.payment_filters import Standing as Standing
from billing.payment_filters import matches as matches
from billing.payment_filters import midnight as midnight
from choices import BACK, DepositLineKind, EntryKind, Method, StaffRole, words
from models import (
    Account,
    Attempt,
    DepositLine,
    Entry,
    MonthTotal,
    Payment,
    Staff,
    WaitingPayment,
)
from money import Cents

PER_PAGE = 50
DAYS = 90
MANY = 10_000
K = EntryKind


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
class Sums:
    """Amounts in cents; `count` is None where counting would cost the more the more there are."""

    count: int | None
    amount: Cents
    back: Cents


@dataclass(frozen=True)
class Listing:
    """One page of the list; `older` is the key below which the next one begins, empty when none follows.

    `sums` are of the whole list, and stand on its first page.
    """

    rows: list[Received]
    older: str
    sums: Sums | None


def opening(today: date, zone: str) -> date:
    """The first day to list when nothing else is asked for: so long ago, or later where very many came since."""
    last = Payment.select(Payment.paid_at).order_by(Payment.paid_at.desc()).offset(MANY - 1).first()
    first = today - timedelta(days=DAYS)
    return max(first, last.paid_at.astimezone(ZoneInfo(zone)).date()) if last else first


def listing(staff: Staff, wanted: Filter, zone: str, now: datetime) -> Listing:
    """The money this person may see now, newest first, in as many queries however much there is."""
    posted, waiting = conditions(staff, wanted, zone, now)
    sums = None if wanted.before else _sums(staff, wanted, posted, waiting)
    below = _below(wanted.before) if wanted.before else None
    if below:
        posted, waiting = posted & below[0], waiting & below[1]
    rows, kept = _received(posted if wanted.standing else _newest(posted), waiting, wanted.standing)
    columns = [getattr(rows.c, name) for name in Received.__dataclass_fields__]
    order = rows.c.at.desc(), rows.c.waits.desc(), rows.c.id.desc()
    found = list(rows.select_from(*columns).where(kept).order_by(*order).limit(PER_PAGE + 1).tuples())
    shown = [_row(row) for row in found[:PER_PAGE]]
    return Listing(shown, shown[-1].key if len(found) > PER_PAGE else "", sums)


def any_at_all(staff: Staff, now: datetime) -> bool:
    """Whether this person would see any money if they asked for all."""
    posted, waiting = conditions(staff, Filter(), "UTC", now)
    return Payment.select().where(posted).exists() or WaitingPayment.select().where(waiting).exists()


def _below(key: str) -> tuple[Any, Any] | None:
    """What comes after the row with this key, of posted money and of money that waits; None when no row has it.

    A row that was posted since the page was made is found by its attempt.
    """
    paid = Payment.get_or_none(Payment.key == key) or Payment.select().join(Attempt).where(Attempt.key == key).first()
    row = paid or WaitingPayment.select().join(Attempt).where(Attempt.key == key).first()
    if row is None:
        return None
    at = paid.paid_at if paid else row.received_at
    later = [Payment.id < row.id, SQL("0")] if paid else [SQL("1"), WaitingPayment.id < row.id]
    columns = (Payment.paid_at, WaitingPayment.received_at)
    posted, waiting = ((column <= at) & ((column < at) | same) for column, same in zip(columns, later, strict=True))
    return posted, waiting


def _sums(staff: Staff, wanted: Filter, posted: Any, waiting: Any) -> Sums:
    if wanted.everything and staff.role != StaffRole.THERAPIST:
        return _kept_sums(waiting)
    return Sums(*(_sums_of_standing(posted, waiting, wanted.standing) if wanted.standing else _added(posted, waiting)))


def _kept_sums(waiting: Any) -> Sums:
    """Of all there is, from what the database keeps by month."""
    received, back = MonthTotal.select(_total(MonthTotal.received), _total(MonthTotal.back)).tuples()[0]
    return Sums(None, received + WaitingPayment.select(_total(WaitingPayment.amount)).where(waiting).scalar(), back)


def _added(posted: Any, waiting: Any) -> tuple[int, Cents, Cents]:
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


def _newest(posted: Any) -> Any:
    """The figures of one page are read, not those of all that fit."""
    order = Payment.paid_at.desc(), Payment.id.desc()
    return Payment.id.in_(Payment.select(Payment.id).where(posted).order_by(*order).limit(PER_PAGE + 1))


def _received(posted: Any, waiting: Any, standing: Standing | None) -> tuple[Any, Any]:
    """All such money, and which rows of it have this standing."""
    rows = (_posted(posted) + _waiting(waiting)).cte("received")
    return rows, (rows.c.standing == standing) if standing else SQL("1")


def _posted(which: Any) -> Any:
    sums = {kind: fn.SUM(Case(None, [(Entry.kind == kind, Entry.amount)], 0)) for kind in K}
    back = sums[K.REFUND] + sums[K.VOID] + sums[K.RETURN] + sums[K.CHARGEBACK] - sums[K.CHARGEBACK_WON]
    return (
        Payment.select(*_columns(Payment.paid_at, Payment, _standing(sums), back, Payment.method, Payment, 0))
        .join(Account).switch(Payment).join(Entry, on=Entry.payment == Payment.id)
        .where(which).group_by(Payment.id)
    )  # fmt: skip


def _waiting(which: Any) -> Any:
    columns = _columns(WaitingPayment.received_at, WaitingPayment, Value("waiting"), Value(0), CARD, Attempt, 1)
    return WaitingPayment.select(*columns).join(Account).switch(WaitingPayment).join(Attempt).where(which)


def _columns(at: Any, money: Any, standing: Any, back: Any, method: Any, card: Any, waits: int) -> list[Any]:
    """What `Received` holds, as the database keeps it, and the row's place among those of the same instant."""
    return [
        money.id.alias("id"), Value(waits).alias("waits"), at.alias("at"), card.key.alias("key"),
        standing.alias("standing"), money.amount.alias("amount"), back.alias("back"), method.alias("method"),
        card.card_brand.alias("brand"), card.card_last4.alias("card"), Account.key.alias("account_key"),
        Account.number.alias("number"), Account.guarantor_name.alias("guarantor"), Account.id.alias("account_id"),
    ]  # fmt: skip


_sale = (DepositLine.payment == Payment.id) & (DepositLine.kind == DepositLineKind.SALE)


def _standing(sums: dict[EntryKind, Any]) -> Any:
    refunded = sums[K.REFUND]
    cases = [
        (sums[K.CHARGEBACK] > sums[K.CHARGEBACK_WON], Standing.DISPUTED),
        (sums[K.RETURN] > 0, Standing.RETURNED),
        (sums[K.VOID] > 0, Standing.VOIDED),
        (refunded >= Payment.amount, Standing.REFUNDED),
        (refunded > 0, Standing.PART_REFUNDED),
        (fn.EXISTS(DepositLine.select(SQL("1")).where(_sale)), Standing.DEPOSITED),
        (sums[K.SETTLEMENT] > 0, Standing.SETTLED),
    ]
    return Case(None, [(when, Value(str(word))) for when, word in cases], Value(str(Standing.POSTED)))


def _row(found: tuple[Any, ...]) -> Received:
    at, key, standing, amount, back, method, *rest = found
    return Received(datetime.fromisoformat(at), key, Standing(standing), amount, back, Method(method), *rest)
