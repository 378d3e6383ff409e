"""A backup put back, or only tried: opened, verified down to the last cent, and then and only then in its place."""

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from peewee import DatabaseError

from billing import audit
from billing.discrepancies import discrepancies
from billing.safety import RESTORE_TESTED, WORKED
from billing.tasks import raise_task
from custody import leftovers, sealed_files
from custody.columns import unopened
from migrations import migrate, unknown
from models import Challenge, Document, OneTimeLink, SignIn, Task, db, open_database
from sealing import SealError, ring

TASK, RESTORED = "task.restore", "task.restored"


class RestoreRefused(Exception):
    """Nothing was put back; the message says why, and nothing was changed."""


def restore(backup: Path, to: Path, now: datetime) -> sealed_files.Label:
    """Put the database of `backup` at `to`, where nothing may be yet; it appears there only once it is verified.

    A copy of an older Evenly is brought up to date on the way, and nobody is signed in to it. For a command only:
    while it runs, the models of this process look at the copy.

    Raises:
        RestoreRefused: something is at `to`, or the backup does not open or is not whole.
    """
    for path in (to, *(to.with_name(f"{to.name}-{journal}") for journal in ("wal", "shm", "journal"))):
        if path.exists():
            raise RestoreRefused(f"{path} exists. A backup takes no file's place: move it away, or name another.")
    with _verified(backup, to.parent) as (copy, label):
        with _models_on(copy):
            _end_what_was_open(label.date, now)
            audit.note("system", "restore", f"backup:{backup.name}", now)
        _place(copy, to)
    return label


def test(backup: Path, now: datetime) -> sealed_files.Label:
    """Open and verify `backup` without putting it anywhere, and note in the log how it went.

    Raises:
        RestoreRefused: as for `restore`.
    """
    try:
        with _verified(backup, Path(db.database).parent) as (_, label):
            pass
    except RestoreRefused:
        audit.note("system", RESTORE_TESTED, f"backup:{backup.name}", now, result="failed")
        raise
    with db.atomic():
        audit.note("system", RESTORE_TESTED, f"backup:{backup.name}", now, result=WORKED)
        Task.update(done_at=now).where((Task.kind == TASK) & Task.done_at.is_null()).execute()
    return label


def _end_what_was_open(date: str, now: datetime) -> None:
    """Whatever was ended since the backup would be open again: what opens by itself ends, the rest is for staff."""
    with db.atomic():
        SignIn.update(ended_at=now).where(SignIn.ended_at.is_null()).execute()
        for kind in (OneTimeLink, Challenge):
            kind.update(used_at=now).where(kind.used_at.is_null()).execute()
        raise_task(RESTORED, now, detail=date)


@contextmanager
def _verified(backup: Path, folder: Path) -> Iterator[tuple[Path, sealed_files.Label]]:
    """The opened and verified copy, in a folder of its own inside `folder` that is gone afterwards."""
    if not folder.is_dir():
        raise RestoreRefused(f"{folder} is not a folder.")
    leftovers.sweep(folder)
    with leftovers.scratch(folder) as scratch:
        copy = scratch / "evenly.sqlite"
        try:
            label = _open(backup, copy)
            with _models_on(copy):
                _verify(backup)
        except SealError as error:
            raise RestoreRefused(str(error)) from None
        except (DatabaseError, sqlite3.DatabaseError) as error:
            raise RestoreRefused(f"{backup} holds a damaged database, and nothing was put back: {error}.") from None
        yield copy, label


def _open(backup: Path, copy: Path) -> sealed_files.Label:
    try:
        with copy.open("wb") as into:
            copy.chmod(0o600)
            return sealed_files.read(backup, into, "database", ring.masters())
    except OSError as error:
        raise RestoreRefused(f"{backup} cannot be read: {error.strerror}.") from None


@contextmanager
def _models_on(copy: Path) -> Iterator[None]:
    """The models of this process look at the copy instead of the practice's file."""
    before, was_open = db.database, not db.is_closed()
    db.close()
    open_database(str(copy), ring.masters)
    ring.forget()
    try:
        with db.connection_context():
            yield
    finally:
        open_database(before, ring.masters)
        if was_open:
            db.connect()


def _place(copy: Path, to: Path) -> None:
    """Move the copy to `to`; a file that came to be there meanwhile stays. Not by a hard link, which not every file
    system has: a new empty file takes the name first, and what is replaced is that."""
    _sync(copy)
    try:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise RestoreRefused(f"{to} cannot be made: {error.strerror}.") from None
    try:
        copy.replace(to)
    except BaseException:
        to.unlink()
        raise
    _sync(to.parent)


def _sync(path: Path) -> None:
    """What the file or folder holds is on the disk when this returns."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _verify(backup: Path) -> None:
    wrong = _damage() or _strange() or _wrong()
    if wrong:
        raise RestoreRefused(f"{backup} is not whole, and nothing was put back. {wrong[0]}")


def _damage() -> list[str]:
    found = [word for [word] in db.execute_sql("PRAGMA integrity_check").fetchall() if word != "ok"]
    return found + [f"A row of {row[0]} points at nothing." for row in db.execute_sql("PRAGMA foreign_key_check")]


def _strange() -> list[str]:
    return [f"It was made by a newer Evenly, which knows {name}: bring this one up to date." for name in unknown()]


def _wrong() -> list[str]:
    """Raises SealError when the data keys do not open with the master keys at hand."""
    migrate()
    ring.load()
    return [*unopened(), *discrepancies(), *_papers()]


def _papers() -> Iterator[str]:
    """Each paper is printed as it was when it was first asked for."""
    for paper in Document.select().iterator():
        if paper.pdf is not None and hashlib.sha256(paper.pdf).hexdigest() != paper.pdf_sha256:
            yield f"The PDF of {paper.number} was changed."
