"""Who did or saw what, when, from where, and why; never content. Each entry is chained to the one before it."""

import hashlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from fields import canonical_json
from models import AuditEntry, db

GENESIS = "0" * 64
ABOUT = "Activity log: "  # how a sentence about a break in the chain begins
AT_ONCE = 1000
MOST = 100  # sentences: whoever changed everything need not be told of each
FACTS = ("at", "by", "what", "subject", "result", "detail", "ip", "session", "reason")


class Origin(NamedTuple):
    """Where what happens comes from: an address and the id of a sign-in; both empty when nobody asked for it."""

    ip: str = ""
    session: str = ""


# Whoever lets people in says here how to tell; so no caller of `note` has to pass it on.
origin: ContextVar[Callable[[], Origin]] = ContextVar("origin", default=Origin)


def note(
    by: str,
    what: str,
    subject: str,
    now: datetime,
    ip: str = "",
    result: str = "",
    detail: str = "",
    *,
    session: str = "",
    reason: str = "",
) -> AuditEntry:
    """Add one entry to the log, in the transaction of the caller or in one of its own.

    `by` is "staff:7", "user:3", "system" or "stranger"; `subject` names rows ("document:12"); `detail` says old -> new
    of a setting; `reason` is a word of ours. What a person wrote as theirs lies sealed in the row that `subject` names.
    Each `what` has its sentence in the catalogue, `log.` and the word.
    """
    here = origin.get()()
    with db.atomic():
        last = AuditEntry.select(AuditEntry.hash).order_by(AuditEntry.id.desc()).first()
        entry = AuditEntry(
            by=by, what=what, subject=subject, at=now, ip=ip or here.ip, result=result, detail=detail,
            session=session or here.session, reason=reason, prev_hash=last.hash if last else GENESIS,
        )  # fmt: skip
        entry.hash = digest(entry.prev_hash, [_text(getattr(entry, name)) for name in FACTS])
        entry.save(force_insert=True)
    return entry


def digest(prev_hash: str, facts: list[str]) -> str:
    """SHA-256 over the previous hash and the entry's own facts, in the order of `FACTS`, as the database has them."""
    return hashlib.sha256((prev_hash + canonical_json(dict(zip(FACTS, facts, strict=True)))).encode()).hexdigest()


def broken() -> Iterator[str]:
    """One sentence for each entry that is missing, was changed, or stands in another's place; no more than MOST.

    Who cuts off the end and changes SQLite's own count as well leaves no trace here: compare `last()` with what was
    noted elsewhere.
    """
    return islice(_breaks(), MOST)


def _breaks() -> Iterator[str]:
    previous, expected = GENESIS, 1
    for id, prev_hash, hash, *facts in _rows():
        if id != expected:
            gone = f"entry {expected} is" if id == expected + 1 else f"entries {expected} to {id - 1} are"
            yield f"{ABOUT}{gone} missing."
        if prev_hash != previous or hash != digest(prev_hash, facts):
            yield f"{ABOUT}entry {id} was changed, or the one before it: its hash does not fit."
        previous, expected = hash, id + 1
    given = db.execute_sql("SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'audit_entry'").fetchone()[0] or 0
    if given != expected - 1:
        yield f"{ABOUT}it ends at entry {expected - 1}, and its last was entry {given}."


def last() -> AuditEntry | None:
    """The newest entry: its hash vouches for all before it."""
    found: AuditEntry | None = AuditEntry.select().order_by(AuditEntry.id.desc()).first()
    return found


def _rows() -> Iterator[tuple[Any, ...]]:
    """Every entry as the database has it, a block at a time: a long log must not keep writers waiting."""
    names, seen = ", ".join(f'"{name}"' for name in FACTS), 0
    asked = f"SELECT id, prev_hash, hash, {names} FROM audit_entry WHERE id > ? ORDER BY id LIMIT {AT_ONCE}"  # noqa: S608
    while rows := db.execute_sql(asked, (seen,)).fetchall():
        yield from rows
        seen = rows[-1][0]


def _text(value: object) -> str:
    return str(AuditEntry.at.db_value(value) if isinstance(value, datetime) else value)
