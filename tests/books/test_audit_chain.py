"""The activity log keeps what was written: each entry is chained to the one before, and what was touched is named."""

import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from peewee import IntegrityError, InternalError
from playhouse.migrations import Runner
from playhouse.test_utils import count_queries

from billing import audit
from billing.audit import FACTS, GENESIS, Origin, broken, note
from billing.discrepancies import discrepancies
from migrations import migrate, triggers
from models import AuditEntry, db, open_database
from tests.builders import NOW
from tests.test_architecture import ROOT

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def log():
    """Five entries."""
    return [note("staff:1", "document.view", f"document:{number}", NOW) for number in range(1, 6)]


@contextmanager
def forced():
    """What somebody with the file in hand could do; afterwards everything is as it was."""
    with db.atomic() as transaction:
        for event in ("update", "delete"):
            db.execute_sql(f"DROP TRIGGER audit_entry_{event}")
        yield
        transaction.rollback()


def test_each_entry_names_the_hash_of_the_one_before(log):
    assert [entry.prev_hash for entry in log] == [GENESIS, *(entry.hash for entry in log[:-1])]
    assert audit.last() == log[-1]
    assert discrepancies() == []


def test_an_empty_log_is_whole_and_has_no_end():
    assert audit.last() is None
    assert list(broken()) == []


def test_an_entry_costs_one_look_and_one_row_however_long_the_log(log):
    with count_queries() as asked:
        note("system", "task.done", "task:1", NOW)
    assert asked.count == 2


@pytest.mark.parametrize("column", [*FACTS, "hash"])
def test_every_fact_is_under_the_hash(log, column):
    with forced():
        db.execute_sql(f'UPDATE audit_entry SET "{column}" = ? WHERE id = 3', ("something else",))
        assert next(broken()).startswith("Activity log: entry 3 was changed, or the one before it")
        assert "entry 3 was changed" in " ".join(discrepancies())
    assert discrepancies() == []


def test_what_is_missing_is_counted(log):
    with forced():
        db.execute_sql("DELETE FROM audit_entry WHERE id = 2")
        assert list(broken()) == [
            "Activity log: entry 2 is missing.",
            "Activity log: entry 3 was changed, or the one before it: its hash does not fit.",
        ]
        db.execute_sql("DELETE FROM audit_entry WHERE id = 3")
        assert next(broken()) == "Activity log: entries 2 to 3 are missing."


@pytest.mark.parametrize(("left", "told"), [(3, "at entry 3"), (0, "at entry 0")], ids=["cut", "emptied"])
def test_an_end_that_was_cut_off_is_noticed(log, left, told):
    with forced():
        db.execute_sql("DELETE FROM audit_entry WHERE id > ?", (left,))
        assert list(broken()) == [f"Activity log: it ends {told}, and its last was entry 5."]
        note("system", "task.done", "task:1", NOW)
        assert f"entries {left + 1} to 5 are missing." in next(broken())


def test_of_a_log_where_everything_was_changed_a_hundred_sentences_are_told(log, monkeypatch):
    monkeypatch.setattr(audit, "MOST", 3)
    with forced():
        db.execute_sql("UPDATE audit_entry SET result = 'x'")
        assert len(list(broken())) == 3


def test_two_entries_that_change_places_are_noticed(log):
    with forced():
        for before, after in ((2, 99), (4, 2), (99, 4)):
            db.execute_sql("UPDATE audit_entry SET id = ? WHERE id = ?", (after, before))
        assert [sentence.split()[3] for sentence in broken()] == ["2", "3", "4", "5"]


def test_a_log_of_many_blocks_is_read_to_its_end(log, monkeypatch):
    monkeypatch.setattr(audit, "AT_ONCE", 2)
    with forced():
        db.execute_sql("UPDATE audit_entry SET result = 'x' WHERE id = 5")
        assert len(list(broken())) == 1


def test_the_database_refuses_a_second_entry_after_the_same_one(log):
    facts = {name: getattr(log[-1], name) for name in (*FACTS, "prev_hash")}
    with pytest.raises(IntegrityError, match="prev_hash"):
        AuditEntry.create(**facts, hash="a fork")


def test_an_entry_is_never_changed_or_deleted(log):
    with pytest.raises((IntegrityError, InternalError), match="append-only"):
        AuditEntry.update(by="staff:2").execute()
    with pytest.raises((IntegrityError, InternalError), match="is kept"):
        AuditEntry.delete().execute()


def test_threads_that_write_at_once_make_one_chain():
    together = Barrier(4)

    def write(who):
        with db.connection_context():
            together.wait()
            for number in range(10):
                note(f"staff:{who}", "document.view", f"document:{number}", NOW + timedelta(seconds=number))

    threads = [Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert AuditEntry.select().count() == 40
    assert discrepancies() == []


def test_what_the_caller_takes_back_was_never_logged(log):
    with db.atomic() as transaction:
        note("staff:1", "refund.ask", "money_back:1", NOW)
        transaction.rollback()

    note("staff:1", "refund.ask", "money_back:2", NOW)
    assert AuditEntry.select().count() == 6
    assert discrepancies() == []


def test_where_it_came_from_is_asked_of_whoever_let_the_person_in():
    token = audit.origin.set(lambda: Origin("192.0.2.7", "12"))
    try:
        here = note("staff:1", "document.view", "document:1", NOW, reason="Asked by phone")
        told = note("staff:1", "document.view", "document:1", NOW, ip="192.0.2.8", session="13")
    finally:
        audit.origin.reset(token)
    nowhere = note("system", "refund.outcome", "money_back:1", NOW)

    assert [(row.ip, row.session, row.reason) for row in (here, told, nowhere)] == [
        ("192.0.2.7", "12", "Asked by phone"),
        ("192.0.2.8", "13", ""),
        ("", "", ""),
    ]


def test_entries_of_a_file_from_before_are_chained_in_their_order(tmp_path):
    path = tmp_path / "before.sqlite"
    open_database(str(path))
    with db.connection_context():
        Runner(db, str(ROOT / "migrations")).up("0003_entry")
    with sqlite3.connect(path) as file:
        for number in range(1, 4):
            row = ("2026-10-01T08:00:00.000000Z", "staff:1", "practice.city", "practice:1", "", f"{number} -> é", "::1")
            file.execute(
                'INSERT INTO audit_entry (at, "by", what, subject, result, detail, ip) VALUES (?,?,?,?,?,?,?)', row
            )
    file.close()

    migrate()

    with db.connection_context():
        assert [row.detail for row in AuditEntry.select().order_by(AuditEntry.id)] == ["1 -> é", "2 -> é", "3 -> é"]
        note("staff:1", "document.view", "document:1", NOW)
        assert list(broken()) == []
        assert {"audit_entry_update", "audit_entry_delete"} <= set(triggers.all_triggers())
