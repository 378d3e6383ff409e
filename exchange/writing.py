"""Taking a file in, or back. A short one is written in one transaction; a longer one slice by slice, so
that nobody waits for it. A process that died goes on where it was; a slice that is refused undoes those before it.
docs/decisions/0018 has the figures.
"""

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import IntegrityError

from billing.audit import note
from billing.errors import BillingError
from billing.stamp import Stamp
from choices import ImportState
from exchange import undoing
from exchange.kinds import KINDS
from exchange.people import written
from exchange.rows import Fate, Row
from exchange.trying import UNDOING, keep, planned
from models import Import, Imported, Practice, db
from tables import insert_all

SHORT = 500  # rows that are written in one transaction
MOST_SLICES = 5  # as many would be written one after the other; payments, with their receipts, take longest
PAUSE = 0.05  # seconds between slices: who waits for the database looks again every tenth of a second
WRITING = (Fate.NEW, Fate.CHANGED, Fate.AGAIN)


def writes(counts: dict[str, int]) -> int:
    """How many rows of a dry run would be written."""
    return sum(counts[fate] for fate in WRITING)


def is_short(batch: Import) -> bool:
    """Whether it is written in one transaction."""
    return bool(batch.rows <= min(SHORT, MOST_SLICES * KINDS[batch.kind].slice))


def all_of(batch: Import, stamp: Stamp) -> None:
    """Take a short file in, or back, inside the caller's transaction."""
    if batch.options.get(UNDOING):
        undoing.undo(batch, undoing.standing_rows(batch), stamp)
        _finish(batch, stamp, ImportState.UNDONE)
    else:
        write(batch, planned(batch, stamp.at).writing, stamp)
        _finish(batch, stamp, ImportState.DONE)


def go_on(batch: Import, now: datetime) -> int:
    """Do what is left of a long file; returns how many rows that were."""
    stamp = Stamp.of(batch.options["by"], now, Practice.the().time_zone)
    if batch.options.get(UNDOING):
        return _take_back(batch, stamp)
    plan = planned(batch, now)
    begun = Imported.select().where(Imported.batch == batch).exists()
    expected = writes(batch.result["counts"]) - batch.done_rows
    if len(plan.writing) != expected or (not begun and plan.digest() != batch.digest):
        return _give_up(batch, stamp, "pr.import.stale")
    try:
        return _slices(batch, plan.writing, stamp)
    except (BillingError, IntegrityError) as refusal:
        return _give_up(batch, stamp, getattr(refusal, "key", "pr.import.stale"))


def write(batch: Import, rows: list[Row], stamp: Stamp) -> None:
    """Write a slice, and what each row made here."""
    with db.atomic():
        superseded = [row.imported for row in rows if row.imported]
        Imported.update(undone_at=stamp.at).where(Imported.id.in_(superseded)).execute()
        made = KINDS[batch.kind].rows.write(rows, stamp)
        insert_all([_imported(batch, row, what) for row, what in zip(rows, made, strict=True)])


def _slices(batch: Import, rows: list[Row], stamp: Stamp) -> int:
    size = KINDS[batch.kind].slice
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        with db.atomic():
            write(batch, piece, stamp)
            keep(batch, done_rows=batch.done_rows + len(piece))
        time.sleep(PAUSE)
    with db.atomic():
        _finish(batch, stamp, ImportState.DONE)
    return len(rows)


def _take_back(batch: Import, stamp: Stamp) -> int:
    """Undo in slices, the last row first; nothing when something stands on a row."""
    rows, size = undoing.standing_rows(batch), KINDS[batch.kind].slice
    if undoing.reasons(batch):
        keep(batch, state=ImportState.DONE, options={**batch.options, UNDOING: False})
        return 0
    for start in range(0, len(rows), size):
        with db.atomic():
            undoing.undo(batch, rows[start : start + size], stamp)
            keep(batch, done_rows=len(rows) - start)
        time.sleep(PAUSE)
    with db.atomic():
        _finish(batch, stamp, ImportState.UNDONE)
    return len(rows)


def _give_up(batch: Import, stamp: Stamp, key: str) -> int:
    """What was written of a file is undone, and it is as if it had never been taken in.

    What somebody has paid or changed meanwhile stays: then the file counts as taken in with what is left of it.
    """
    for piece in _pieces(undoing.free_rows(batch), KINDS[batch.kind].slice):
        with db.atomic():
            undoing.undo(batch, piece, stamp)
        time.sleep(PAUSE)
    left = len(undoing.standing_rows(batch))
    facts = {"state": ImportState.DONE, "committed_at": stamp.at} if left else {"state": ImportState.FAILED}
    keep(batch, done_rows=left, result={**batch.result, "failed": key}, **facts)
    note(stamp.by, "import.failed", f"import:{batch.id}", stamp.at, result=key)
    return 0


def _pieces(rows: list[Any], size: int) -> Iterable[list[Any]]:
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _finish(batch: Import, stamp: Stamp, state: ImportState) -> None:
    undone = state == ImportState.UNDONE
    facts: dict[str, Any] = {"undone_at": stamp.at} if undone else {"committed_at": stamp.at}
    keep(batch, state=state, done_rows=0 if undone else writes(batch.result["counts"]), **facts)
    what = "import.undone" if undone else "import.taken"
    note(stamp.by, what, f"import:{batch.id}", stamp.at, detail=f"{batch.kind}, {writes(batch.result['counts'])}")


def _imported(batch: Import, row: Row, made: str) -> Imported:
    money = KINDS[batch.kind].money
    before: dict[str, Any] = {"imported": row.imported} if row.imported else {}
    if row.changes:
        before["columns"] = {name: [written(old), written(new)] for name, (old, new) in row.changes.items()}
    if row.stands:
        before["made" if money else "stood"] = row.stands
    return Imported(
        batch=batch.id, kind=batch.kind, source=batch.profile, identity_sha256=row.identity, before=before or None,
        content_sha256=row.content, external_id=row.external_id, line=row.line, made=made,
    )  # fmt: skip
