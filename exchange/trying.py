"""The dry run of a file that is kept here: what it would do now, and how that is kept for whoever looks at it."""

from datetime import datetime
from typing import Any

from choices import ImportKind, ImportState
from exchange import naming, profiles, results
from exchange.kinds import KINDS
from exchange.plan import OrderUnknown, Plan, Wish, look
from exchange.reading import Sheet, read
from models import Import, Practice
from words import local_day

UNDOING = "undoing"  # an option of an import that is on its way back
UNTAKEN = (ImportState.UPLOADED, ImportState.CHECKED)


def check(batch: Import, now: datetime, sheet: Sheet | None = None) -> Plan | None:
    """Try the file and keep what it would do; None when a person must first say how its days are written.

    Nothing is kept of a file that was taken in, or is to be read another way, while it was tried.
    """
    as_read = (Import.columns == batch.columns) & (Import.options == batch.options)
    try:
        plan = planned(batch, now, sheet)
    except OrderUnknown:
        keep_untaken(batch, as_read, state=ImportState.UPLOADED, result={"ask": "order"})
        return None
    keep_untaken(batch, as_read, state=ImportState.CHECKED, result=results.kept(plan), digest=plan.digest())
    return plan


def planned(batch: Import, now: datetime, sheet: Sheet | None = None) -> Plan:
    """What the file would do now. Raises Unreadable, OrderUnknown."""
    today = local_day(now, Practice.the().time_zone)
    return look(sheet or read(file_of(batch)), KINDS[batch.kind], _wish(batch), today)


def without_files() -> Any:
    """Imports as lists show them: a file may be large, and is opened by whoever reads it."""
    return Import.select(*(field for field in Import._meta.sorted_fields if field is not Import.file))


def file_of(batch: Import) -> bytes:
    """The file itself. Raises DoesNotExist once it is no longer kept."""
    row = Import.select(Import.file).where((Import.id == batch.id) & Import.file.is_null(False)).get()
    found: bytes = row.file
    return found


def has_file(batch: Import) -> bool:
    """Whether the file is still kept."""
    return bool(Import.select().where((Import.id == batch.id) & Import.file.is_null(False)).exists())


def keep(batch: Import, **facts: Any) -> None:
    """Change the batch, here and where it lies."""
    Import.update(facts).where(Import.id == batch.id).execute()
    for name, value in facts.items():
        setattr(batch, name, value)


def keep_untaken(batch: Import, which: Any = True, **facts: Any) -> bool:
    """As `keep`, only while nobody has begun to take it in; False when somebody has, or it is not `which` any more."""
    untaken = (Import.id == batch.id) & Import.state.in_(UNTAKEN) & which
    kept = Import.update(facts).where(untaken).execute() == 1
    if kept:
        batch.__data__.update(facts)
    return kept


def move(batch: Import, before: ImportState, after: ImportState, **facts: Any) -> bool:
    """Change state only if it is still `before`; False when someone else got there first."""
    moved = Import.update(state=after, **facts).where((Import.id == batch.id) & (Import.state == before)).execute() == 1
    if moved:
        batch.__data__.update(state=after, **facts)
    return moved


def _wish(batch: Import) -> Wish:
    profile = profiles.of(batch.profile, ImportKind(batch.kind))
    return naming.wish(profile, batch.columns, batch.options)
