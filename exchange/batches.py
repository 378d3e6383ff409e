"""A file on its way: uploaded, tried, taken in as a whole, and undone as a whole."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from billing.audit import note
from billing.errors import BillingError
from billing.stamp import Stamp
from choices import ImportKind, ImportState
from exchange import naming, profiles, undoing, writing
from exchange.cells import DAY_FIRST, MONTH_FIRST
from exchange.kinds import EVENLY
from exchange.naming import Said
from exchange.reading import read, taken
from exchange.trying import UNDOING, check, file_of, has_file, keep_untaken, move, planned, without_files
from models import Import, Staff, db

AT_ONCE = 2_000  # rows that are tried while a person waits; longer files are tried by the job
LONGEST_NAME = 120
LISTED = timedelta(days=3)  # how long the list shows what was tried and not taken in
WAITING = (ImportState.UPLOADED, ImportState.RUNNING)


class NotNow(BillingError):
    """The file cannot be taken in, or undone, as it stands; nothing was written."""


def listed(kinds: Collection[ImportKind], now: datetime) -> Any:
    """Files of these kinds, the newest first. One that was only tried falls off the list after three days; what two
    systems differ in was never to be taken in, and stays.
    """
    tried = Import.state.in_((ImportState.UPLOADED, ImportState.CHECKED)) & (Import.kind != ImportKind.COMPARE)
    stale = tried & (Import.at < now - LISTED)
    return without_files().where(Import.kind.in_(list(kinds)) & ~stale).order_by(Import.id.desc())


def upload(stream: BinaryIO, name: str, kind: ImportKind, staff: Staff, now: datetime, profile: str = EVENLY) -> Import:
    """Keep a file, sealed, and try it when it is short and nobody must say which column is what.

    Raises:
        Unreadable: it is no CSV of this kind, or too long; nothing is kept.
    """
    data = taken(stream)
    sheet, known = read(data), profiles.of(profile, kind)
    columns = naming.guessed(known, sheet)
    ask = naming.open_questions(known, sheet, columns, known.options)
    with db.atomic():
        batch = Import.create(
            kind=known.kind, profile=profile, name=_name(name), sha256=hashlib.sha256(data).hexdigest(), file=data,
            columns=columns, options=dict(known.options), state=ImportState.UPLOADED, rows=len(sheet.records),
            result={"ask": "columns"} if ask else None, by=staff, at=now,
        )  # fmt: skip
        note(f"staff:{staff.id}", "import.upload", f"import:{batch.id}", now, detail=f"{known.kind}, {batch.rows}")
    if batch.rows <= AT_ONCE and not ask:
        check(batch, now, sheet)
    return batch


def name_columns(batch: Import, told: Said, stamp: Stamp) -> None:
    """Read the file as a person says from now on, and try it anew.

    Raises:
        NotNow: it is past that.
        DoesNotExist: its file is no longer kept.
        Unreadable, FieldRefused: as `naming.said`; nothing was changed.
    """
    _expect(batch, ImportState.UPLOADED, ImportState.CHECKED)
    sheet = read(file_of(batch))
    with db.atomic():
        _wait(batch, naming.said(batch, sheet, told, stamp))
    if batch.rows <= AT_ONCE:
        check(batch, stamp.at, sheet)


def choose(batch: Import, order: str, again: list[int], now: datetime) -> None:
    """Say how days are written, and which changed rows are reversed and posted again; then it is tried anew.

    Raises:
        NotNow: it is past that, or its file is no longer kept.
    """
    _expect(batch, ImportState.UPLOADED, ImportState.CHECKED)
    options = {**batch.options, "again": sorted(again)}
    if order in (MONTH_FIRST, DAY_FIRST):
        options["order"] = order
    _try_anew(batch, options, now)


def pick(batch: Import, accounts: dict[int, int | None], now: datetime) -> None:
    """Say of which accounts (their ids) rows are that name none that we know, by line; None for no longer. Then it is
    tried anew.

    Raises:
        NotNow: it is past that, or its file is no longer kept.
    """
    _expect(batch, ImportState.CHECKED)
    said = {**batch.options.get("picked", {}), **{str(line): account for line, account in accounts.items()}}
    options = {**batch.options, "picked": {line: account for line, account in said.items() if account}}
    _try_anew(batch, options, now)


def take_in(batch: Import, digest: str, skip: bool, stamp: Stamp) -> None:
    """Take the file in as the dry run of this digest showed it; a long one, or one that must wait, is left to the job.

    Raises:
        NotNow: rows were rejected and are not to be skipped, nothing is new, or what was shown is no longer so.
    """
    _expect(batch, ImportState.CHECKED)
    counts = batch.result["counts"]
    if counts["rejected"] and not skip:
        raise NotNow("pr.import.rejected")
    if digest != batch.digest:
        raise NotNow("pr.import.stale")
    if not writing.writes(counts):
        raise NotNow("pr.import.same")
    _begin(batch, ImportState.CHECKED, {**batch.options, "skip": skip, "by": stamp.by}, stamp)


def undo(batch: Import, stamp: Stamp) -> None:
    """Take back what a file brought, by reversals; a long one is left to the job.

    Raises:
        NotNow: it did not bring anything, or something stands on it; `undoing.reasons` says what.
    """
    _expect(batch, ImportState.DONE)
    if writing.is_short(batch) and undoing.reasons(batch):
        raise NotNow("pr.import.stands")
    _begin(batch, ImportState.DONE, {**batch.options, UNDOING: True, "by": stamp.by}, stamp)


def work_off(now: datetime) -> int:
    """Try what waits to be tried, take in or undo what waits for its turn, one after the other; how many rows."""
    done = 0
    for id in [row.id for row in Import.select(Import.id).where(Import.state.in_(WAITING)).order_by(Import.id)]:
        batch = without_files().where(Import.id == id).get()
        if batch.state == ImportState.RUNNING:
            done += writing.go_on(batch, now)
        elif batch.result is None:
            check(batch, now)
            done += batch.rows
    return done


def _try_anew(batch: Import, options: dict[str, Any], now: datetime) -> None:
    if not has_file(batch):
        raise NotNow("pr.import.stale")
    _wait(batch, {"options": options})
    if batch.rows <= AT_ONCE:
        check(batch, now)


def _wait(batch: Import, facts: dict[str, Any]) -> None:
    if not keep_untaken(batch, **facts, state=ImportState.UPLOADED, result=None):
        raise NotNow("pr.import.stale")


def _begin(batch: Import, before: ImportState, options: dict[str, Any], stamp: Stamp) -> None:
    """Do it at once when it is short and nothing else is on its way; else it waits for the job."""
    with db.atomic():
        alone = not Import.select().where(Import.state == ImportState.RUNNING).exists()
        at_once = alone and writing.is_short(batch)
        # What was shown is what happens: tried once more where nobody else can write.
        same = not at_once or before == ImportState.DONE or planned(batch, stamp.at).digest() == batch.digest
        begun = same and move(batch, before, ImportState.RUNNING, options=options)
        if begun and at_once:
            writing.all_of(batch, stamp)
    if not same:
        check(batch, stamp.at)
    if not begun:
        raise NotNow("pr.import.stale")


def _expect(batch: Import, *states: ImportState) -> None:
    if batch.state not in states:
        raise NotNow("pr.import.stale")


def _name(name: str) -> str:
    """What the file is called, without folders and what cannot be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "file.csv"
