"""Many adjustments, insurance payments and transfers at once: the rules of `billing.charges`, tried in memory one after
the other on figures that are read once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from peewee import fn

from billing.charges import ADJUSTMENTS, TRANSFERS
from billing.entries import post_all
from billing.errors import Busy, allow, given
from billing.figures import ChargeFigures
from billing.ledger import charge_figures_of
from billing.stamp import Stamp
from choices import REVERSALS, DocumentType, EntryKind, Payer
from models import Document, DocumentCharge, Entry, db
from money import Cents

AT_ONCE = 500  # charges in one question
REVERSED_BY = {kind: undo for undo, kind in REVERSALS.items()}
GONE = "void"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Change:
    """One entry to come on a charge: an adjustment, an insurance payment or a transfer of `amount` cents.

    `on` is the day it counts on; the day of posting for None, and where that day is closed (`_first_days`).
    """

    charge: int
    kind: EntryKind
    amount: Cents
    on: date | None
    category: str = ""  # of an adjustment or transfer; the plan of an insurance payment
    reason: str = ""
    reference: str = ""


def figures_of(ids: Iterable[int]) -> dict[int, ChargeFigures]:
    """Charge id -> its figures, read now."""
    wanted = sorted(set(ids))
    parts = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return {row.charge.id: row for part in parts for row in charge_figures_of(part)}


def room(row: ChargeFigures, kind: EntryKind) -> tuple[Cents, Cents]:
    """The most an entry of this kind may take, and how much of that no payment under way has reserved."""
    if row.charge.payer != Payer.CLIENT:
        return row.pending, row.pending
    return (row.open, row.open - row.reserved) if kind == EntryKind.ADJUSTMENT else (0, 0)


def after(row: ChargeFigures, kind: EntryKind, amount: Cents) -> ChargeFigures:
    """The figures once such an entry is posted; below zero, once it is reversed."""
    if kind == EntryKind.INSURANCE_PAYMENT:
        return replace(row, insurance=row.insurance + amount)
    if kind == EntryKind.TRANSFER:
        return replace(row, moved=row.moved + amount)
    return replace(row, adjusted=row.adjusted + amount)


def post_changes(changes: list[Change], stamp: Stamp) -> list[int]:
    """Post them in this order, each on what those before it leave, all or none; returns the ids of the entries.

    Raises:
        Busy, NotAllowed, ReasonMissing: as the commands of `billing.charges`.
    """
    with db.atomic():
        figures = figures_of(each.charge for each in changes)
        for each in changes:
            figures[each.charge] = _allowed(figures[each.charge], each)
        first = _first_days(figures)
        days = [each.on if each.on and each.on >= first[each.charge] else stamp.on for each in changes]
        return post_all([_entry(each, figures[each.charge], on) for each, on in zip(changes, days, strict=True)], stamp)


def reverse_all(ids: list[int], reason: str, stamp: Stamp) -> None:
    """Reverse what is left of these entries, all or none. Raises NotAllowed when something stands on one."""
    with db.atomic():
        allow(not {why for why in standing(ids).values() if why != GONE})
        entries = _newest_first(ids)
        left = _left(entries)
        post_all([_reversal(each, left[each.id]) for each in entries if left[each.id]], stamp, given(reason))


def standing(ids: list[int]) -> dict[int, str]:
    """Entry id -> why it cannot be reversed: void, reversed, paper, busy or money. Nothing for one that can.

    Tried as it would be done, the latest first, each on what is then left.
    """
    entries, found = _newest_first(ids), {}
    figures = figures_of(each.charge_id for each in entries)
    listed, left = _listed([each.charge_id for each in entries]), _left(entries)
    for entry in entries:
        row = figures[entry.charge_id]
        then = after(row, entry.kind, -entry.amount)
        if why := _why(entry, left[entry.id], then, any(at >= entry.at for at in listed.get(entry.charge_id, ()))):
            found[entry.id] = why
        else:
            figures[entry.charge_id] = then
    return found


def _allowed(row: ChargeFigures, change: Change) -> ChargeFigures:
    most, free = room(row, change.kind)
    if change.kind == EntryKind.ADJUSTMENT:
        allow(change.category in ADJUSTMENTS)
        given(change.reason)
    if change.kind == EntryKind.TRANSFER:
        allow(change.category in TRANSFERS)
    if free < change.amount <= most:
        raise Busy()
    allow(0 < change.amount <= most)
    return after(row, change.kind, change.amount)


def _why(entry: Entry, left: Cents, then: ChargeFigures, on_paper: bool) -> str:
    reasons = {
        GONE: not left,
        "reversed": left != entry.amount,
        "paper": on_paper,
        "busy": 0 <= then.open < then.reserved,
        "money": then.open < 0,
    }
    return next((why for why, so in reasons.items() if so), "")


def _listed(charges: list[int]) -> dict[int, list[Any]]:
    """Charge id -> when papers that list it were issued."""
    found: dict[int, list[Any]] = {}
    rows = DocumentCharge.select(DocumentCharge.charge, Document.issued_at).join(Document)
    for charge, at in rows.where(DocumentCharge.charge.in_(charges)).tuples():
        found.setdefault(charge, []).append(at)
    return found


def _left(entries: list[Entry]) -> dict[int, Cents]:
    """Entry id -> what reversals have not yet taken back."""
    undone = Entry.select(Entry.names, fn.SUM(Entry.amount)).where(Entry.names.in_([each.id for each in entries]))
    taken = dict(undone.group_by(Entry.names).tuples())
    return {each.id: each.amount - taken.get(each.id, 0) for each in entries}


def _newest_first(ids: list[int]) -> list[Entry]:
    return list(Entry.select().where(Entry.id.in_(ids)).order_by(Entry.id.desc()))


def _first_days(rows: Mapping[int, ChargeFigures]) -> dict[int, date]:
    """Charge id -> the first day on which something may count on it: not before itself, nor on a day that a statement
    of its account has told, which the next one goes on from.
    """
    begun = Entry.select(Entry.charge, fn.MIN(Entry.on)).where(Entry.charge.in_(list(rows))).group_by(Entry.charge)
    told = Document.select(Document.account, fn.MAX(Document.to_on)).where(Document.type == DocumentType.STATEMENT)
    told = told.where(Document.account.in_({row.charge.account_id for row in rows.values()})).group_by(Document.account)
    last = dict(told.tuples())
    return {id: max(day, last.get(rows[id].charge.account_id, day - DAY) + DAY) for id, day in begun.tuples()}


def _entry(change: Change, row: ChargeFigures, on: date) -> dict[str, Any]:
    return {
        "kind": change.kind, "account": row.charge.account_id, "charge": change.charge, "amount": change.amount,
        "category": change.category, "reason": change.reason, "reference": change.reference, "on": on,
    }  # fmt: skip


def _reversal(entry: Entry, left: Cents) -> dict[str, Any]:
    return {
        "kind": REVERSED_BY[entry.kind], "account": entry.account_id, "charge": entry.charge_id, "names": entry.id,
        "amount": left,
    }  # fmt: skip
