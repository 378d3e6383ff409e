"""Copies of the database, taken while it is in use and sealed before they leave its folder."""

import logging
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path

from billing import audit
from custody import leftovers, sealed_files
from models import db
from sealing import ring

log = logging.getLogger("evenly.custody")

KEEP = timedelta(days=35)
DAILY = timedelta(hours=20)  # the day's copy is there already, made before a restart
NAME = re.compile(r"evenly-(\d{8}T\d{6}Z)\.backup")


def make(folder: Path, now: datetime) -> Path:
    """Add today's copy to `folder` and take away those older than 35 days. Whoever pays meanwhile does not wait.

    Raises:
        OSError: the folder cannot be written.
        SealError: there is no master key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    leftovers.sweep(Path(db.database).parent, folder)
    path = folder / f"evenly-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
    with snapshot() as plain:
        sealed_files.write(path, plain, "database", now, ring.master())
    audit.note("system", "backup.make", f"backup:{path.name}", now)
    _prune(folder, now)
    return path


def make_daily(folder: Path, now: datetime) -> int:
    """Make today's copy unless it is there; returns how many were made."""
    made = _backups(folder, now)
    if made and now - max(made.values()) < DAILY:
        return 0
    make(folder, now)
    return 1


@contextmanager
def snapshot() -> Iterator[BufferedReader]:
    """The database as it is at this moment, in one step: with a write-ahead log, readers keep no writer waiting.

    Unsealed, it lies beside the database, which is no more secret, and never in the folder of backups. It has no name
    by the time something is in it: however this process ends, the copy ends with it.
    """
    fd, name = tempfile.mkstemp(dir=Path(db.database).parent, prefix=leftovers.SNAPSHOT)
    with os.fdopen(fd, "rb") as plain:
        with closing(sqlite3.connect(name)) as target:
            target.execute("PRAGMA journal_mode = OFF")  # a journal would need the name
            Path(name).unlink()
            db.connection().backup(target)
        yield plain


def newest(folder: Path, now: datetime) -> Path | None:
    """The latest backup that was made by now."""
    made = _backups(folder, now)
    return max(made, key=made.__getitem__, default=None)


def _prune(folder: Path, now: datetime) -> None:
    for path, made_at in _backups(folder, now).items():
        if now - made_at > KEEP:
            path.unlink()


def _backups(folder: Path, now: datetime) -> dict[Path, datetime]:
    """The backups in `folder` and when each was made; one that no day or only a later one made counts for nothing."""
    found = {path: _made_at(path) for path in folder.glob("*.backup") if NAME.fullmatch(path.name)}
    for path in [path for path, made_at in found.items() if made_at is None or made_at > now]:
        log.warning("%s counts for nothing: its name holds no time, or one that is yet to come", path)
        del found[path]
    return {path: made_at for path, made_at in found.items() if made_at}


def _made_at(path: Path) -> datetime | None:
    """From the name: copying a file elsewhere and back may change its time. None for a day that never was."""
    try:
        return datetime.strptime(path.name, "evenly-%Y%m%dT%H%M%SZ.backup").replace(tzinfo=UTC)
    except ValueError:
        return None
