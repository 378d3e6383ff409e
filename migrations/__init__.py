"""Bring a database file to today's tables. Each migration is frozen and runs once; triggers are laid anew each time."""

import logging
from pathlib import Path

from playhouse.migrations import Runner

from migrations import triggers
from models import db

log = logging.getLogger("evenly.migrations")

SEALED = 4  # kept in the file: it was rewritten after migration 0004 had sealed its columns


def migrate() -> list[str]:
    """Apply what is pending to the database the models point at; returns the names of what was applied."""
    if db.database != ":memory:":
        _make(Path(db.database))
    opened = db.connect(reuse_if_open=True)
    try:
        applied: list[str] = _runner().up()
        triggers.lay()
        _forget_plain_text()
        return applied
    finally:
        if opened:
            db.close()


def _make(file: Path) -> None:
    """For this user alone; SQLite gives the journals beside it the same mode."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)


def unknown() -> list[str]:
    """Migrations this file has seen and this program does not have: a newer program wrote it."""
    return [each.name for each in _runner().status() if each.path is None]


def _runner() -> Runner:
    return Runner(db, str(Path(__file__).parent))


def _forget_plain_text() -> None:
    """Write the file anew, once, so that nothing unsealed is left in free pages or in the journal.

    Whoever reads the file meanwhile keeps the old pages in it: then it is done again the next time.
    """
    if db.pragma("user_version") >= SEALED:
        return
    db.execute_sql("VACUUM")
    busy = db.pragma("wal_checkpoint(TRUNCATE)")
    if busy:
        log.warning("another process reads the database, so unsealed text is left in it: end that one, then migrate")
    else:
        db.pragma("user_version", SEALED)
