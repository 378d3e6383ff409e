"""A backup taken under load comes back whole; of one that is not, nothing is put back, and a sentence says why."""

import base64
import hashlib
import json
import os
import sqlite3
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from billing import discrepancies as books
from billing.safety import restore_tested
from custody import backups, restoring, sealed_files
from identity import signins
from models import (
    Account,
    AuditEntry,
    Challenge,
    Charge,
    Document,
    OneTimeLink,
    Payment,
    SignIn,
    Task,
    User,
    db,
    open_database,
)
from sealing import SealError
from tests import builders as the
from tests.custody.conftest import NOTE
from tests.custody.test_raw_file import found, opened

DATES = datetime(2026, 10, 1, tzinfo=UTC)


@pytest.fixture
def backup(run, tmp_path) -> Path:
    """One backup of the demo, made by the command."""
    result = run("backup")
    assert result.exit_code == 0, result.output
    [made] = (tmp_path / "backups").iterdir()
    assert result.output == f"Made {made}\n"
    return made


def plain_of(backup: Path, tmp_path: Path) -> Path:
    """Opened without any of the checks."""
    path = tmp_path / "opened.sqlite"
    with path.open("wb") as into:
        sealed_files.read(backup, into, "database", restoring.ring.masters())
    return path


def seal_again(path: Path, backup: Path) -> None:
    """What somebody with the keys might put in the backup's place."""
    with path.open("rb") as plain:
        sealed_files.write(backup, plain, "database", the.NOW, restoring.ring.master())


def left_behind(tmp_path: Path) -> list[str]:
    return [path.name for path in tmp_path.iterdir() if path.name.startswith(".") or path.name.startswith("restored")]


def test_a_backup_is_sealed_dated_and_for_this_user_alone(backup, tmp_path):
    content = backup.read_bytes()
    label = json.loads(content.splitlines()[1])

    assert backup.name == "evenly-20261120T180000Z.backup"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert backup.parent.stat().st_mode & 0o777 == 0o700
    assert label["sha256"] == hashlib.sha256(plain_of(backup, tmp_path).read_bytes()).hexdigest()
    assert found(content) == set()
    assert b"SQLite format" not in content
    assert b"Demo" not in content
    assert found(plain_of(backup, tmp_path).read_bytes()) == set()  # even opened, its columns are sealed
    assert left_behind(tmp_path) == []
    assert AuditEntry.select().where(AuditEntry.what == "backup.make").count() == 1


def test_a_backup_under_load_comes_back_whole(demo, run, tmp_path):
    """People pay and staff write while it is made; what comes back is one moment of it, and its books balance."""
    stop, paid = threading.Event(), []

    def pay(account):
        while not stop.is_set():
            charge = the.a_charge(account, fee="10.00")
            the.a_paid(charge, note=NOTE)
            paid.append(charge.id)
            time.sleep(0.005)
        db.close()

    workers = [threading.Thread(target=pay, args=(account,)) for account in Account.select().limit(2)]
    for worker in workers:
        worker.start()
    while len(paid) < 4:
        time.sleep(0.001)
    before = len(paid)
    made = [backups.make(tmp_path / "backups", the.NOW.replace(second=second)) for second in range(3)]
    during = len(paid) - before
    stop.set()
    for worker in workers:
        worker.join()
    everything = Payment.select().count()

    result = run("restore", made[1], "--to", tmp_path / "restored.sqlite")

    assert result.exit_code == 0, result.output
    assert "Its books balance." in result.output
    assert during
    open_database(str(tmp_path / "restored.sqlite"))
    with db.connection_context():
        assert books.discrepancies() == []
        assert set(paid[:before]) <= {charge.id for charge in Charge.select()}
        assert Payment.select().count() < everything
        assert NOTE in opened().decode()
    open_database(str(demo))


def test_what_is_put_back_is_the_practice_and_says_so(backup, demo, run, tmp_path):
    to = tmp_path / "restored.sqlite"
    plain = opened()

    result = run("restore", backup, "--to", to)

    assert result.exit_code == 0, result.output
    assert to.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob("restored*")) == ["restored.sqlite"]
    open_database(str(to))
    with db.connection_context():
        assert opened() == plain
        assert [row.subject for row in AuditEntry.select().where(AuditEntry.what == "restore")] == [
            f"backup:{backup.name}"
        ]
    open_database(str(demo))
    assert AuditEntry.select().where(AuditEntry.what == "restore").count() == 0


