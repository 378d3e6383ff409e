"""The commands: what they say, and that the demo's never touch a real practice."""

import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest
from click import ClickException

from app import create_app
from billing.audit import note
from billing.messages import queue
from choices import StaffRole
from cli.demo import DEMO_PASSWORD
from models import Account, AuditEntry, Message, Practice, SignIn, Staff, User, db, open_database
from tests.visitor import PASSWORD, Visitor

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(app):
    return lambda *words, **options: app.test_cli_runner().invoke(args=list(words), **options)


@contextmanager
def the_demo(folder: Path, *words: str):
    """`flask demo` in a process of its own; gives its address, and what it printed before it listened."""
    environ = {
        "DATABASE": f"{folder}/evenly.sqlite",
        "SANDBOX_DATABASE": f"{folder}/sandbox.sqlite",
        "PATH": "/usr/bin",
    }
    command = [sys.executable, "-m", "flask", "--app", "app", "demo", *words]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as demo:
        try:
            lines = iter(lambda: demo.stdout.readline().decode(), "")
            printed = "".join(takewhile(lambda line: "Every password is" not in line, lines))
            yield re.search(r"Evenly is at (\S+)", printed)[1], printed
        finally:
            demo.terminate()


def fetch(url: str) -> str:
    with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
        return answer.read().decode()


