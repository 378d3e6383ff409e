"""`./evenly` explains itself, and refuses what it does not know."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ["demo", "test", "check", "serve", "reset", "bench", "shots", "soak", "mutants"]


def run(*words, **environment):
    return subprocess.run(
        ["./evenly", *words], cwd=ROOT, capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_alone_it_lists_its_commands_in_one_sentence_each():
    listed = [line.split(maxsplit=2)[1:] for line in run().stdout.splitlines() if line.startswith("  ./evenly ")]

    assert [command for command, _ in listed] == COMMANDS
    for _, sentence in listed:
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0


@pytest.mark.parametrize("word", ["help", "--help", "-h"])
def test_asked_for_help_it_says_the_same(word):
    assert run(word).stdout == run().stdout


def test_an_unknown_command_is_named_and_refused():
    refusal = run("demmo")

    assert refusal.returncode == 1
    assert 'There is no command "demmo".' in refusal.stderr


def test_serve_says_each_reason_why_it_does_not_start():
    refusal = run("serve", SECRET_KEY="", MAIL_HOST="", FLASK_DEBUG="1", BRAINTREE_ENVIRONMENT="loopback")

    assert refusal.returncode == 2
    for reason in ("SECRET_KEY is not set.", "FLASK_DEBUG is on.", "BRAINTREE_ENVIRONMENT is loopback", "MAIL_HOST"):
        assert reason in refusal.stderr


def test_what_the_integration_server_runs_is_what_a_person_runs():
    script = ROOT / ".ci/run"

    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").rstrip().endswith("exec ./evenly test")
