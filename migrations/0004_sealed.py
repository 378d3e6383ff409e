"""Birth dates, addresses, plans, diagnoses, notes, reasons, papers and second-step secrets are sealed."""

from datetime import UTC, datetime
from typing import Any

import sealing
from migrations.rebuild import rebuild, without_foreign_keys

atomic = False

CLIENT = """
CREATE TABLE client (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, external_id TEXT, first_name TEXT NOT NULL,
    last_name TEXT NOT NULL, date_of_birth TEXT, line1 TEXT NOT NULL, line2 TEXT NOT NULL, city TEXT NOT NULL,
    state TEXT NOT NULL, zip TEXT NOT NULL, phone TEXT NOT NULL, email TEXT NOT NULL, sex TEXT NOT NULL,
    provider_id INTEGER, language TEXT NOT NULL, medicare INTEGER NOT NULL, medicaid INTEGER NOT NULL,
    "plan" TEXT NOT NULL, member_id TEXT NOT NULL, plan_group TEXT NOT NULL, insured_relation TEXT NOT NULL,
    insured_name TEXT NOT NULL, FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT
)
"""
INDEXES = (
    'CREATE UNIQUE INDEX client_key ON client ("key")',
    "CREATE UNIQUE INDEX client_external_id ON client (external_id)",
    "CREATE INDEX client_provider_id ON client (provider_id)",
    'CREATE UNIQUE INDEX account_key ON account ("key")',
    "CREATE UNIQUE INDEX account_number ON account (number)",
    "CREATE INDEX account_guarantor_name_number ON account (guarantor_name, number)",
)
ACCOUNT = """
CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, number TEXT NOT NULL, guarantor_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('single', 'family', 'joint')), payments_off INTEGER NOT NULL,
    payments_off_reason TEXT NOT NULL
)
"""
# The log held what staff wrote; from here on it lies, sealed, with what it is about. 0005 empties it there.
WHY_ACCOUNT = """
COALESCE((
    SELECT detail FROM audit_entry WHERE what = 'account.payments_off' AND subject = 'account:' || account.id
    AND account.payments_off ORDER BY audit_entry.id DESC LIMIT 1
), '')
"""
WHY_HOLD = """
UPDATE hold SET reason = COALESCE((
    SELECT detail FROM audit_entry WHERE what IN ('dispute.ask', 'dispute.write_off')
    AND subject = 'dispute:' || hold.dispute_id ORDER BY audit_entry.id DESC LIMIT 1
), '') WHERE reason = ''
"""
DATA_KEY = """
CREATE TABLE IF NOT EXISTS data_key (
    id TEXT NOT NULL PRIMARY KEY, wrapped TEXT NOT NULL, made_at TEXT NOT NULL, retired_at TEXT
)
"""
# They would refuse to seal what was written before; all triggers are laid anew after the migrations.
IN_THE_WAY = ("payment_update", "entry_update", "document_frozen", "document_once_pdf")
SEALED = {
    "client": (
        "date_of_birth", "line1", "line2", "city", "state", "zip", "member_id", "plan_group", "insured_name",
    ),
    "account": ("payments_off_reason",),
    "practice": ("payments_off_reason",),
    "link": ("ended_because",),
    "break_glass": ("reason",),
    "diagnosis": ("code", "text"),
    "charge": ("dx",),
    "attempt": ("note",),
    "payment": ("note",),
    "entry": ("reason",),
    "money_back": ("reason",),
    "hold": ("reason",),
    "document": ("data", "pdf"),
    "totp": ("secret",),
}  # fmt: skip


def up(migrator: Any, db: Any) -> None:
    if any(column.name == "dx" for column in db.get_columns("client")):
        return  # done long before, and the table has grown since
    with without_foreign_keys(db):
        rebuild(db, "client", CLIENT, {})
        rebuild(db, "account", ACCOUNT, {"payments_off_reason": WHY_ACCOUNT})
        db.execute_sql(WHY_HOLD)
        for index in INDEXES:
            db.execute_sql(index)
        db.execute_sql("DROP INDEX IF EXISTS diagnosis_code")
        for trigger in IN_THE_WAY:
            db.execute_sql(f"DROP TRIGGER IF EXISTS {trigger}")
        db.execute_sql(DATA_KEY)
        _make_key(db)
        for table, columns in SEALED.items():
            for column in columns:
                _seal(db, table, column)


def _make_key(db: Any) -> None:
    """The first data key, unless this ran before and was cut off at its very end."""
    if db.execute_sql("SELECT id FROM data_key").fetchone() is None:
        made_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        row = (*sealing.new_data_key(sealing.ring.master()), made_at)
        db.execute_sql("INSERT INTO data_key (id, wrapped, made_at) VALUES (?, ?, ?)", row)


def _seal(db: Any, table: str, column: str) -> None:
    known = {id for [id] in db.execute_sql("SELECT id FROM data_key").fetchall()}
    kept = db.execute_sql(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()  # noqa: S608
    for id, value in kept:
        if sealing.key_of(value) not in known:
            seal = sealing.seal_bytes if isinstance(value, bytes) else sealing.seal_text
            row = (seal(value, f"{table}.{column}"), id)
            db.execute_sql(f"UPDATE {table} SET {column} = ? WHERE id = ?", row)  # noqa: S608 (our own names)
