"""The migrations build exactly what models.py describes; a difference is found, whatever it is."""

import re
import sqlite3

import pytest
from playhouse.migrations import Runner

from choices import DisputeState
from migrations import migrate, triggers
from models import TABLES, Account, AuditEntry, Client, Dispute, Hold, Practice, SignIn, db, open_database
from tests.test_architecture import ROOT


def described(path) -> dict[str, str]:
    """Name -> SQL of everything in a database file, spelled one way."""
    with sqlite3.connect(path) as file:
        rows = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    file.close()
    found = {
        name: re.sub(r"\s+", " ", sql.replace('"', "")).replace("( ", "(").replace(" )", ")") for name, sql in rows
    }
    return {name: sql for name, sql in found.items() if not name.startswith("schema_migration")}


FIRST_ROWS = {
    "practice": {
        "posting_mode": "auto",
        "checkout_layout": "one_page",
        "minimum_payment": 1,
        "telehealth_modifiers": "[]",
    },
    "account": {"id": 1, "kind": "single", "payments_off": 1},
    "client": {"id": 1},
    "payment": {"id": 1, "account_id": 1, "amount": 500, "method": "cash", "source": "staff", "way": "staff"},
    "dispute": {"id": 1, "payment_id": 1, "state": "open", "reason": "fraud", "opened_on": "2026-01-02"},
    "user": {"id": 1},
    "sign_in": {"user_id": 1, "began_at": "2026-01-02T00:00:00Z", "seen_at": "2026-01-02T00:05:00Z"},
    "audit_entry": {
        "at": "2026-01-02T00:00:00Z",
        "what": "account.payments_off",
        "subject": "account:1",
        "detail": "Pays by check",
    },
    "hold": {"kind": "dispute", "account_id": 1, "dispute_id": 1, "began_at": "2026-01-02T00:00:00Z"},
}


def required(file, table) -> dict[str, object]:
    """A value for each column of a table that must have one."""
    columns = file.execute(f"PRAGMA table_info({table})").fetchall()
    return {name: 0 if type == "INTEGER" else "" for _, name, type, needed, _, key in columns if needed and not key}


@pytest.fixture
def expected(tmp_path) -> dict[str, str]:
    path = tmp_path / "models.sqlite"
    open_database(str(path))
    with db.connection_context():
        db.create_tables(TABLES)
        triggers.lay()
    return described(path)


def test_migrations_build_every_table_check_index_and_trigger_of_the_models(expected, migrated):
    assert described(migrated) == expected


def test_migrating_again_changes_nothing(tmp_path):
    path = tmp_path / "twice.sqlite"
    open_database(str(path))

    assert migrate() == sorted(path.stem for path in (ROOT / "migrations").glob("0*.py"))
    before = described(path)
    assert migrate() == []
    assert described(path) == before


def test_nobody_else_on_the_machine_may_read_the_file(migrated):
    assert migrated.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("table", "planted"),
    [
        ("payment", (" CHECK (amount > 0)", "")),
        ("payment", (" NOT NULL", "")),
        ("entry", ("ON DELETE RESTRICT", "ON DELETE CASCADE")),
        ("sign_in", ("(user_id IS NULL) <> (staff_id IS NULL)", "1")),
    ],
)
def test_a_planted_difference_is_noticed(expected, migrated, tmp_path, table, planted):
    path = tmp_path / "planted.sqlite"
    open_database(str(path))
    migrate()
    with sqlite3.connect(path) as file:
        [[sql]] = file.execute("SELECT sql FROM sqlite_master WHERE name = ?", [table]).fetchall()
        assert planted[0] in sql
        file.execute("PRAGMA writable_schema = ON")
        file.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", [sql.replace(*planted, 1), table])
    file.close()

    assert described(path) != expected


def test_a_dropped_trigger_comes_back_with_the_next_migration(expected, tmp_path):
    path = tmp_path / "dropped.sqlite"
    open_database(str(path))
    migrate()
    with db.connection_context():
        db.execute_sql("DROP TRIGGER entry_update")

    migrate()

    assert described(path) == expected


def test_a_file_of_the_first_release_keeps_its_rows(tmp_path):
    """A dispute gets a key of its own, its hold still names it, new settings get their default; nobody is signed in;
    and what staff wrote leaves the log.
    """
    path = tmp_path / "first.sqlite"
    open_database(str(path))
    with db.connection_context():
        Runner(db, str(ROOT / "migrations")).up("0001_initial")
    with sqlite3.connect(path) as file:
        for table, given in FIRST_ROWS.items():
            row = {**required(file, table), **given}
            names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
            file.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))
    file.close()

    migrate()

    with db.connection_context():
        dispute = Dispute.get()
        assert (dispute.state, dispute.reason, len(dispute.key)) == (DisputeState.OPEN, "fraud", 22)
        assert Hold.get().dispute == dispute
        assert Practice.the().refund_limit == 500_00
        assert (Account.get().payments_off_reason, AuditEntry.get().detail) == ("Pays by check", "")
        assert (Account.get().city, Client.get().dx, Client.get().inactive) == ("", [], False)
        assert SignIn.get().ended_at == SignIn.get().seen_at
        assert list(db.execute_sql("PRAGMA foreign_key_check")) == []
