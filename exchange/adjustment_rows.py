"""Rows of adjustments, insurance payments and transfers. They apply in the order of the file, each on what is left."""

from dataclasses import replace
from datetime import date
from typing import Any

from peewee import fn

from billing import charges
from billing.figures import ChargeFigures
from billing.ledger import charge_figures_of, left_of
from billing.stamp import Stamp
from choices import EntryKind, ImportKind, Payer
from exchange import cells
from exchange.cells import Refused
from exchange.known import Known
from exchange.mapping import Column
from exchange.rows import Row, hashed
from models import Charge, Document, DocumentCharge, Entry, Imported
from money import Cents, format_dollars

INSURANCE = "insurance_payment"
UNDONE = "import undone"
AGAIN = "import: posted again as the file says now"
COLUMNS = (
    Column("entry_id", cells.text(64)),
    Column("charge_id", cells.text(64)),
    Column("account_id", cells.text(64)),
    Column("client_id", cells.text(64)),
    Column("first_name", cells.text(80)),
    Column("last_name", cells.text(80)),
    Column("date_of_birth", cells.past_day, dated=True),
    Column("service_date", cells.past_day, dated=True),
    Column("type", cells.word(*charges.ADJUSTMENTS, INSURANCE, *charges.TRANSFERS), required=True),
    Column("amount", cells.price, required=True),
    Column("date", cells.past_day, required=True, dated=True),
    Column("reason", cells.text(200)),
    Column("plan", cells.text(120)),
    Column("reference", cells.text(120)),
)
EITHER = (("charge_id", "service_date"),)
DAY = "date"
KEY = ("charge_id", "account_id", "client_id", "first_name", "last_name", "service_date", "type", "date", "reference")
EXAMPLE = {
    "entry_id": "A-501", "charge_id": "V-1001", "type": "courtesy", "amount": "20.00", "date": "2026-10-20",
    "reason": "Agreed on the phone", "plan": "", "reference": "",
}  # fmt: skip


def resolve(row: Row, known: Known) -> None:
    """Which charge, and what is done to it."""
    values = row.values
    if values["type"] in charges.ADJUSTMENTS and not values.get("reason"):
        row.refuse("reason", "empty")
    charge = row.ask("charge_id", _charge, values, known, row.facts.get("source", ""))
    if charge is None:
        return
    names = ("type", "amount", "date", "reason", "plan", "reference")
    row.facts = {"charge": charge, **{name: values.get(name, "") for name in names}}
    row.content = hashed(charge, values["type"], values["amount"], str(values["date"]))


def together(rows: list[Row], known: Known) -> None:
    """Try each on what the rows before it leave."""
    waiting = [row for row in rows if row.facts.get("charge") and row.writes and not row.problems]
    figures = _figures({row.facts["charge"] for row in waiting})
    for row in waiting:
        before = figures[row.facts["charge"]]
        if row.stands:
            before = _without(before, int(row.stands.split(":")[1]))
        row.ask("amount", _fits, before, row.facts)
        if not row.problems:
            after = figures[row.facts["charge"]] = _after(before, row.facts["type"], row.facts["amount"])
            row.account, row.effect = before.charge.account_id, after.open - before.open


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    """Post them one after the other; those that are posted again are reversed first."""
    return [f"entry:{_posted(row, stamp).id}" for row in rows]


def undo(ids: list[int], stamp: Stamp) -> None:
    """Reverse what is left of them, the latest first."""
    for id in sorted(ids, reverse=True):
        _reverse(Entry.get_by_id(id), UNDONE, stamp)


def restore(ids: list[int], stamp: Stamp) -> list[int]:
    """Post anew what stood there before."""
    old = {each.id: each for each in Entry.select().where(Entry.id.in_(ids))}
    return [_again(old[id], stamp).id for id in ids]


def standing(ids: list[int]) -> dict[int, str]:
    """Entry id -> why it cannot be undone. Tried in the order in which it would be done, each on what is then left."""
    entries = {each.id: each for each in Entry.select().where(Entry.id.in_(ids))}
    figures, found = _figures({each.charge_id for each in entries.values()}), {}
    for id in sorted(entries, reverse=True):
        entry = entries[id]
        row = figures[entry.charge_id]
        why = _why(entry, row)
        if why:
            found[id] = why
        else:
            figures[entry.charge_id] = _after(row, _type(entry), -entry.amount)
    return found


def replaced(id: int) -> Cents:
    """Nothing: `together` sees what is left once it is reversed."""
    return 0


def between(first: date, last: date) -> Any:
    """The entries of these days, as `Imported.made` names them."""
    posted = Entry.kind.in_(list(REVERSE)) & Entry.on.between(first, last)
    return Entry.select(fn.PRINTF("entry:%d", Entry.id)).where(posted)


