"""Copies of the database, taken while it is in use and sealed before they leave its folder."""

import re
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from billing import audit
from custody import sealed_files
from models import db
from sealing import ring

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
    path = folder / f"evenly-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}.backup"
    # The unsealed copy lies beside the database, which is no more secret, and never in the folder of backups.
    with tempfile.TemporaryDirectory(dir=Path(db.database).parent, prefix=".backup-") as scratch:
        copy = Path(scratch) / "evenly.sqlite"
        snapshot(copy)
        with copy.open("rb") as plain:
            sealed_files.write(path, plain, "database", now, ring.master())
    audit.note("system", "backup.make", f"backup:{path.name}", now)
    _prune(folder, now)
    return path


def make_daily(folder: Path, now: datetime) -> int:
    """Make today's copy unless it is there; returns how many were made."""
    found = newest(folder)
    if found and now - _made_at(found) < DAILY:
        return 0
    make(folder, now)
    return 1


def snapshot(path: Path) -> None:
    """The database as it is at this moment, in one step: with a write-ahead log, readers keep no writer waiting."""
    with closing(sqlite3.connect(path)) as target:
        db.connection().backup(target)


def newest(folder: Path) -> Path | None:
    return max(_backups(folder), key=_made_at, default=None)


def _prune(folder: Path, now: datetime) -> None:
    for path in _backups(folder):
        if now - _made_at(path) > KEEP:
            path.unlink()


def _backups(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.backup") if NAME.fullmatch(path.name)]


def _made_at(path: Path) -> datetime:
    """From the name: copying a file elsewhere and back may change its time."""
    return datetime.strptime(path.name, "evenly-%Y%m%dT%H%M%SZ.backup").replace(tzinfo=UTC)
