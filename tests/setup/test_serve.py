"""The production server, started as a practice starts it."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from migrations import migrate
from models import open_database

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answer(address, patience=30):
    """Status and text of the first answer; asks again until the server listens."""
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except urllib.error.URLError:
            assert time.monotonic() < until, "the server does not listen"
            time.sleep(0.1)


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def environment(tmp_path, port):
    settings = {
        "DATABASE": str(tmp_path / "practice/evenly.sqlite"),
        "SECRET_KEY": "0123456789abcdef" * 4,
        "DATA_KEYS": f"{'A' * 43}=",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PORT": str(port),
        "BRAINTREE_ENVIRONMENT": "sandbox",
        "BRAINTREE_MERCHANT_ID": "a_merchant",
        "BRAINTREE_PUBLIC_KEY": "a_public_key",
        "BRAINTREE_PRIVATE_KEY": "a_private_key",
        "MAIL_HOST": "127.0.0.1",
        "MAIL_FROM": "portal@example.com",
        "FLASK_DEBUG": "",
    }
    return {**os.environ, **settings}


@pytest.fixture
def served(tmp_path, environment):
    """The folder with the database of a running production server, after one that died at trying a backup."""
    (tmp_path / "practice/.evenly-restore-00000000").mkdir(parents=True)
    (tmp_path / "practice/.evenly-restore-00000000/evenly.sqlite").touch()
    server = subprocess.Popen([sys.executable, "-m", "serve"], cwd=ROOT, env=environment)
    yield tmp_path / "practice"
    server.terminate()
    server.wait(10)


def test_it_makes_the_database_answers_and_keeps_the_file_to_itself(served, port):
    status, text = answer(f"http://127.0.0.1:{port}/")

    assert (status, text) == (503, "No practice lives here yet. Run: flask --app app new-practice")
    database = served / "evenly.sqlite"
    assert database.stat().st_mode & 0o077 == 0
    with sqlite3.connect(database) as tables:
        assert tables.execute("SELECT count(*) FROM practice").fetchone() == (0,)
    tables.close()
    assert not list(served.glob(".evenly-*"))


def test_with_keys_that_do_not_open_its_database_it_does_not_start(environment, tmp_path):
    open_database(environment["DATABASE"])  # wrapped with the demo's key
    Path(environment["DATABASE"]).parent.mkdir()
    migrate()

    refusal = subprocess.run([sys.executable, "-m", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True)

    assert refusal.returncode == 2
    assert refusal.stderr.startswith("Evenly does not start:\n  - This was sealed under master key ")
    assert "which is not among DATA_KEYS or in DATA_KEY_FILE." in refusal.stderr


def test_where_nothing_can_listen_is_a_sentence(environment, port):
    with socket.create_server(("127.0.0.1", port)):
        refusal = subprocess.run(
            [sys.executable, "-m", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True
        )

    assert refusal.returncode == 2
    assert f"HOST and PORT are 127.0.0.1 and {port}, where nothing can listen" in refusal.stderr
    assert "Traceback" not in refusal.stderr


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: path.parent.write_bytes(b""), "which cannot be used: [Errno 17] File exists"),
        (lambda path: path.parent.mkdir() or path.write_bytes(b"no database" * 99), "file is not a database."),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence(environment, spoil, sentence):
    spoil(Path(environment["DATABASE"]))

    refusal = subprocess.run([sys.executable, "-m", "serve"], cwd=ROOT, env=environment, capture_output=True, text=True)

    assert refusal.returncode == 2
    assert refusal.stderr.startswith(f"Evenly does not start:\n  - DATABASE is {environment['DATABASE']}, which")
    assert sentence in refusal.stderr
    assert "Traceback" not in refusal.stderr
