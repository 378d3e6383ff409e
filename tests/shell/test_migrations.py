"""The migrations build exactly what models.py describes; a difference is found, whatever it is."""

import re
import sqlite3

import pytest

from migrations import migrate
from models import TABLES, db, lay_triggers, open_database


def described(path) -> dict[str, str]:
    """Name -> SQL of everything in a database file, spelled one way."""
    with sqlite3.connect(path) as file:
        rows = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    file.close()
    found = {
        name: re.sub(r"\s+", " ", sql.replace('"', "")).replace("( ", "(").replace(" )", ")") for name, sql in rows
    }
    return {name: sql for name, sql in found.items() if not name.startswith("schema_migration")}


@pytest.fixture
def expected(tmp_path) -> dict[str, str]:
    path = tmp_path / "models.sqlite"
    open_database(str(path))
    with db.connection_context():
        db.create_tables(TABLES)
        lay_triggers()
    return described(path)


def test_migrations_build_every_table_check_index_and_trigger_of_the_models(expected, migrated):
    assert described(migrated) == expected


def test_migrating_again_changes_nothing(tmp_path):
    path = tmp_path / "twice.sqlite"
    open_database(str(path))

    assert migrate() == ["0001_initial"]
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
