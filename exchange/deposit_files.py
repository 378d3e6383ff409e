"""Taking in what the processor's and the bank's files tell, and the same file once. A long file of the processor goes
in slice by slice, so that nobody waits for it: cut off and brought again, it is put with what is there.

Of the processor's file nothing but its digest is kept. The bank's waits, sealed, until its columns are named.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing import audit, banking, deposits
from billing.deposits import Payout
from billing.stamp import Stamp
from choices import ImportKind, ImportState
from exchange import bank, cells, settlement
from exchange.cells import Way
from exchange.reading import Sheet, Unreadable, read
from exchange.rows import Problem
from exchange.writing import PAUSE
from models import Import, Staff, db

PROBLEMS_SHOWN = 50
LINES_AT_ONCE = 200  # a third of a second in which nobody else writes


@dataclass(frozen=True)
class Taken:
    """`rows`: payouts, or lines of the bank that were not here yet; `matched`: deposits matched by this file."""

    rows: int = 0
    matched: int = 0
    skipped: int = 0
    problems: tuple[Problem, ...] = ()
    same: bool = False  # it was taken in before


def report(data: bytes, name: str, day: date | None, staff: Staff, stamp: Stamp, merchant_account: str = "") -> Taken:
    """Take in a file of the processor. `day`: when it was paid out, where the file does not say.

    Raises:
        Unreadable: it is no such file, or nobody says when it was paid out.
    """
    if _done(ImportKind.SETTLEMENT, data):
        return Taken(same=True)
    told = settlement.read(read(data), Way(stamp.on), name, merchant_account)
    if told.problems:
        return Taken(problems=tuple(told.problems[:PROBLEMS_SHOWN]))
    for piece in _slices([_dated(payout, day) for payout in told.payouts]):
        with db.atomic():
            for payout in piece:
                deposits.record(payout, stamp.at)
        time.sleep(PAUSE)
    with db.atomic():
        matched = banking.match(stamp)
        _note(ImportKind.SETTLEMENT, data, name, len(told.payouts), staff, stamp)
    return Taken(len(told.payouts), matched, told.skipped)


def _slices(payouts: list[Payout]) -> Iterator[list[Payout]]:
    """A few payouts at a time, by how many lines they have together."""
    piece: list[Payout] = []
    for payout in payouts:
        piece.append(payout)
        if sum(len(each.lines) for each in piece) >= LINES_AT_ONCE:
            yield piece
            piece = []
    yield piece


def begin_bank(data: bytes, name: str, staff: Staff, stamp: Stamp) -> Import | None:
    """Keep the bank's file until its columns are named; None when it was taken in before. Raises Unreadable."""
    read(data)
    if _done(ImportKind.BANK, data):
        return None
    row: Import = Import.create(
        kind=ImportKind.BANK, profile="bank", name=name, sha256=_digest(data), file=data,
        state=ImportState.CHECKED, by=staff, at=stamp.at,
    )  # fmt: skip
    return row


def waiting(key: str) -> tuple[Import, Sheet]:
    """A file of the bank whose columns are not named yet; `DoesNotExist` when there is none."""
    row = Import.get((Import.key == key) & (Import.kind == ImportKind.BANK) & (Import.state == ImportState.CHECKED))
    return row, read(row.file)


def take_bank(row: Import, columns: dict[str, str], order: str, stamp: Stamp) -> Taken:
    """Take in the lines of a bank's file, and read files with this header so from now on. Raises Unreadable."""
    sheet = read(row.file)
    statement = bank.read(sheet, columns, Way(stamp.on, _order(sheet, columns, order)))
    if statement.problems:
        return Taken(problems=tuple(statement.problems[:PROBLEMS_SHOWN]))
    with db.atomic():
        bank.keep(sheet, columns, order, stamp)
        new = banking.keep(statement.lines, stamp)
        matched = banking.match(stamp)
        _finish(row, new, stamp)
    return Taken(new, matched)


def _order(sheet: Sheet, columns: dict[str, str], order: str) -> str:
    """What the file itself shows, else what the person says."""
    place = sheet.header.index(columns["date"]) if columns.get("date") in sheet.header else 0
    return cells.order_of([each.cells[place] for each in sheet.records if place < len(each.cells)]) or order


def _dated(payout: Payout, day: date | None) -> Payout:
    """With the day it was paid out: told by the file, known from before, or said by the person."""
    known = deposits.same(payout)
    when = payout.day or (known.day if known else day)
    if when is None:
        raise Unreadable("pr.rec.file.day", field="day")
    return Payout(when, payout.lines, payout.source, payout.transfer_id, payout.net)


def _done(kind: ImportKind, data: bytes) -> bool:
    same = (Import.kind == kind) & (Import.sha256 == _digest(data)) & (Import.state == ImportState.DONE)
    return bool(Import.select().where(same).exists())


def _note(kind: ImportKind, data: bytes, name: str, rows: int, staff: Staff, stamp: Stamp) -> None:
    row = Import.create(
        kind=kind, profile="processor", name=name, sha256=_digest(data), state=ImportState.DONE, by=staff,
        at=stamp.at,
    )  # fmt: skip
    _finish(row, rows, stamp)


def _finish(row: Import, rows: int, stamp: Stamp) -> None:
    row.file, row.state, row.rows, row.done_rows = None, ImportState.DONE, rows, rows
    row.committed_at = stamp.at
    row.save()
    audit.note(stamp.by, f"deposit.file.{row.kind}", f"import:{row.id}", stamp.at, detail=str(rows))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