def said(id: int) -> str:
    """What stands there, in a few words."""
    entry = Entry.get_by_id(id)
    return f"{format_dollars(entry.amount)}, {entry.on.isoformat()}"


def _charge(values: dict[str, Any], known: Known, source: str) -> int:
    """By its own id, else by account, client and day, which must meet exactly one that stands."""
    if external := values.get("charge_id"):
        return _by_id(external, source)
    if not values.get("account_id") or not values.get("service_date"):
        raise Refused("empty")
    account, client, day = known.account(values["account_id"]), known.client(values), values["service_date"]
    which = (Charge.account == account) & (Charge.client == client) & (Charge.service_date == day)
    met = charge_figures_of(each.id for each in Charge.select(Charge.id).where(which))
    found = [row.charge.id for row in met if row.gross]
    if len(found) != 1:
        raise Refused("several_charges" if found else "unknown_charge", value=day.isoformat())
    return int(found[0])


def _by_id(external: str, source: str) -> int:
    which = (Imported.kind == ImportKind.CHARGES) & (Imported.source == source) & Imported.undone_at.is_null()
    found = Imported.select(Imported.made).where(which & (Imported.identity_sha256 == hashed("id", external)))
    made = found.scalar()
    if not made:
        raise Refused("unknown_charge", value=external)
    return int(made.split(":")[1])


def _figures(ids: set[int]) -> dict[int, ChargeFigures]:
    found: dict[int, ChargeFigures] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), 500):
        found |= {row.charge.id: row for row in charge_figures_of(wanted[start : start + 500])}
    return found


def _fits(row: ChargeFigures, facts: dict[str, Any]) -> None:
    """At most what is open, or pending with a plan; what a payment under way has reserved is not free."""
    client_pays = row.charge.payer == Payer.CLIENT
    if client_pays and facts["type"] not in charges.ADJUSTMENTS:
        raise Refused("client_pays")
    most = row.open if client_pays else row.pending
    if client_pays and row.open - row.reserved < facts["amount"] <= row.open:
        raise Refused("in_progress")
    if facts["amount"] > most:
        raise Refused("over_open", amount=format_dollars(facts["amount"]), max=format_dollars(most))


def _after(row: ChargeFigures, type: str, amount: Cents) -> ChargeFigures:
    if type == INSURANCE:
        return replace(row, insurance=row.insurance + amount)
    if type in charges.TRANSFERS:
        return replace(row, moved=row.moved + amount)
    return replace(row, adjusted=row.adjusted + amount)


def _without(row: ChargeFigures, id: int) -> ChargeFigures:
    entry = Entry.get_by_id(id)
    return _after(row, _type(entry), -left_of(entry)) if entry.charge_id == row.charge.id else row


def _posted(row: Row, stamp: Stamp) -> Entry:
    facts, on = row.facts, replace(stamp, on=row.facts["date"])
    if row.stands:
        _reverse(Entry.get_by_id(int(row.stands.split(":")[1])), AGAIN, stamp)
    charge, amount, type = Charge.get_by_id(facts["charge"]), facts["amount"], facts["type"]
    if type == INSURANCE:
        return charges.record_insurance(charge, amount, facts["plan"], facts["reference"], on)
    if type in charges.TRANSFERS:
        return charges.transfer(charge, amount, type, on)
    return charges.adjust(charge, amount, type, facts["reason"], on)


def _again(old: Entry, stamp: Stamp) -> Entry:
    stamp = replace(stamp, on=old.on)
    if old.kind == EntryKind.INSURANCE_PAYMENT:
        return charges.record_insurance(old.charge, old.amount, old.category, old.reference, stamp)
    if old.kind == EntryKind.TRANSFER:
        return charges.transfer(old.charge, old.amount, old.category, stamp)
    return charges.adjust(old.charge, old.amount, old.category, old.reason, stamp)


REVERSE = {
    EntryKind.ADJUSTMENT: charges.reverse_adjustment,
    EntryKind.INSURANCE_PAYMENT: charges.reverse_insurance,
    EntryKind.TRANSFER: charges.reverse_transfer,
}


def _reverse(entry: Entry, reason: str, stamp: Stamp) -> None:
    if left := left_of(entry):
        REVERSE[entry.kind](entry, left, reason, stamp)


def _type(entry: Entry) -> str:
    return INSURANCE if entry.kind == EntryKind.INSURANCE_PAYMENT else str(entry.category)


def _why(entry: Entry, row: ChargeFigures) -> str:
    if (left := left_of(entry)) != entry.amount:
        return "reversed" if left else "void"
    later = (DocumentCharge.charge == row.charge) & (Document.issued_at >= entry.at)
    if DocumentCharge.select().join(Document).where(later).exists():
        return "paper"
    after = _after(row, _type(entry), -entry.amount)
    if row.reserved and after.open < row.reserved:
        return "busy"
    return "money" if after.open < 0 or after.pending < 0 else ""
