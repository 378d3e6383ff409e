"""Long files: taken in by the job in slices, on from where a dead process was, and back out when a slice is refused."""

import threading
import time
from datetime import date, timedelta

import pytest

from billing import charges as rules
from billing import ledger
from billing.errors import BillingError
from choices import ImportState
from exchange import batches, writing
from models import Charge, Import, Imported, Strike, db
from tests import builders as the
from tests.exchange.conftest import charges, form_of, send

SHORT, AT_ONCE = 210, 300  # enough for more than a slice
LONG = charges(*((f"V-{n}", date(2026, 1, 1) + timedelta(days=n % 300), "1.00") for n in range(SHORT + 1)))
TOGETHER = (SHORT + 1) * 1_00


@pytest.fixture(autouse=True)
def limits(monkeypatch):
    """Files of some hundred rows count as long here: thousands would show nothing more."""
    monkeypatch.setattr(writing, "SHORT", SHORT)
    monkeypatch.setattr(batches, "AT_ONCE", AT_ONCE)


def ready(batch, **options):
    batches.take_in(batch, batch.digest, options.get("skip", False), the.stamp())
    return Import.get_by_id(batch.id)


def balance(person):
    return ledger.account_figure(person.account).balance


def test_a_long_file_is_left_to_the_job_whose_progress_the_page_shows(app, biller, ana):
    tried = send(biller, "charges", LONG).text
    page = biller.submit(*form_of(tried, "take-in"), follow_redirects=True).text

    assert f"Importing: 0 of {SHORT + 1} rows." in page and 'data-hx-trigger="every 2s"' in page
    assert '<meta http-equiv="refresh"' in page and balance(ana) == 0

    assert app.extensions["jobs"].run_due()["take in files"] == SHORT + 1
    done = biller.get(f"/practice/imports/{Import.get().key}").text
    assert "Rows imported: " in done and balance(ana) == TOGETHER

    biller.submit(*form_of(done, "undo"))
    batches.work_off(the.NOW)
    assert (Import.get().state, balance(ana)) == (ImportState.UNDONE, 0)


def test_a_process_that_died_goes_on_where_it_was(bring, ana):
    batch = ready(bring("charges", LONG))
    plan = writing.planned(batch, the.NOW)
    writing.write(batch, plan.writing[:200], the.stamp())
    Import.update(done_rows=200).execute()

    batches.work_off(the.NOW)

    assert (Import.get().state, balance(ana), Charge.select().count()) == (
        ImportState.DONE,
        TOGETHER,
        SHORT + 1,
    )


def test_a_file_that_no_longer_does_what_was_shown_is_undone_completely(bring, ana):
    first, second = (bring("charges", LONG) for _ in range(2))
    ready(first)
    ready(second)  # waits for the first, and then has nothing new
    batches.work_off(the.NOW)

    states = [row.state for row in Import.select().order_by(Import.id)]
    assert (states, balance(ana)) == ([ImportState.DONE, ImportState.FAILED], TOGETHER)
    assert Import.get_by_id(second.id).result["failed"] == "pr.import.stale"


def test_a_slice_that_is_refused_takes_those_before_it_back(bring, ana):
    batch = ready(bring("charges", LONG))
    refusal = "SELECT RAISE(ABORT, 'full')"
    db.execute_sql(f"CREATE TRIGGER full BEFORE INSERT ON charge WHEN NEW.id > 205 BEGIN {refusal}; END")
    batches.work_off(the.NOW)
    db.execute_sql("DROP TRIGGER full")

    assert (Import.get_by_id(batch.id).state, balance(ana), Charge.select().count()) == (ImportState.FAILED, 0, 200)
    assert ready(bring("charges", LONG)).state == ImportState.RUNNING


def test_what_was_paid_meanwhile_stays_when_a_file_is_given_up(bring, biller, ana):
    batch = ready(bring("charges", LONG))
    plan = writing.planned(batch, the.NOW)
    writing.write(batch, plan.writing[:200], the.stamp())
    Import.update(done_rows=199).execute()  # not what the rows say: something is wrong
    the.a_paid(Charge.get())
    batches.work_off(the.NOW)

    left = Import.get_by_id(batch.id)
    assert (left.state, left.done_rows, Imported.select().where(Imported.undone_at.is_null()).count()) == ("done", 1, 1)
    page = biller.get(f"/practice/imports/{left.key}").text
    assert "Rows that stay, since somebody paid or changed them meanwhile: 1." in page


def test_a_very_long_file_is_tried_by_the_job_too(bring, ana):
    rows = [(f"V-{n}", "10/9/2026", "1.00") for n in range(AT_ONCE + 1)]
    batch = bring("charges", charges(*rows))
    assert (batch.state, batch.result) == (ImportState.UPLOADED, None)

    batches.work_off(the.NOW)
    batches.work_off(the.NOW)
    assert Import.get().result == {"ask": "order"}
    batches.choose(Import.get(), "month_first", [], the.NOW)
    batches.work_off(the.NOW)
    assert (Import.get().state, Import.get().result["counts"]["new"]) == (ImportState.CHECKED, len(rows))


def test_a_short_file_waits_for_a_long_one(bring, ana):
    long = bring("charges", LONG)
    elsewhere = Import.get_by_id(long.id)
    ready(long)
    with pytest.raises(BillingError):  # asked for twice at once
        ready(elsewhere)
    short = ready(bring("charges", charges(("W-1", "2026-10-05", "1.00"))))

    assert short.state == ImportState.RUNNING
    batches.work_off(the.NOW)
    assert balance(ana) == TOGETHER + 1_00


def test_a_long_undo_is_refused_by_the_job_when_something_stands_on_a_row(bring, ana):
    batch = ready(bring("charges", LONG))
    batches.work_off(the.NOW)
    rules.adjust(Charge.get(), 50, "courtesy", "x", the.stamp())
    batches.undo(Import.get_by_id(batch.id), the.stamp())
    batches.work_off(the.NOW)

    assert (Import.get().state, balance(ana)) == (ImportState.DONE, TOGETHER - 50)
    assert not Imported.select().where(Imported.undone_at.is_null(False)).exists()


@pytest.mark.slow
def test_50_000_rows_keep_nobody_waiting(bring, ana, database):
    days = (date(2024, 1, 1) + timedelta(days=n % 900) for n in range(50_000))
    batch = bring("charges", charges(*((f"V-{n}", day, "1.00") for n, day in enumerate(days))))
    batches.work_off(the.NOW)
    ready(Import.get_by_id(batch.id))
    waits, over = [], threading.Event()
    asked = time.perf_counter()

    def write():
        while not over.is_set():
            began = time.perf_counter()
            with db.connection_context(), db.atomic():
                Strike.create(what="x", who_sha256="y", at=the.NOW)
            waits.append(time.perf_counter() - began)
            time.sleep(0.05)

    other = threading.Thread(target=write)
    other.start()
    batches.work_off(the.NOW)
    took = time.perf_counter() - asked
    over.set()
    other.join()

    assert (Import.get().state, balance(ana)) == (ImportState.DONE, 50_000_00)
    assert max(waits) < took / 10  # of one run, whatever the machine
