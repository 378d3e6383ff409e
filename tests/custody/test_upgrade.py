"""A file brought up to date: also after being cut off at the worst moment, or while somebody reads it."""

import sqlite3
from pathlib import Path

import pytest
from peewee import IntegrityError

from migrations import migrate
from models import AuditEntry, Client, DataKey, SignIn, User, db
from tests.custody.test_raw_file import files_of, opened
from tests.test_architecture import ROOT

PLAIN = b"born on 1988-03-14"


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "migrations").glob("000[2-9]*.py")))
def test_a_migration_that_died_before_it_was_written_down_runs_again(demo, name):
    before, rows = opened(), [model.select().count() for model in (User, SignIn, AuditEntry, Client)]
    schema = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'schema_migration%' ORDER BY name"
    tables = db.execute_sql(schema).fetchall()
    db.execute_sql("DELETE FROM schema_migration WHERE name = ?", [name])

    assert migrate() == [name]

    assert migrate() == []
    assert opened() == before
    assert [model.select().count() for model in (User, SignIn, AuditEntry, Client)] == rows
    assert [(name, sql.replace('"', "")) for name, sql in db.execute_sql(schema).fetchall() if sql] == [
        (name, sql.replace('"', "")) for name, sql in tables if sql
    ]


@pytest.fixture
def unsealed(demo):
    """A file with plain words in its free pages, as one from before its columns were sealed."""
    db.pragma("secure_delete", 0)
    db.execute_sql("CREATE TABLE before (words TEXT)")
    db.execute_sql("INSERT INTO before VALUES (?)", [PLAIN.decode() * 500])
    db.pragma("wal_checkpoint(TRUNCATE)")
    db.execute_sql("DROP TABLE before")
    db.pragma("user_version", 3)
    db.pragma("wal_checkpoint(TRUNCATE)")
    assert PLAIN in files_of(demo)
    return demo


def test_plain_text_is_gone_only_when_nobody_reads_the_file(unsealed: Path, caplog):
    db.pragma("busy_timeout", 50)
    other = sqlite3.connect(unsealed, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM client").fetchone()

    migrate()

    assert "another process reads the database, so unsealed text is left in it" in caplog.text
    assert PLAIN in files_of(unsealed)
    other.close()
    caplog.clear()
    migrate()
    assert (PLAIN in files_of(unsealed), "another process" in caplog.text) == (False, False)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM data_key",
        "UPDATE data_key SET id = 'other'",
        "UPDATE data_key SET retired_at = NULL WHERE retired_at IS NOT NULL",
    ],
)
def test_no_data_key_goes_or_comes_back(demo, sql):
    row = DataKey.get()
    DataKey.update(retired_at=row.made_at).where(DataKey.id == row.id).execute()

    with pytest.raises(IntegrityError, match="data_key "):
        db.execute_sql(sql)
