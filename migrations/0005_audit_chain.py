"""The activity log names the session and the reason, and each entry is chained to the one before it."""

import hashlib
import json
from typing import Any

from migrations.rebuild import rebuild, without_foreign_keys

atomic = False

AUDIT_ENTRY = """
CREATE TABLE audit_entry (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "by" TEXT NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, result TEXT NOT NULL, detail TEXT NOT NULL, ip TEXT NOT NULL, session TEXT NOT NULL,
    reason TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL
)
"""
INDEXES = """
CREATE UNIQUE INDEX audit_entry_prev_hash ON audit_entry (prev_hash);
CREATE UNIQUE INDEX audit_entry_hash ON audit_entry (hash);
CREATE INDEX audit_entry_at ON audit_entry (at);
CREATE INDEX audit_entry_by ON audit_entry ("by");
CREATE INDEX audit_entry_what ON audit_entry (what);
CREATE INDEX audit_entry_subject ON audit_entry (subject);
CREATE INDEX audit_entry_session ON audit_entry (session);
"""
# They held what staff wrote, which 0004 put where it belongs.
EMPTIED = """
UPDATE audit_entry SET detail = '' WHERE what IN
('account.payments_off', 'account.payments_on', 'payments.off', 'dispute.ask', 'dispute.write_off', 'refund.check')
"""
FACTS = ("at", "by", "what", "subject", "result", "detail", "ip", "session", "reason")


def up(migrator: Any, db: Any) -> None:
    if any(column.name == "hash" for column in db.get_columns("audit_entry")):
        return  # done before, and cut off before that was written down
    with without_foreign_keys(db):
        rebuild(db, "audit_entry", AUDIT_ENTRY, {"session": "''", "reason": "''", "prev_hash": "''", "hash": "''"})
        db.execute_sql(EMPTIED)
        chain(db)
        for sql in INDEXES.split(";"):
            if sql.strip():
                db.execute_sql(sql)


def chain(db: Any) -> None:
    """Give each row of before its place, in the order they were written."""
    previous = "0" * 64
    columns = ", ".join(f'"{name}"' for name in FACTS)
    rows = db.execute_sql(f"SELECT id, {columns} FROM audit_entry ORDER BY id").fetchall()  # noqa: S608 (our own names)
    for id, *facts in rows:
        row = dict(zip(FACTS, facts, strict=True))
        text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        hash = hashlib.sha256((previous + text).encode()).hexdigest()
        db.execute_sql("UPDATE audit_entry SET prev_hash = ?, hash = ? WHERE id = ?", (previous, hash, id))
        previous = hash