def test_the_demo_prints_its_address_and_logins_and_answers(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with the_demo(tmp_path, "--port", str(port)) as (url, printed):
            assert "ana@example.com" in printed
            assert "mara@example.com" in printed
            assert f"Port {port} is taken" in printed
            assert "Sign in to pay your bill" in fetch(f"{url}/sign-in")
    open_database(str(tmp_path / "evenly.sqlite"))
    with db.connection_context():
        assert Account.select().count() > 10


def test_reset_loads_the_demo_afresh(database, settings):
    app = create_app(replace(settings, mode="demo", sandbox_database=settings.database.with_name("sandbox.sqlite")))
    app.test_cli_runner().invoke(args=["reset"])
    User.update(email="someone.else@example.com").where(User.email == "ana@example.com").execute()

    result = app.test_cli_runner().invoke(args=["reset"])

    assert result.exit_code == 0, result.output
    assert "harbor-fern-demo" in result.output
    app.test_client_class = Visitor
    assert app.test_client().sign_in(User.get(email="ana@example.com"), DEMO_PASSWORD).status_code == 303


@pytest.mark.parametrize("command", ["demo", "reset"])
def test_the_demos_commands_refuse_a_real_practice(run, practice, command):
    result = run(command)

    assert result.exit_code == 1
    assert "for the demo only" in result.output
    assert Practice.select().count() == 1


@pytest.mark.parametrize("command", ["demo", "reset"])
def test_a_real_practice_is_safe_from_the_demo_even_with_the_demos_settings(practice, settings, command):
    app = create_app(replace(settings, mode="demo", sandbox_database=settings.database.with_name("sandbox.sqlite")))

    result = app.test_cli_runner().invoke(args=[command])

    assert result.exit_code == 1
    assert "holds a practice that is not the demo" in result.output
    assert Practice.select().count() == 1


def test_a_proxy_that_would_see_the_sandboxs_calls_stops_the_demo(practice, settings):
    app = create_app(replace(settings, mode="demo", http_proxy="http://proxy.example:3128"))

    result = app.test_cli_runner().invoke(args=["reset"])

    assert result.exit_code == 1
    assert "HTTP_PROXY" in result.output
    assert Practice.select().count() == 1


def test_migrate_says_what_it_did(run, settings, tmp_path):
    assert run("migrate").output == "The database is up to date.\n"

    app = create_app(replace(settings, database=tmp_path / "new" / "evenly.sqlite"))
    said = app.test_cli_runner().invoke(args=["migrate"]).output
    assert re.fullmatch(r"Applied: 0001_initial, 0002_money_back(, 0\d{3}_\w+)+\.\n", said)


def test_check_books_says_that_they_balance(run):
    result = run("check-books")

    assert (result.exit_code, result.output) == (0, "The books balance.\n")


def test_check_books_tells_the_end_of_the_log_to_be_kept_elsewhere(run, clock):
    end = note("system", "task.done", "task:1", clock())

    told = f"The activity log ends at entry 1, whose hash is {end.hash}: keep it elsewhere.\n"
    assert run("check-books").output == f"The books balance.\n{told}"


def test_check_books_names_what_does_not_and_fails(run, monkeypatch):
    monkeypatch.setattr("cli.books.discrepancies", lambda: ["Charge 1 is $1.00 off."])

    result = run("check-books")

    assert (result.exit_code, result.output) == (1, "Charge 1 is $1.00 off.\n")


def test_jobs_run_once_and_say_how_much_they_did(run, clock):
    queue("mail.receipt", "ana@example.com", "en", clock())

    result = run("jobs")

    assert result.exit_code == 0
    assert "deliver mail: 1\n" in result.output


def test_a_failing_job_fails_the_command(run, app, monkeypatch):
    monkeypatch.setitem(app.extensions, "gateway", None)
    monkeypatch.setattr("jobs.recovery.resolve_unknown", lambda gateway, *rest: gateway.charge)

    result = run("jobs")

    assert result.exit_code == 1
    assert "resolve unknown payments: failed; see the log\n" in result.output


def test_the_sandbox_says_when_its_port_is_taken(practice, settings, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = replace(settings, gateway_port=taken.getsockname()[1], sandbox_database=tmp_path / "sandbox.sqlite")

        result = create_app(settings).test_cli_runner().invoke(args=["sandbox"])

    assert result.exit_code == 1
    assert result.output.count(str(settings.gateway_port)) == 1
    assert f"Port {settings.gateway_port} cannot be used: Address already in use. Set" in result.output


def test_a_setting_of_the_wrong_kind_is_a_sentence_and_no_traceback(monkeypatch):
    monkeypatch.setenv("THREADS", "many")

    with pytest.raises(ClickException) as refused:  # a command shows it as "Error: …"
        create_app()

    assert refused.value.format_message() == "THREADS takes a whole number; it is set to 'many'."


ANSWERS = "New Leaf Practice\nNew Leaf\n(312) 555-0199\n\nNora Vance\nNora@Example.com\n{0}\n{0}\n"


def test_a_new_practice_begins_with_its_owner(database, settings):
    app = create_app(settings)

    result = app.test_cli_runner().invoke(args=["new-practice"], input=ANSWERS.format("a quiet blue bicycle"))

    assert result.exit_code == 0, result.output
    assert "a quiet blue bicycle" not in result.output
    assert Practice.the().short_name == "New Leaf"
    assert AuditEntry.get().what == "log.begun"
    owner = Staff.get()
    assert (owner.email, owner.role) == ("nora@example.com", StaffRole.OWNER)
    app.test_client_class = Visitor
    assert app.test_client().sign_in(owner, "a quiet blue bicycle").status_code == 303


def test_a_new_practice_has_a_folder_and_what_cannot_be_kept_is_asked_again(database, settings, tmp_path):
    app = create_app(replace(settings, database=tmp_path / "new/practice.sqlite"))
    answers = ANSWERS.replace("(312) 555-0199\n\n", "555\n312 555 0199\nMars\n\n").replace("Nora@", "nora\nNora@")

    result = app.test_cli_runner().invoke(args=["new-practice"], input=answers.format("a quiet blue bicycle"))

    assert result.exit_code == 0, result.output
    assert result.output.count("Error: ") == 3
    assert (Practice.the().phone, Practice.the().time_zone) == ("(312) 555-0199", "America/Chicago")
    open_database(str(settings.database))


def test_a_weak_password_begins_nothing(database, settings):
    result = create_app(settings).test_cli_runner().invoke(args=["new-practice"], input=ANSWERS.format("password1234"))

    assert result.exit_code == 1
    assert "This password is guessed often. Choose another." in result.output
    assert Practice.select().count() == Staff.select().count() == 0


def test_a_practice_is_not_begun_with_the_key_that_everyone_has(database, settings):
    app = create_app(replace(settings, mode="demo"))

    result = app.test_cli_runner().invoke(args=["new-practice"], input=ANSWERS.format("a quiet blue bicycle"))

    assert result.exit_code == 1
    assert "DATA_KEYS is not set, or holds the demo's key, which everyone has." in result.output
    assert not Practice.select().exists()


def test_keys_that_cannot_be_read_are_a_sentence_and_no_traceback(settings, tmp_path):
    app = create_app(replace(settings, database=tmp_path / "new.sqlite", data_keys="AAAA"))

    result = app.test_cli_runner().invoke(args=["migrate"])

    assert result.exit_code == 1
    assert "Error: DATA_KEYS holds something that is not 32 bytes in base64." in result.output
    open_database(str(settings.database))


def test_a_telling_short_name_gets_a_note(database, settings):
    answers = ANSWERS.format("a quiet blue bicycle").replace("New Leaf\n", "New Leaf Therapy\n", 1)

    result = create_app(settings).test_cli_runner().invoke(args=["new-practice"], input=answers)

    assert "what kind of care it is" in result.output


def test_a_second_practice_needs_another_file(run):
    result = run("new-practice", input=ANSWERS.format("a quiet blue bicycle"))

    assert result.exit_code == 1
    assert "has a practice already" in result.output


def test_set_password_opens_the_door_and_ends_sessions(run, sign_in, ana):
    browser = sign_in(ana)

    result = run("set-password", " ANA@example.com", input="a quiet blue bicycle\n" * 2)

    assert result.output.endswith("ana@example.com has a new password.\n")
    assert SignIn.select().where(SignIn.ended_at.is_null()).count() == 0
    assert [message.kind for message in Message.select()] == ["mail.security"]
    assert AuditEntry.get(AuditEntry.what == "password.changed").subject == f"user:{ana.id}"
    assert browser.sign_in(ana, PASSWORD).status_code == 422
    assert browser.sign_in(ana, "a quiet blue bicycle").status_code == 303


def test_reset_second_step_lets_staff_set_it_up_anew_and_tells_them(run, sign_in, rosa):
    browser = sign_in(rosa)

    result = run("reset-second-step", "rosa@example.com")

    assert result.output.endswith("rosa@example.com signs in with the password and sets up a new second step.\n")
    assert browser.sign_in(rosa).location == "/practice/sign-in/second-step"
    assert [message.kind for message in Message.select()] == ["mail.security"]
    entry = AuditEntry.get(AuditEntry.what == "second_step.reset")
    assert (entry.by, entry.subject) == ("system", f"staff:{rosa.id}")


def test_reset_second_step_is_for_staff(run, ana):
    result = run("reset-second-step", ana.email)

    assert result.exit_code == 1
    assert ana.secured_at


def test_set_password_for_nobody_says_so(run, ana):
    result = run("set-password", "nobody@example.com", input="a quiet blue bicycle\n" * 2)

    assert result.exit_code == 1
    assert "Nobody signs in as nobody@example.com" in result.output
