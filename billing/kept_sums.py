"""The sums that the database keeps by itself (migrations/sums.py) against those of the ledger."""

from collections.abc import Iterator, Mapping
from typing import Any

from peewee import Case, fn

from billing.figures import ChargeFigures, PaymentFigures
from choices import BACK, EntryKind, Payer
from models import Entry, MonthTotal, OpenCharge, OpenCredit, OpenDay

K = EntryKind


def differences(charges: list[ChargeFigures], payments: list[PaymentFigures]) -> Iterator[str]:
    """A sentence for each sum that is wrong, given the figures of every charge and payment; in six queries."""
    kept = OpenCharge.charge_id, OpenCharge.account_id, OpenCharge.open, OpenCharge.pending, OpenCharge.since
    for id in _unequal(_by_first(OpenCharge.select(*kept)), _open(charges)):
        yield f"Charge {id}: the database's own sum of what is open is wrong."
    days = OpenDay.select(OpenDay.since, OpenDay.charges, OpenDay.open, OpenDay.pending)
    for day in _unequal(_by_first(days), _by_first(_days())):
        yield f"Day {day}: the database's own sum of what is open since then is wrong."
    unapplied = {row.payment.id: (row.payment.account_id, row.unapplied) for row in payments if row.unapplied}
    credit = OpenCredit.select(OpenCredit.payment_id, OpenCredit.account_id, OpenCredit.unapplied)
    for id in _unequal(_by_first(credit), unapplied):
        yield f"Payment {id}: the database's own sum of what is unapplied is wrong."
    months = MonthTotal.select(MonthTotal.month, MonthTotal.received, MonthTotal.back)
    for month in _unequal(_by_first(months), _by_first(_months())):
        yield f"Month {month}: the database's own sum of what came in and went back is wrong."


def _unequal(kept: Mapping[Any, Any], found: Mapping[Any, Any]) -> list[Any]:
    return sorted(key for key in kept.keys() | found.keys() if kept.get(key) != found.get(key))


def _by_first(query: Any) -> dict[Any, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in query.tuples()}


def _open(charges: list[ChargeFigures]) -> dict[int, tuple[Any, ...]]:
    """Charge id -> what its row of `OpenCharge` must hold; a client's part arises with the charge, or a transfer."""
    first = Entry.select(Entry.charge_id, Entry.kind, fn.MIN(Entry.on)).where(Entry.kind.in_([K.CHARGE, K.TRANSFER]))
    began = {(id, kind): on for id, kind, on in first.group_by(Entry.charge, Entry.kind).tuples()}
    arises = {Payer.CLIENT: K.CHARGE, Payer.INSURANCE: K.TRANSFER}
    found = {}
    for row in charges:
        since = began.get((row.charge.id, arises[row.charge.payer]))
        if row.open or row.pending:
            found[row.charge.id] = (row.charge.account_id, row.open, row.pending, since)
    return found


def _days() -> Any:
    """What must be open since each day, given that each charge's own sum is right."""
    since = fn.IFNULL(OpenCharge.since, "").coerce(False)
    sums = fn.COUNT(OpenCharge.id), fn.SUM(OpenCharge.open), fn.SUM(OpenCharge.pending)
    return OpenCharge.select(since, *sums).group_by(since)


def _months() -> Any:
    month = fn.SUBSTR(Entry.on, 1, 7)
    received = Case(Entry.kind, [(K.PAYMENT, Entry.amount)], 0)
    back = Case(Entry.kind, [(K.CHARGEBACK_WON, 0 - Entry.amount), (K.PAYMENT, 0)], Entry.amount)
    query = Entry.select(month.coerce(False), fn.SUM(received), fn.SUM(back))
    return query.where(Entry.kind.in_([K.PAYMENT, *BACK])).group_by(month)
