"""The dry run: every row of a file parsed, checked and compared with what is here. Nothing is written."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from billing.ledger import account_figures
from exchange import cells
from exchange.cells import Refused, Way
from exchange.dialect import PLAIN, Dialect
from exchange.kinds import Kind
from exchange.known import Known
from exchange.mapping import Mapped, either, mapped
from exchange.reading import Record, Sheet
from exchange.rows import Fate, Row, hashed
from fields import canonical_json
from models import Account, Import, Imported
from money import Cents

AT_ONCE = 500  # ids in one question
GONE = "void"  # what a row had made was undone by hand


class OrderUnknown(Exception):
    """Month and day of this file cannot be told apart; a person must say."""


class Change(NamedTuple):
    """What an account owes before and after."""

    account: Account
    before: Cents
    after: Cents


@dataclass(frozen=True)
class Wish:
    """How a file is to be read: its columns, what names a row, and what a person chose about it."""

    source: str
    columns: Mapping[str, str]  # field -> header
    dialect: Dialect = PLAIN
    key: tuple[str, ...] = ()
    order: str = ""  # of month and day; empty: as the file shows
    again: frozenset[int] = frozenset()  # lines whose money is to be reversed and posted again
    picked: Mapping[int, int] = field(default_factory=dict)  # line -> the account that a person said it is of


@dataclass(frozen=True)
class Plan:
    """What a file would do."""

    kind: Kind
    rows: list[Row]
    mapped: Mapped
    notices: tuple[str, ...]
    missing: list[str]  # rows of an earlier file that this one lacks
    left_out: int = 0  # rows that do not count here
    elsewhere: Mapping[str, int] = field(default_factory=dict)  # another source -> how many ids it has of the new rows

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(str(row.fate) for row in self.rows)
        return {str(fate): found[fate] for fate in Fate}

    @property
    def sums(self) -> dict[str, Cents]:
        """The amounts of the rows, by what becomes of them."""
        found: dict[str, Cents] = defaultdict(int)
        for row in self.rows:
            found[row.fate] += row.facts.get("amount") or row.values.get("amount") or 0
        return {str(fate): found[fate] for fate in Fate} if self.kind.money else {}

    @property
    def writing(self) -> list[Row]:
        return [row for row in self.rows if row.writes]

    def digest(self) -> str:
        """The same for the same doing: it changes with the file, its mapping, and whatever here it would meet."""
        made = hashlib.sha256(canonical_json([self.kind.word, self.mapped.names]).encode())
        for row in self.rows:
            changes = [(name, str(old), str(new)) for name, (old, new) in row.changes.items()]
            made.update(canonical_json([row.line, row.fate, row.identity, row.content, row.stands, changes]).encode())
        return made.hexdigest()

    def balances(self) -> list[Change]:
        """What each account it touches owes now and would owe."""
        effects: dict[int, Cents] = defaultdict(int)
        for row in self.writing:
            if row.account:
                effects[row.account] += row.effect
        found: list[Change] = []
        for ids in parts(sorted(effects)):
            accounts = list(Account.select().where(Account.id.in_(ids)).order_by(Account.number))
            figures = account_figures(accounts)
            found += [_change(each, figures[each.id].balance, effects[each.id]) for each in accounts]
        return found


def look(sheet: Sheet, kind: Kind, wish: Wish, today: date) -> Plan:
    """Try a file.

    Raises:
        Unreadable: a column that every row needs is missing, or stands there twice.
        OrderUnknown: month and day cannot be told apart.
    """
    columns = placed(sheet, kind, wish)
    way = Way(today, wish.order or _order(sheet, kind, columns))
    records = wish.dialect.counting(sheet)
    rows = [_parsed(record, kind, columns, way, len(sheet.header), wish.dialect) for record in records]
    _name(rows, kind, wish)
    known = Known()
    for row in rows:
        row.facts["source"], row.picked = wish.source, wish.picked.get(row.line, 0)
        kind.rows.resolve(row, known)
        row.facts.pop("source", None)
    _decide(rows, kind, wish)
    kind.rows.together(rows, known)
    for row in rows:
        row.fate = Fate.REJECTED if row.problems else row.fate
    left_out = len(sheet.records) - len(records)
    missing, elsewhere = _missing(rows, kind, wish), _elsewhere(rows, kind, wish)
    return Plan(kind, rows, columns, sheet.notices, missing, left_out, elsewhere)


def placed(sheet: Sheet, kind: Kind, wish: Wish) -> Mapped:
    """Where the fields stand in this file. Raises Unreadable when one is missing that is needed."""
    columns = mapped(kind.columns, sheet.header, wish.columns, wish.dialect.fixed)
    either(columns, kind.rows.EITHER, wish.dialect.fixed)
    wish.dialect.counting(sheet)
    return columns


def parts(ids: list[Any]) -> Iterator[list[Any]]:
    """A long list in pieces that one question can hold."""
    rest = iter(ids)
    while piece := list(islice(rest, AT_ONCE)):
        yield piece


def _change(account: Account, before: Cents, effect: Cents) -> Change:
    return Change(account, before, before + effect)


def _order(sheet: Sheet, kind: Kind, columns: Mapped) -> str:
    places = [columns.places[each.name] for each in kind.columns if each.dated and each.name in columns.places]
    days = [record.cells[place] for record in sheet.records for place in places if place < len(record.cells)]
    order = cells.order_of(days)
    if order is None:
        raise OrderUnknown()
    return order


def _parsed(record: Record, kind: Kind, columns: Mapped, way: Way, width: int, dialect: Dialect) -> Row:
    """The row's cells as values; what cannot be read is noted."""
    row = Row(record.line, record.cells, columns.names)
    if len(record.cells) > width and any(record.cells[width:]):
        row.refuse("", "too_wide")
    for column in kind.columns:
        if text := dialect.written(column.name, _text(record, columns, column.name)):
            try:
                row.values[column.name] = column.read(text, way)
            except Refused as refusal:
                row.refuse(column.name, dialect.refusals.get(refusal.code, refusal.code), **refusal.values)
        elif column.required and not _text(record, columns, column.unless):
            row.refuse(column.name, "empty")
    return row


