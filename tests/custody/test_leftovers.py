"""However a command ends, no copy of the practice stays behind, and what the dead left is taken away."""

import fcntl
import os
import signal
import subprocess
import sys
import time

import pytest

from cli import context
from config import DEMO_DATA_KEY
from custody import backups, leftovers
from models import db
from tests.builders import NOW
from tests.custody.test_raw_file import files_of
from tests.test_architecture import ROOT

SIZE = 60_000_000  # long enough in the making to be met at it


def started(demo, tmp_path, *words):
    key = {"DATABASE": str(demo), "DATA_KEYS": DEMO_DATA_KEY, "BACKUP_FOLDER": str(tmp_path / "kept")}
    command = [sys.executable, "-m", "flask", "--app", "app", *words]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **key})


def left(tmp_path):
    return sorted(path.name for folder in (tmp_path, tmp_path / "kept") for path in folder.glob(".evenly-*"))


def met(tmp_path, pattern):
    """Wait until a file is in the making."""
    until = time.monotonic() + 20
    while not any(path.stat().st_size for path in tmp_path.glob(pattern)):
        assert time.monotonic() < until, "nothing was made"
        time.sleep(0.002)


@pytest.fixture
def large(demo):
    db.execute_sql("CREATE TABLE ballast (b BLOB)")
    db.execute_sql("INSERT INTO ballast VALUES (randomblob(?))", [SIZE])
    db.pragma("wal_checkpoint(TRUNCATE)")
    yield demo
    db.execute_sql("DROP TABLE ballast")


@pytest.mark.parametrize(
    ("command", "pattern"),
    [("backup", "kept/.evenly-*.backup.*"), ("test-restore", ".evenly-restore-*/evenly.sqlite")],
)
def test_a_command_that_is_told_to_end_leaves_nothing(large, tmp_path, command, pattern):
    if command == "test-restore":
        backups.make(tmp_path / "kept", NOW.replace(year=2020))
    process = started(large, tmp_path, command)
    met(tmp_path, pattern)

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 128 + signal.SIGTERM
    assert left(tmp_path) == []


def test_one_that_is_killed_leaves_what_the_next_takes_away(large, tmp_path, caplog):
    backups.make(tmp_path / "kept", NOW.replace(year=2020))
    process = started(large, tmp_path, "test-restore")
    met(tmp_path, ".evenly-restore-*/evenly.sqlite")
    leftovers.sweep(tmp_path)
    assert left(tmp_path) != []  # it lives, so it keeps what it holds
    process.kill()
    process.wait(20)
    [name] = left(tmp_path)

    backups.make(tmp_path / "kept", NOW)

    assert left(tmp_path) == []
    assert f"{tmp_path / name} was left behind by a process that died; it is gone now" in caplog.text


def test_the_copy_that_is_sealed_has_no_name(demo, tmp_path):
    with backups.snapshot() as plain:
        assert left(tmp_path) == []
        assert plain.read(15) == b"SQLite format 3"
    assert files_of(demo)


def test_only_what_nobody_holds_is_swept(tmp_path):
    held, begun, old, dead = (tmp_path / f".evenly-restore-0000000{number}" for number in range(4))
    theirs = tmp_path / ".evenly-restore-by-somebody-else"
    for folder in (held, begun, old, dead, theirs):
        folder.mkdir()
    for folder in (held, dead, theirs):
        (folder / "evenly.sqlite").touch()
    os.utime(old, (0, 0))
    (tmp_path / ".evenly-x.backup.1234").write_bytes(b"part")
    (tmp_path / ".evenly-y.backup.1234").touch()
    (tmp_path / ".evenly-snapshot-00000000").symlink_to(held)
    fd = os.open(held, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)

    leftovers.sweep(tmp_path, tmp_path / "not there")
    os.close(fd)

    links = [".evenly-snapshot-00000000", ".evenly-y.backup.1234"]
    assert left(tmp_path) == [held.name, begun.name, theirs.name, *links]


def test_a_command_gives_the_signals_back(run):
    before = [signal.getsignal(each) for each in context.ENDINGS]

    run("backup")

    assert [signal.getsignal(each) for each in context.ENDINGS] == before
