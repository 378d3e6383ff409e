"""A client's own data in one file: complete, safe to open, and nothing in it that this reader may not know."""

import csv
import io
import zipfile

import pytest
from playhouse.test_utils import count_queries

from billing import charges, history, own_data, receipts
from billing.own_data import COLUMNS
from documents.pdf import PdfFailed
from identity import links
from models import AuditEntry, Document, Link, Practice, Task
from tests import builders as the
from tests.builders import NOW, stamp
from tests.limited import spend
from tests.papers.reading import Printed
from views import limits
from views.limits import limiter

URL = "/account/download"


@pytest.fixture
def downloads(sign_in):
    """Name in the file -> its bytes, as this person gets them."""

    def fetch(person):
        answer = sign_in(person.user).submit(URL)
        assert answer.mimetype == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.data)) as made:
            assert made.testzip() is None
            return {name: made.read(name) for name in made.namelist()}

    return fetch


def rows(files, name):
    return list(csv.reader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"), newline="")))


def a_receipt(payment):
    return receipts.issue(payment, stamp())


@pytest.fixture
def paid(practice):
    """Grace's visit, half of it paid by Helen, who pays for her and may know nothing else."""
    grace = the.grace()
    helen = the.helen(grace)
    provider = the.a_provider("Priya Raman-Demo")
    charge = the.a_charge(grace, "2026-10-05", "150.00", label="Talk therapy", provider=provider, code="G0071")
    payment = the.a_paid(charge, "75.00", user=helen.user, note="=Thanks")
    return grace, helen, charge, payment


def test_a_client_takes_home_payments_charges_and_papers(paid, downloads):
    grace, _, _, payment = paid
    receipt = a_receipt(payment)

    files = downloads(grace)

    assert list(files) == [
        "payments.csv",
        "allocations.csv",
        "charges.csv",
        f"papers/{receipt.number}.pdf",
        "summary.html",
    ]
    number = grace.account.number
    assert rows(files, "payments") == [
        ["Date", "Account", "Amount", "Status", "Paid with", "For"],
        ["2026-11-20", number, "75.00", "Paid", "Check", "Grace"],
    ]
    assert rows(files, "allocations")[1] == ["2026-11-20", number, "2026-10-05", "Grace", "Talk therapy", "75.00"]
    assert rows(files, "charges") == [
        ["Date", "Account", "Person", "Service", "Provider", "Amount", "Still owed", "With insurance"],
        ["2026-10-05", number, "Grace", "Talk therapy", "Priya Raman-Demo", "150.00", "75.00", "0.00"],
    ]
    assert files["payments.csv"].startswith(b"\xef\xbb\xbf") and files["payments.csv"].endswith(b"\r\n")
    assert Printed(files[f"papers/{receipt.number}.pdf"]).text
    summary = files["summary.html"].decode()
    assert "Talk therapy" in summary and "$" not in summary and "http" not in summary
    assert b"G0071" not in b"".join(files.values())


def test_who_only_pays_takes_home_no_word_of_the_care(paid, downloads):
    grace, helen, charge, payment = paid
    the.a_charge(grace, "2026-10-12", "90.00", label="Group visit")
    the.a_paid(charge, "10.00", user=grace.user)
    receipt = a_receipt(payment)

    files = downloads(helen)

    assert [row[2:] for row in rows(files, "payments")[1:]] == [["75.00", "Paid", "Check", ""]]
    assert rows(files, "charges")[1][2:5] == ["", "Visit", ""]
    printed = Printed(files.pop(f"papers/{receipt.number}.pdf")).text
    everything = printed + b"".join(files.values()).decode()
    for word in ("Grace", "Talk therapy", "Group visit", "Priya", "Raman", "G0071"):
        assert word not in everything, word


def test_another_account_is_not_in_it_and_an_ended_link_leaves_only_own_receipts(paid, downloads, practice):
    _, helen, _, payment = paid
    other = the.ana()
    the.a_paid(the.a_charge(other, label="Couple session"))
    receipt = a_receipt(payment)
    links.end(Link.get(Link.user == helen.user), None, NOW)

    files = downloads(helen)

    assert [rows(files, name)[1:] for name in COLUMNS] == [[], [], []]
    assert f"papers/{receipt.number}.pdf" in files
    assert exported() == f"account:{receipt.account_id} document:{receipt.id}"
    assert other.account.number not in "".join(files["summary.html"].decode().split())


def test_what_is_on_its_way_and_what_came_back_stand_in_it(practice, downloads):
    ana = the.ana()
    the.an_attempt(ana, (the.a_charge(ana), "20.00"), card_brand="Visa", card_last4="1111")
    the.an_insured_charge(ana)
    charges.void_charge(the.a_charge(ana), "Entered twice", stamp())
    for number in range(history.PER_PAGE + 1):
        the.a_payment(ana, "1.00", on=f"2026-09-{number % 28 + 1:02}")

    files = downloads(ana)

    payments = rows(files, "payments")[1:]
    assert len(payments) == history.PER_PAGE + 2
    assert payments[0][2:] == ["20.00", "On its way", "Card 1111", "Ana"]
    assert [row[5:] for row in rows(files, "charges")[1:]] == [["150.00", "150.00", "0.00"], ["0.00", "0.00", "150.00"]]


def test_a_practice_that_hides_what_is_owed_gives_no_charges(paid, downloads):
    Practice.update(show_balance=False).execute()

    assert "charges.csv" not in downloads(paid[0])


def test_a_long_history_costs_no_more_to_take_home_than_a_short_one(paid):
    grace, _, charge, _ = paid
    costs = []
    for count in (1, 60):
        for _ in range(count):
            the.a_paid(charge, "1.00", user=grace.user)
        with count_queries() as asked:
            tables = own_data.tables(grace.user, "en")
        costs.append(asked.count)

    assert len(tables[0].rows) == len(tables[1].rows) == 62
    assert costs[0] == costs[1]


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_more_papers_are_made_for_it_than_in_an_hour_and_the_rest_is_named(language, paid, downloads, app):
    grace, helen, charge, payment = paid
    for person in (grace, helen):
        person.user.language = language
        person.user.save()
    old, new = (a_receipt(money) for money in (payment, the.a_paid(charge, "1.00", user=helen.user)))
    for person in (grace, helen):
        spend(app, limits.of_pdfs, f"user:{person.user.id}", left=1)

    hers = downloads(helen)
    all_of_it = downloads(grace)
    again = downloads(grace)

    assert papers_in(hers) == papers_in(all_of_it) == papers_in(again) == {new.number}
    assert again[f"papers/{new.number}.pdf"] == all_of_it[f"papers/{new.number}.pdf"]
    why = {"en": "20 PDFs an hour", "es": "20 PDF por hora"}[language]
    for files in (hers, all_of_it, again):
        summary = files["summary.html"].decode()
        assert why in summary and old.number in summary and new.number not in summary
    assert exported() == f"account:{new.account_id} document:{new.id}"


def papers_in(files):
    return {name.removeprefix("papers/").removesuffix(".pdf") for name in files if name.startswith("papers/")}


def exported():
    return AuditEntry.select().where(AuditEntry.what == "data.export").order_by(AuditEntry.id.desc()).get().subject


def test_a_paper_that_cannot_be_made_now_is_named(paid, downloads, monkeypatch):
    receipt = a_receipt(paid[3])

    def fails(document, labels):
        raise PdfFailed("away")

    monkeypatch.setattr("documents.as_pdf", fails)
    files = downloads(paid[0])

    assert list(files)[-1] == "summary.html" and len(files) == 4
    assert receipt.number in files["summary.html"].decode()


def test_text_that_a_spreadsheet_would_run_is_tamed(practice, downloads):
    ana = the.ana()
    the.a_charge(ana, label="=HYPERLINK(1)")

    assert rows(downloads(ana), "charges")[1][3] == "'=HYPERLINK(1)"


def test_it_speaks_the_readers_language(practice, downloads):
    tomas = the.tomas()
    the.a_charge(tomas)

    files = downloads(tomas)

    assert rows(files, "charges")[0][0] == "Fecha"
    assert '<html lang="es">' in files["summary.html"].decode()


def test_the_download_is_logged_kept_in_its_box_and_asked_for_again(paid, sign_in, app):
    grace = paid[0]
    answer = sign_in(grace.user).submit(URL)

    assert answer.headers["Content-Disposition"] == "attachment; filename=my-data-2026-11-20.zip"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "no-store"
    entry = AuditEntry.get(AuditEntry.what == "data.export")
    assert (entry.by, entry.subject) == (f"user:{grace.user.id}", f"account:{grace.account.id}")

    unproved = app.test_client().enter(grace.user, stepped_up=False)
    assert unproved.submit(URL).status_code == 403
    assert AuditEntry.select().where(AuditEntry.what == "data.export").count() == 1


def test_five_downloads_a_day_are_enough(practice, sign_in, app):
    limiter.reset()
    browser = sign_in(the.ana().user)

    found = [browser.submit(URL).status_code for _ in range(6)]

    limiter.reset()
    assert found == [200] * 5 + [429]


def test_asking_to_be_erased_is_a_task_for_a_person(paid, sign_in):
    grace = paid[0]
    for _ in range(2):
        told = sign_in(grace.user).submit("/account/erase", follow_redirects=True)

    assert "We got your request" in told.text
    assert [(task.kind, task.detail) for task in Task.select()] == [("task.erase", f"user:{grace.user.id}")]
    assert AuditEntry.select().where(AuditEntry.what == "data.ask").count() == 2
    assert Document.select().count() == 0