def _text(record: Record, columns: Mapped, name: str) -> str:
    place = columns.places.get(name, len(record.cells))
    return record.cells[place] if place < len(record.cells) else ""


def _name(rows: list[Row], kind: Kind, wish: Wish) -> None:
    """Give each row its identity: its id, else its key columns and how often they stood there before."""
    seen: Counter[str] = Counter()
    first: dict[str, int] = {}
    for row in rows:
        row.external_id, named_by = str(row.values.get(kind.id, "")), wish.key or kind.rows.KEY
        if row.external_id:
            row.identity = hashed("id", row.external_id)
        else:
            key = hashed("key", *(str(row.values.get(name, "")) for name in named_by))
            row.identity = hashed(key, seen[key]) if kind.money else key
            seen[key] += 1
        certain = row.external_id or row.sound(*named_by)
        if certain and first.setdefault(row.identity, row.line) != row.line:
            row.refuse(kind.id, "duplicate_row", n=str(first[row.identity]))


def _decide(rows: list[Row], kind: Kind, wish: Wish) -> None:
    """New, the same as before, or changed."""
    before = _before(rows, kind, wish)
    for row in rows:
        prior = before.get(row.identity)
        if row.problems:
            row.fate = Fate.REJECTED
        elif prior and prior.content_sha256 == row.content:
            row.fate = Fate.SAME
        elif prior and kind.money:
            _changed_money(row, prior, kind, wish)
        elif row.stands:
            row.fate = Fate.CHANGED if row.changes else Fate.SAME
        row.imported = prior.id if prior else 0


def _before(rows: list[Row], kind: Kind, wish: Wish) -> dict[str, Imported]:
    """What was taken in under these identities and stands."""
    found: dict[str, Imported] = {}
    standing = Imported.undone_at.is_null() & (Imported.source == wish.source) & (Imported.kind == kind.word)
    columns = (Imported.id, Imported.identity_sha256, Imported.content_sha256, Imported.made)
    for part in parts([row.identity for row in rows]):
        for each in Imported.select(*columns).where(standing & Imported.identity_sha256.in_(part)):
            found[each.identity_sha256] = each
    return found


def _changed_money(row: Row, prior: Imported, kind: Kind, wish: Wish) -> None:
    """Rejected, unless a person chose otherwise for this row and nothing stands on what it was."""
    id = int(prior.made.split(":")[1])
    why = kind.rows.standing([id]).get(id, "")
    if row.line not in wish.again:
        row.refuse("amount", "changed_money", old=kind.rows.said(id))
    elif why and why != GONE:
        row.refuse("amount", f"pr.import.stands.{why}")
    else:
        row.fate, row.stands = Fate.AGAIN, "" if why else prior.made
        row.effect -= kind.rows.replaced(id)


def _missing(rows: list[Row], kind: Kind, wish: Wish) -> list[str]:
    """What an earlier file had and this one lacks, by its id or line; of money only within the days of this file."""
    here = {row.identity for row in rows}
    standing = Imported.undone_at.is_null() & (Imported.source == wish.source) & (Imported.kind == kind.word)
    asked = Imported.select(Imported.identity_sha256, Imported.external_id, Imported.line)
    if not kind.money:
        found = asked.where(standing)
    elif days := [row.values[kind.rows.DAY] for row in rows if kind.rows.DAY in row.values]:
        found = asked.where(standing & Imported.made.in_(kind.rows.between(min(days), max(days))))
    else:
        return []
    return [external or f"#{line}" for identity, external, line in found.tuples() if identity not in here]


def _elsewhere(rows: list[Row], kind: Kind, wish: Wish) -> dict[str, int]:
    """Other sources that brought ids of rows that would be new here: perhaps the same system under another name."""
    new = [row.identity for row in rows if kind.money and row.fate == Fate.NEW and row.external_id]
    sources = Import.select(Import.profile).where((Import.kind == kind.word) & (Import.profile != wish.source))
    found: Counter[str] = Counter()
    for (source,) in sources.distinct().tuples():
        theirs = Imported.undone_at.is_null() & (Imported.source == source) & (Imported.kind == kind.word)
        for part in parts(new):
            found[source] += Imported.select().where(theirs & Imported.identity_sha256.in_(part)).count()
    return {source: count for source, count in found.items() if count}