def test_what_was_ended_since_does_not_begin_again(demo, run, tmp_path, clock):
    ana = User.get(email="ana@example.com")
    token = signins.begin(ana, the.NOW)
    later = the.NOW.replace(year=2027)
    OneTimeLink.create(user=ana, token_sha256="x", purpose="reset", created_at=the.NOW, expires_at=later)
    Challenge.create(user=ana, purpose="confirm_email", created_at=the.NOW, expires_at=later)
    made = backups.make(tmp_path / "backups", the.NOW)
    signins.end_all(ana, the.NOW)
    clock.pass_(minutes=5)

    result = run("restore", made, "--to", tmp_path / "restored.sqlite")

    assert result.output.endswith(
        "Nobody is signed in to it. Links, invitations, staff, passwords, second steps and used backup codes changed "
        "since 2026-11-20 18:00 UTC must be done again.\n"
    )
    open_database(str(tmp_path / "restored.sqlite"))
    with db.connection_context():
        assert signins.find(token, clock(), idle=timedelta(hours=1), total=timedelta(hours=1)) is None
        assert SignIn.select().where(SignIn.ended_at.is_null()).count() == 0
        assert OneTimeLink.get().used_at == Challenge.get().used_at == clock()
        assert Task.get(Task.kind == "task.restored").detail == "2026-11-20 18:00 UTC"
    open_database(str(demo))


@pytest.mark.parametrize("there", ["restored.sqlite", "restored.sqlite-wal", "restored.sqlite-shm"])
def test_a_backup_takes_no_files_place(backup, run, tmp_path, there):
    (tmp_path / there).write_bytes(b"mine")

    result = run("restore", backup, "--to", tmp_path / "restored.sqlite")

    assert result.exit_code == 1
    assert f"{tmp_path / there} exists. A backup takes no file's place" in result.output
    assert left_behind(tmp_path) == [there]
    assert (tmp_path / there).read_bytes() == b"mine"


def test_not_even_of_one_that_came_meanwhile(tmp_path):
    copy, to = tmp_path / "copy", tmp_path / "to"
    copy.touch()
    to.write_bytes(b"mine")

    with pytest.raises(restoring.RestoreRefused, match="cannot be made: File exists"):
        restoring._place(copy, to)
    assert to.read_bytes() == b"mine"


def test_what_cannot_be_put_in_its_place_leaves_nothing_there(tmp_path):
    copy = tmp_path / "a folder"
    copy.mkdir()

    with pytest.raises(OSError, match="a folder"):
        restoring._place(copy, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (flipped, "The file was cut or changed: it does not open."),
        (lambda content: content[:-1], "The file was cut or changed: it does not open."),
        (lambda content: content[: len(content) // 2], "The file was cut or changed: it does not open."),
        (lambda content: content.replace(b"2026-11-20", b"2026-11-21", 1), "The file was cut or changed"),
        (lambda content: content[:100], "its first lines were changed."),
        (lambda content: sealed_files.MAGIC + b"[" * 999, "its first lines were changed."),
        (lambda content: content.replace(b'"size": ', b'"size": 1', 1), "The file was cut or changed"),
        (lambda content: b"", "is not a file that Evenly sealed"),
        (lambda content: content.replace(b'"salt": "', b'"salt": "x', 1), "The file's label was changed."),
        (lambda content: content.replace(b'"salt": "', b'"salt": 1, "x": "', 1), "its first lines were changed."),
        (lambda content: content.replace(b'"database"', b'"balances"', 1), "holds balances, not database."),
    ],
)
def test_a_backup_that_was_changed_is_refused_and_nothing_is_written(backup, run, tmp_path, change, sentence):
    backup.write_bytes(change(backup.read_bytes()))

    result = run("restore", backup, "--to", tmp_path / "restored.sqlite")

    assert result.exit_code == 1
    assert sentence in result.output
    assert left_behind(tmp_path) == []


def test_another_key_does_not_open_it(backup, run, key_file, tmp_path):
    key_file.write_text(base64.b64encode(bytes(32)).decode())

    result = run("restore", backup, "--to", tmp_path / "restored.sqlite")

    assert result.exit_code == 1
    assert "which is not among DATA_KEYS or in DATA_KEY_FILE." in result.output
    assert left_behind(tmp_path) == []


def test_a_file_or_folder_that_is_not_there_is_a_sentence(backup, run, tmp_path):
    assert "cannot be read: No such file" in run("restore", tmp_path / "none", "--to", tmp_path / "restored").output
    assert "nowhere is not a folder." in run("restore", backup, "--to", tmp_path / "nowhere" / "restored").output
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("UPDATE entry SET amount = amount + 1 WHERE id = 3", "Ledger entry 3 was changed: its hash does not fit."),
        ("UPDATE client SET line1 = city WHERE id = 1", "Row 1: client.line1 was changed"),
        ("UPDATE document SET data = (SELECT data FROM document WHERE id = 2) WHERE id = 1", " was changed."),
        ("UPDATE document SET pdf_sha256 = 'x' WHERE id = 1", "The PDF of "),
        ("DELETE FROM account_client; DELETE FROM client", "points at nothing."),
        ("DELETE FROM data_key", "This database has no data key."),
        ("UPDATE data_key SET wrapped = replace(wrapped, ':', ':0')", " was changed: it does not open."),
        ("UPDATE data_key SET wrapped = 'w1:0000:AAAA'", "was sealed under master key 0000, which is not among"),
        ("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '')", "a newer Evenly, which knows 9999"),
        ("DROP TABLE entry", "holds a damaged database, and nothing was put back: no such table: "),
    ],
)
def test_a_backup_whose_content_is_wrong_is_refused_before_it_is_there(backup, demo, run, tmp_path, sql, sentence):
    if "PDF" in sentence:
        Document.update(pdf=b"%PDF").where(Document.id == 1).execute()
        backups.make(backup.parent, the.NOW)
    path = plain_of(backup, tmp_path)
    with sqlite3.connect(path) as file:
        file.executescript("PRAGMA foreign_keys = OFF")
        for name in [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]:
            file.execute(f"DROP TRIGGER {name}")
        file.executescript(sql)
    file.close()
    seal_again(path, backup)

    result = run("restore", backup, "--to", tmp_path / "restored.sqlite")

    assert result.exit_code == 1
    assert sentence in result.output
    assert left_behind(tmp_path) == []
    assert db.database == str(demo)


