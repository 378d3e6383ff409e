"""Files bring a client's diagnoses and whether they are in care, how to reach who pays, and what a pay site kept."""

from typing import Any

import sealing
from migrations.rebuild import drop_triggers, rebuild, without_foreign_keys

atomic = False

CLIENT = """
CREATE TABLE client (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, external_id TEXT, first_name TEXT NOT NULL,
    last_name TEXT NOT NULL, date_of_birth TEXT, line1 TEXT NOT NULL, line2 TEXT NOT NULL, city TEXT NOT NULL,
    state TEXT NOT NULL, zip TEXT NOT NULL, phone TEXT NOT NULL, email TEXT NOT NULL, sex TEXT NOT NULL,
    provider_id INTEGER, language TEXT NOT NULL, medicare INTEGER NOT NULL, medicaid INTEGER NOT NULL,
    "plan" TEXT NOT NULL, member_id TEXT NOT NULL, plan_group TEXT NOT NULL, insured_relation TEXT NOT NULL,
    insured_name TEXT NOT NULL, dx TEXT NOT NULL, inactive INTEGER NOT NULL,
    FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT
)
"""
ACCOUNT = """
CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, number TEXT NOT NULL, guarantor_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('single', 'family', 'joint')), line1 TEXT NOT NULL, line2 TEXT NOT NULL,
    city TEXT NOT NULL, state TEXT NOT NULL, zip TEXT NOT NULL, phone TEXT NOT NULL, email TEXT NOT NULL,
    payments_off INTEGER NOT NULL, payments_off_reason TEXT NOT NULL
)
"""
PAYMENT = """
CREATE TABLE payment (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, account_id INTEGER NOT NULL, user_id INTEGER,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')),
    method TEXT NOT NULL CHECK (method IN ('card', 'ach', 'cash', 'check', 'external')),
    source TEXT NOT NULL CHECK (source IN ('portal', 'autopay', 'plan', 'staff', 'import')),
    way TEXT NOT NULL CHECK (way IN ('one', 'many', 'amount', 'plan', 'autopay', 'staff', 'import')),
    paid_at TEXT NOT NULL, note TEXT NOT NULL, card_brand TEXT NOT NULL, card_last4 TEXT NOT NULL,
    check_number TEXT NOT NULL, site TEXT NOT NULL, fee INTEGER CHECK (typeof(fee) IN ('integer', 'null')),
    attempt_id INTEGER, FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    CHECK ((attempt_id IS NOT NULL) = (source IN ('portal', 'autopay', 'plan')))
)
"""
INDEXES = (
    'CREATE UNIQUE INDEX client_key ON client ("key")',
    "CREATE UNIQUE INDEX client_external_id ON client (external_id)",
    "CREATE INDEX client_provider_id ON client (provider_id)",
    'CREATE UNIQUE INDEX account_key ON account ("key")',
    "CREATE UNIQUE INDEX account_number ON account (number)",
    "CREATE INDEX account_guarantor_name_number ON account (guarantor_name, number)",
    'CREATE UNIQUE INDEX payment_key ON payment ("key")',
    "CREATE INDEX payment_account_id ON payment (account_id)",
    "CREATE INDEX payment_user_id ON payment (user_id)",
    "CREATE UNIQUE INDEX payment_attempt_id ON payment (attempt_id)",
    "CREATE INDEX payment_account_id_paid_at ON payment (account_id, paid_at)",
    "CREATE INDEX payment_paid_at_id_amount ON payment (paid_at, id, amount)",
)
EMPTY = {"client": {"dx": "[]"}, "account": dict.fromkeys(("line1", "line2", "city", "state", "zip"), "")}


def up(migrator: Any, db: Any) -> None:
    if any(column.name == "dx" for column in db.get_columns("client")):
        return  # done before, and cut off before that was written down
    with without_foreign_keys(db):
        drop_triggers(db)
        rebuild(db, "client", CLIENT, {"dx": "''", "inactive": "0"})
        rebuild(db, "account", ACCOUNT, {**dict.fromkeys(EMPTY["account"], "''"), "phone": "''", "email": "''"})
        rebuild(db, "payment", PAYMENT, {"fee": "NULL"})
        for index in INDEXES:
            db.execute_sql(index)
        for table, columns in EMPTY.items():
            _seal(db, table, columns)


def _seal(db: Any, table: str, columns: dict[str, str]) -> None:
    """What is empty is sealed, too, so that nobody sees who has none."""
    sets = ", ".join(f"{column} = ?" for column in columns)
    for [id] in db.execute_sql(f"SELECT id FROM {table}").fetchall():  # noqa: S608 (our own names)
        values = [sealing.seal_text(empty, f"{table}.{column}") for column, empty in columns.items()]
        db.execute_sql(f"UPDATE {table} SET {sets} WHERE id = ?", (*values, id))  # noqa: S608 (our own names)
