"""The row of the checklist and what runs by itself: staff learn that a backup failed, or was long not tried."""

import resource
import signal
import sqlite3
from dataclasses import replace

import pytest

from billing.audit import note
from billing.checklist import Answer, Processor, ProcessorFacts, checklist
from billing.safety import RESTORE_TESTED, WORKED
from config import SettingError, Settings
from jobs import back_up, check_seals
from models import Staff, Task, db, open_database
from tests import builders as the

LIVE = ProcessorFacts(Processor.LIVE)


def row(facts=LIVE):
    return next(row for row in checklist(the.the_practice(), facts, the.TODAY) if row.key == "pr.check.safe")


def test_safe_hands_are_two_steps_for_all_https_and_a_tried_backup(practice):
    the.a_staff_member(secured_at=the.NOW)
    gone = the.a_staff_member("Ivo Lane-Demo", disabled_at=the.NOW)
    assert (row().answer, row().blocks) == (Answer.DONE, False)

    Staff.update(disabled_at=None).where(Staff.id == gone.id).execute()
    found = row(replace(LIVE, https=False, restored=False))
    assert found.missing == ("pr.safe.staff", "pr.safe.https", "pr.safe.restore")
    assert (found.number, found.answer, found.blocks) == (13, Answer.TODO, True)


def test_play_money_asks_for_no_safe_hands(practice):
    keys = {row.key for row in checklist(practice, ProcessorFacts(Processor.TRIAL), the.TODAY)}

    assert "pr.check.safe" not in keys


def tasks():
    return [task.kind for task in Task.select().order_by(Task.id)]


@pytest.fixture
def with_settings(app):
    def put(**changes):
        app.extensions["settings"] = replace(app.extensions["settings"], **changes)
        return app

    return put


def test_a_backup_is_made_daily_where_a_folder_is_named(app, with_settings, clock, tmp_path):
    assert back_up(app, clock()) == 0

    with_settings(backup_folder=str(tmp_path / "backups"))
    assert [back_up(app, clock()), back_up(app, clock())] == [1, 0]
    assert tasks() == []


def test_a_backup_that_fails_is_told(with_settings, clock, tmp_path):
    (tmp_path / "backups").touch()

    with pytest.raises(OSError, match="backups"):
        back_up(with_settings(backup_folder=str(tmp_path / "backups")), clock())

    assert tasks() == ["task.backup"]


def test_whatever_makes_a_backup_fail_is_told(with_settings, clock, tmp_path):
    """As a full disk, where it is SQLite that fails, and a key file that is gone."""
    app = with_settings(backup_folder=str(tmp_path / "backups"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(sqlite3.Error):
            back_up(app, clock())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert tasks() == ["task.backup"]

    Task.delete().execute()
    open_database(db.database, Settings(data_key_file=str(tmp_path / "gone")).master_keys)
    with pytest.raises(SettingError, match="cannot be read"):
        back_up(app, clock())
    assert tasks() == ["task.backup"]


def test_a_sealed_value_that_does_not_open_is_told(app, clock):
    the.a_client(line1="12 Example Ave")
    assert check_seals(app, clock()) == 0
    db.execute_sql("UPDATE client SET line1 = city")

    assert [check_seals(app, clock()), check_seals(app, clock())] == [1, 1]

    assert [(task.kind, task.detail) for task in Task.select()] == [
        ("task.sealed", "Row 1: client.line1 was changed, or was sealed for another place: it does not open.")
    ]


def test_a_real_practice_is_reminded_to_try_a_backup(with_settings, clock):
    app = with_settings(mode="production")
    back_up(app, clock())
    back_up(app, clock())
    assert tasks() == ["task.restore"]

    Task.delete().execute()
    note("system", RESTORE_TESTED, "backup:x", clock(), result=WORKED)
    clock.pass_(days=29)
    back_up(app, clock())
    assert tasks() == []
