"""What runs by itself: when it is due, and that one job's trouble stays its own."""

import re
import time
from dataclasses import replace
from datetime import timedelta
from threading import Event

from billing.audit import note
from billing.messages import queue
from jobs import JOBS, Job, check_books
from logs import LONG_NUMBER
from models import AuditEntry, Message, Strike, Task

NAMES = [job.name for job in JOBS]


def test_everything_runs_at_the_start_and_then_when_it_is_due(app, clock):
    jobs = app.extensions["jobs"]

    assert list(jobs.run_due()) == NAMES
    assert jobs.run_due() == {}
    clock.pass_(seconds=3)
    assert list(jobs.run_due()) == ["deliver mail"]
    clock.pass_(seconds=30)
    soon = ["deliver mail", "resolve unknown payments", "hear what was announced", "take in files"]
    assert list(jobs.run_due()) == soon
    clock.pass_(days=1)
    assert list(jobs.run_due()) == [name for name in NAMES if name != "check the page"]
    clock.pass_(days=6)
    assert list(jobs.run_due()) == NAMES


def test_mail_is_delivered_within_seconds_by_the_thread(app, clock):
    queue("mail.receipt", "ana@example.com", "en", clock())

    app.extensions["jobs"].start(every=0.01)
    until = time.monotonic() + 5
    while Message.get().sent_at is None and time.monotonic() < until:
        time.sleep(0.01)
    app.extensions["jobs"].stop()

    assert Message.get().sent_at == clock()


def test_a_job_that_fails_is_logged_and_the_others_run(app, clock, monkeypatch, caplog):
    def fails(app, now):
        raise ZeroDivisionError("4111 1111 1111 1111")

    monkeypatch.setattr("jobs.JOBS", (Job("fails", JOBS[0].every, fails), *JOBS))

    done = app.extensions["jobs"].run_due()

    assert done["fails"] is None
    assert done["deliver mail"] == 0
    assert "job failed: fails" in caplog.text


def test_books_that_do_not_balance_become_a_task_once(app, clock, monkeypatch):
    monkeypatch.setattr("jobs.discrepancies", lambda: ["Charge 1 is $1.00 off."])
    jobs = app.extensions["jobs"]

    jobs.run_due()
    clock.pass_(days=1)
    jobs.run_due()

    assert [(task.kind, task.detail) for task in Task.select()] == [("task.books", "Charge 1 is $1.00 off.")]


def test_a_break_in_the_log_is_itself_logged(app, clock, monkeypatch):
    monkeypatch.setattr("jobs.discrepancies", lambda: ["Charge 1 is $1.00 off.", "Activity log: entry 2 is missing."])

    app.extensions["jobs"].run_due()

    assert Task.get().kind == "task.books"
    assert [(row.by, row.detail) for row in AuditEntry.select().where(AuditEntry.what == "log.broken")] == [
        ("system", "Activity log: entry 2 is missing.")
    ]


def test_the_end_of_the_log_is_written_down_outside_the_file(app, clock, caplog):
    caplog.set_level("INFO", "evenly.jobs")
    end = note("system", "task.done", "task:1", clock())

    app.extensions["jobs"].run_due()

    [told] = re.findall(r"ends at entry 1, hash ([0-9a-f:]+)", caplog.text)
    assert told.replace(":", "") == end.hash
    assert not LONG_NUMBER.search("12345678:12345678")  # a part of eight is never taken for a card number


def test_a_real_practice_has_begun_its_log(app, clock, settings):
    assert check_books(app, clock()) == 0

    app.extensions["settings"] = replace(settings, mode="production")
    assert check_books(app, clock()) == 1
    assert Task.get().detail == "Activity log: it is empty."
    assert check_books(app, clock()) == 0  # that was noted


def test_old_failures_are_forgotten(app, clock):
    Strike.create(what="password", who_sha256="x", at=clock())
    clock.pass_(days=31)

    assert app.extensions["jobs"].run_due()["forget what is past its time"] == 1


def test_a_file_that_takes_long_keeps_no_other_job_waiting(app, practice, monkeypatch):
    begun, mailed = Event(), Event()

    def takes_in(app, now):
        begun.set()
        return int(mailed.wait(5))

    def mails(app, now):
        return int(begun.wait(5) and not mailed.set())

    monkeypatch.setattr(
        "jobs.JOBS", (Job("files", timedelta(0), takes_in, apart=True), Job("mail", timedelta(0), mails))
    )
    app.extensions["jobs"].start(0.01)
    done = mailed.wait(5)
    app.extensions["jobs"].stop()

    assert done, "each waits for what the other does"
    assert [job.name for job in JOBS if job.apart] == ["take in files"]