def test_a_damaged_database_is_refused(backup, run, tmp_path):
    path = plain_of(backup, tmp_path)
    content = bytearray(path.read_bytes())
    content[8192:12288] = os.urandom(4096)
    path.write_bytes(content)
    seal_again(path, backup)

    result = run("restore", backup, "--to", tmp_path / "restored.sqlite")

    assert result.exit_code == 1
    assert "holds a damaged database, and nothing was put back: database disk image is malformed." in result.output
    assert left_behind(tmp_path) == []


def test_a_backup_of_an_older_evenly_is_brought_up_to_date(backup, run, tmp_path):
    path = plain_of(backup, tmp_path)
    with sqlite3.connect(path) as file:
        file.execute("DROP TRIGGER entry_update")
    file.close()
    seal_again(path, backup)

    assert run("restore", backup, "--to", tmp_path / "restored.sqlite").exit_code == 0
    with sqlite3.connect(tmp_path / "restored.sqlite") as file:
        assert file.execute("SELECT 1 FROM sqlite_master WHERE name = 'entry_update'").fetchone()
    file.close()


def test_a_restore_is_tried_and_noted(backup, run, clock, tmp_path):
    task = Task.create(kind="task.restore", created_at=the.NOW)
    assert not restore_tested(clock())

    result = run("test-restore")

    assert result.exit_code == 0, result.output
    assert f"{backup} is whole: the practice as of 2026-11-20T18:00:00+00:00." in result.output
    assert restore_tested(clock())
    assert Task.get_by_id(task.id).done_at == clock()
    clock.pass_(days=30)
    assert not restore_tested(clock())
    assert left_behind(tmp_path) == []


def test_a_restore_that_failed_counts_for_nothing(backup, run, clock):
    backup.write_bytes(flipped(backup.read_bytes()))

    result = run("test-restore")

    assert result.exit_code == 1
    assert "The file was cut or changed" in result.output
    assert not restore_tested(clock())
    assert AuditEntry.get(AuditEntry.what == "restore.test").result == "failed"


def test_backups_are_kept_for_35_days_and_nothing_else_is_touched(demo, tmp_path):
    folder = tmp_path / "backups"
    first = backups.make(folder, DATES)
    (folder / "notes.backup").touch()
    assert backups.make_daily(folder, DATES.replace(hour=19)) == 0
    assert backups.make_daily(folder, DATES.replace(hour=21)) == 1
    second = backups.newest(folder, DATES.replace(hour=21))

    third = backups.make(folder, DATES.replace(month=11, day=5, hour=1))

    assert sorted(folder.iterdir()) == sorted([second, third, folder / "notes.backup"])
    assert first not in folder.iterdir()


@pytest.mark.parametrize("name", ["evenly-20290101T000000Z.backup", "evenly-20261399T000000Z.backup"])
def test_a_name_that_tells_no_time_by_now_stops_no_backup(demo, tmp_path, caplog, name):
    (tmp_path / name).touch()

    assert [backups.make_daily(tmp_path, the.NOW), backups.make_daily(tmp_path, the.NOW)] == [1, 0]

    assert backups.newest(tmp_path, the.NOW).name == "evenly-20261120T180000Z.backup"
    assert f"{name} counts for nothing: its name holds no time, or one that is yet to come" in caplog.text
    assert (tmp_path / name).exists()


def test_a_folder_must_be_known(run, app, tmp_path):
    nameless = app.test_cli_runner().invoke(args=["backup"])
    assert (nameless.exit_code, "BACKUP_FOLDER is not set." in nameless.output) == (1, True)
    (tmp_path / "empty").mkdir()
    assert "There is no backup in" in run("test-restore", "--from", tmp_path / "empty").output
    (tmp_path / "file").touch()
    assert run("backup", "--to", tmp_path / "file").exit_code == 1


def test_what_is_written_is_what_the_label_says(backup, tmp_path, monkeypatch):
    monkeypatch.setattr(sealed_files.hashlib, "file_digest", lambda *_: hashlib.sha256(b"another"))
    seal_again(Path(db.database), tmp_path / "liar")

    with pytest.raises(SealError, match="does not hold what its label says"):
        plain_of(tmp_path / "liar", tmp_path)
