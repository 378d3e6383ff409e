"""Rows of adjustments, insurance payments and transfers. They apply in the order of the file, each on what is left."""

from dataclasses import replace
from datetime import date
from typing import Any

from peewee import fn

from billing import changes, charges
from billing.changes import Change
from billing.figures import ChargeFigures
from billing.ledger import charge_figures_of, left_of
from billing.stamp import Stamp
from choices import EntryKind, ImportKind, Payer
from exchange import cells
from exchange.cells import Refused
from exchange.known import WHO, Known
from exchange.mapping import Column
from exchange.rows import Row, hashed
from models import Charge, Entry, Imported
from money import Cents, format_dollars

INSURANCE = "insurance_payment"
UNDONE = "import undone"
AGAIN = "import: posted again as the file says now"
COLUMNS = (
    Column("entry_id", cells.text(64)),
    Column("charge_id", cells.text(64)),
    Column("account_id", cells.text(64)),
    Column("client_id", cells.text(64)),
    Column("client_name", cells.text(161)),
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
NEEDED = (("account_id", "client_name"), ("service_date",))  # by which a service without an id is found
DAY = "date"
KEY = ("charge_id", "account_id", "client_id", "first_name", "last_name", "service_date", "type", "date", "reference")
EXAMPLE = {
    "entry_id": "A-501", "charge_id": "V-1001", "type": "courtesy", "amount": "20.00", "date": "2026-10-20",
    "reason": "Agreed on the phone", "plan": "", "reference": "",
}  # fmt: skip


def resolve(row: Row, known: Known) -> None:
    """Which charge, and what is done to it."""
    values = row.values
    if values.get("type") in charges.ADJUSTMENTS and "reason" not in values and row.sound("reason"):
        row.refuse("reason", "empty")
    charge = _charge(row, known)
    if charge is None or not row.sound("type", "amount", "date"):
        return
    row.facts["change"] = _change(charge, values)
    row.content = hashed(charge, values["type"], values["amount"], str(values["date"]))


def together(rows: list[Row], known: Known) -> None:
    """Try each on what the rows before it leave; one that was refused for something else takes nothing."""
    tried = [row for row in rows if "change" in row.facts and (row.writes or row.problems)]
    figures = changes.figures_of(row.facts["change"].charge for row in tried)
    for row in tried:
        change: Change = row.facts["change"]
        stands = _without(figures[change.charge], row.stands)
        row.ask("amount", _fits, stands, change)
        if not row.problems:
            then = changes.after(stands, change.kind, change.amount)
            row.account, row.effect = then.charge.account_id, then.open - figures[change.charge].open
            figures[change.charge] = then


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    """Post them in the order of the file; those that are posted again are reversed first, both on one day."""
    old = [int(row.stands.split(":")[1]) for row in rows if row.stands]
    changes.reverse_all(old, AGAIN, stamp)
    wanted = [replace(row.facts["change"], on=None) if row.stands else row.facts["change"] for row in rows]
    return [f"entry:{id}" for id in changes.post_changes(wanted, stamp)]


def undo(ids: list[int], stamp: Stamp) -> None:
    """Reverse them, the latest first."""
    changes.reverse_all(ids, UNDONE, stamp)


def restore(ids: list[int], stamp: Stamp) -> list[int]:
    """Post anew what stood there before, on the day on which what took its place is reversed."""
    old = {each.id: each for each in Entry.select().where(Entry.id.in_(ids))}
    return changes.post_changes([_as_it_was(old[id]) for id in ids], stamp)


def standing(ids: list[int]) -> dict[int, str]:
    """Entry id -> what stands on it, and so forbids to undo."""
    return changes.standing(ids)


def replaced(id: int) -> Cents:
    """Nothing: `together` sees what is left once it is reversed."""
    return 0


def between(first: date, last: date) -> Any:
    """The entries of these days, as `Imported.made` names them."""
    posted = Entry.kind.in_(list(changes.REVERSED_BY)) & Entry.on.between(first, last)
    return Entry.select(fn.PRINTF("entry:%d", Entry.id)).where(posted)


def said(id: int) -> str:
    """What stands there, in a few words."""
    entry = Entry.get_by_id(id)
    return f"{format_dollars(entry.amount)}, {entry.on.isoformat()}"


def _change(charge: int, values: dict[str, Any]) -> Change:
    """The entry a row asks for."""
    type, on = values["type"], values["date"]
    if type == INSURANCE:
        plan, reference = values.get("plan", ""), values.get("reference", "")
        return Change(charge, EntryKind.INSURANCE_PAYMENT, values["amount"], on, plan, reference=reference)
    if type in charges.TRANSFERS:
        return Change(charge, EntryKind.TRANSFER, values["amount"], on, type)
    return Change(charge, EntryKind.ADJUSTMENT, values["amount"], on, type, values.get("reason", ""))


def _as_it_was(entry: Entry) -> Change:
    said = (entry.category, entry.reason, entry.reference)
    return Change(entry.charge_id, entry.kind, entry.amount, None, *said)


def _charge(row: Row, known: Known) -> int | None:
    """By its own id, else by account, client and day; None with whatever was refused."""
    values, found = row.values, None
    if external := values.get("charge_id"):
        found = row.ask("charge_id", _by_id, external, row.facts["source"])
    elif row.sound("charge_id", *WHO) and _nothing_named(row):
        row.refuse("charge_id", "empty")
    elif row.sound("charge_id"):
        client = row.ask("client_id", known.client, values, of=WHO)
        account = row.ask("account_id", known.account_for, values, client)
        if account and client and "service_date" in values:
            found = row.ask("charge_id", _of_day, account, client, values["service_date"])
    return found


def _nothing_named(row: Row) -> bool:
    """Whether it does not say whose service it is, or of which day."""
    return any(row.sound(*names) and not any(row.values.get(name) for name in names) for names in NEEDED)


def _of_day(account: int, client: int, day: date) -> int:
    """The only one that stands. Raises Refused."""
    which = (Charge.account == account) & (Charge.client == client) & (Charge.service_date == day)
    met = charge_figures_of(each.id for each in Charge.select(Charge.id).where(which))
    found = [row.charge.id for row in met if row.gross]
    if len(found) != 1:
        raise Refused("several_charges" if found else "unknown_charge", value=day.isoformat())
    return int(found[0])


def _by_id(external: str, source: str) -> int:
    """As files of this source name it; else as the only other source does that knows the id."""
    which = (Imported.kind == ImportKind.CHARGES) & Imported.undone_at.is_null()
    found = Imported.select(Imported.source, Imported.made).where(
        which & (Imported.identity_sha256 == hashed("id", external))
    )
    made = dict(found.tuples())
    charge = made.get(source) or ("".join(made.values()) if len(made) == 1 else "")
    if not charge:
        raise Refused("unknown_charge", value=external)
    return int(charge.split(":")[1])


def _fits(row: ChargeFigures, change: Change) -> None:
    """At most what is open, or pending with a plan; what a payment under way has reserved is not free."""
    if row.charge.payer == Payer.CLIENT and change.kind != EntryKind.ADJUSTMENT:
        raise Refused("client_pays")
    most, free = changes.room(row, change.kind)
    if free < change.amount <= most:
        raise Refused("in_progress")
    if change.amount > most:
        raise Refused("over_open", amount=format_dollars(change.amount), max=format_dollars(most))


def _without(row: ChargeFigures, stands: str) -> ChargeFigures:
    """The charge as if what stands there were reversed already."""
    if not stands:
        return row
    entry = Entry.get_by_id(int(stands.split(":")[1]))
    return changes.after(row, entry.kind, -left_of(entry)) if entry.charge_id == row.charge.id else row
