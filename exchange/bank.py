"""A bank's file: a day, a description, and one amount with its sign or two columns for in and out. A person names the
columns once; they are kept for files with the same header."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from billing.banking import Shown
from billing.notes import holds_card_number
from billing.stamp import Stamp
from choices import ImportKind
from exchange import cells
from exchange.cells import Way
from exchange.mapping import Column, Mapped, either, mapped, plain
from exchange.reading import Sheet, Unreadable
from exchange.rows import Problem, Row
from fields import canonical_json
from models import Mapping
from money import Cents

LONGEST = 300  # letters of a description


def description(value: str, way: Way) -> str:
    """What the bank wrote, cut short; figures that could be a card's number are not kept."""
    tidy = " ".join(value.split())[:LONGEST]
    return re.sub(r"\d", "#", tidy) if holds_card_number(tidy) else tidy


COLUMNS = (
    Column("date", cells.day, required=True, dated=True),
    Column("description", description),
    Column("amount", cells.dollars),
    Column("in", cells.dollars),
    Column("out", cells.dollars),
)
OFTEN = {
    "date": ("date", "postingdate", "posteddate", "postdate", "transactiondate", "fecha"),
    "description": ("description", "details", "memo", "payee", "name", "descripcion"),
    "amount": ("amount", "importe", "monto"),
    "in": ("credit", "credits", "deposit", "deposits", "creditamount", "moneyin", "in", "paidin"),
    "out": ("debit", "debits", "withdrawal", "withdrawals", "debitamount", "moneyout", "out", "paidout"),
}


@dataclass
class Statement:
    """The lines of a file. With `problems` nothing of it may be taken."""

    lines: list[Shown] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def guess(header: list[str]) -> dict[str, str]:
    """Field -> header, by what banks often call it; a signed amount makes in and out needless."""
    theirs = {plain(name): name for name in header if name}
    found = {name: next((theirs[each] for each in often if each in theirs), "") for name, often in OFTEN.items()}
    if found["amount"]:
        found |= {"in": "", "out": ""}
    return {name: header for name, header in found.items() if header}


def kept(sheet: Sheet) -> Mapping | None:
    """How files with this header are read, as a person named it before."""
    found: Mapping | None = Mapping.get_or_none((Mapping.kind == ImportKind.BANK) & (Mapping.name == _name(sheet)))
    return found


def keep(sheet: Sheet, columns: dict[str, str], order: str, stamp: Stamp) -> None:
    """Read files with this header so from now on."""
    facts = {"columns": columns, "options": {"order": order}, "by": stamp.by, "at": stamp.at}
    if not Mapping.update(facts).where(Mapping.name == _name(sheet)).execute():
        Mapping.create(name=_name(sheet), kind=ImportKind.BANK, **facts)


def read(sheet: Sheet, columns: dict[str, str], way: Way) -> Statement:
    """The lines of a bank's file; rows without any amount are left out.

    Raises:
        Unreadable: a column is not named, or not in the file; or in and out beside a signed amount.
    """
    places = mapped(COLUMNS, sheet.header, columns)
    either(places, [("amount", "in", "out")])
    if "amount" in places.places and {"in", "out"} & set(places.places):
        raise Unreadable("pr.rec.bank.both")
    statement = Statement()
    for record in sheet.records:
        row = Row(record.line, record.cells, places.names)
        line = _line(row, places, way)
        statement.problems += row.problems
        statement.lines += [line] if line else []
    return statement


def _line(row: Row, places: Mapped, way: Way) -> Shown | None:
    """None for a row without any amount, and for one where something is refused."""
    cents = {name: _cell(row, places, name, way) for name in ("amount", "in", "out")}
    amounts = [_signed(name, each) for name, each in cents.items() if each]
    if not amounts and not row.problems:
        return None
    day, text = _cell(row, places, "date", way), _cell(row, places, "description", way)
    if day is None and row.sound("date"):
        row.refuse("date", "empty")
    return None if row.problems else Shown(day, text or "", sum(amounts))


def _signed(name: str, cents: Cents) -> Cents:
    """Some banks write what went out above zero, some below."""
    return -abs(cents) if name == "out" else cents


def _cell(row: Row, places: Mapped, name: str, way: Way) -> Any:
    """The value of a field, None when it is empty, not there, or refused."""
    place = places.places.get(name, len(row.cells))
    written = row.cells[place] if place < len(row.cells) else ""
    reader = next(each for each in COLUMNS if each.name == name).read
    return row.ask(name, reader, written, way) if written else None


def _name(sheet: Sheet) -> str:
    """A name for files with this header, that a person knows again."""
    known = hashlib.sha256(canonical_json([plain(name) for name in sheet.header]).encode()).hexdigest()[:8]
    return f"Bank: {', '.join(name for name in sheet.header if name)[:60]} ({known})"
