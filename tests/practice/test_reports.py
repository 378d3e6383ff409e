"""Reports: what each says, on its page, in its picture and in its file, and who may read it."""

import csv
import io
from datetime import timedelta

import pytest
from playhouse.test_utils import count_queries

from billing import charges, moneyback, reports
from models import AuditEntry
from tests import builders as the
from tests.practice.conftest import plain

REPORTS = "/practice/reports/"
NONE = {
    "collected": "No money came in during these months.", "aging": "Nothing is open.", "credits": "No credits.",
    "unposted": "Nothing to post.", "receivable": "Every account is even.",
}  # fmt: skip


@pytest.fixture
def biller(browser):
    return browser("biller")


def days_ago(days):
    return the.TODAY - timedelta(days=days)


def test_each_report_says_when_there_is_nothing(biller):
    assert list(reports.REPORTS) == list(NONE)
    for key, sentence in NONE.items():
        page = biller.get(f"{REPORTS}{key}").text
        assert sentence in page and "<svg role" not in page
        assert "Total" not in page
    assert plain(biller.get(REPORTS).text).count("$0.00") == 5


def test_ages_begin_and_end_on_their_days(practice):
    for number, days in enumerate([0, 30, 31, 60, 61, 90, 91, 400]):
        the.a_charge(the.ana(), days_ago(days), (number + 1) * 100)

    assert reports.aging(the.TODAY) == (1_00 + 2_00, 3_00 + 4_00, 5_00 + 6_00, 7_00 + 8_00)


def test_the_part_of_a_client_ages_from_the_first_transfer(practice):
    charge = the.an_insured_charge(the.ben(), days_ago(80), "150.00")
    assert (reports.aging(the.TODAY), reports.receivable().pending) == ((0, 0, 0, 0), 150_00)
    charges.transfer(charge, 20_00, "copay", the.stamp(days_ago(40)))
    charges.transfer(charge, 5_00, "copay", the.stamp(days_ago(2)))

    assert reports.aging(the.TODAY) == (0, 25_00, 0, 0)
    assert reports.receivable() == reports.Receivable(open=25_00, pending=125_00)


def test_each_account_by_age_with_its_picture(biller):
    noor = the.noor()
    for person, days, fee in ((the.ana(), 3, "150.00"), (noor, 70, "80.00"), (noor, 95, "1.00")):
        the.a_charge(person, days_ago(days), fee)
    the.an_insured_charge(the.ben(), days_ago(3))

    page = biller.get(f"{REPORTS}aging").text

    assert 'role="img" aria-label="Bar chart: Open amounts by age.' in page and "style=" not in page
    assert [part in plain(page) for part in ("Ana Delgado-Demo", "Noor", "Ben")] == [True, True, False]
    assert f"Noor Haddad-Demo {noor.account.number} $80.00 $1.00 $81.00" in plain(page)
    assert "Total $150.00 $0.00 $80.00 $1.00 $231.00" in plain(page)


def test_collected_by_month_draws_what_came_and_what_went_back(biller):
    payment = the.a_settled(the.a_charge(the.ana()), "100.00", "2026-10-05")
    moneyback.refund(payment, 40_00, "Visit cut short", the.stamp("2026-11-02"))

    drawn = biller.get(f"{REPORTS}collected").text
    page = plain(drawn)

    assert "Oct 2026 $100.00 $100.00" in page and "Nov 2026 $40.00 -$40.00" in page
    assert "Total $100.00 $40.00 $60.00" in page
    assert (drawn.count('<rect class="first"'), drawn.count('<rect class="second"')) == (
        3,
        2,
    )  # one each says what it is
    assert "Sep 2026" not in page


def test_credits_and_what_is_not_posted(biller, waiting):
    the.a_payment(the.noor(), "10.00", "2026-10-20")
    waiting(the.ana(), "100.00")

    unused, unposted = (plain(biller.get(f"{REPORTS}{key}").text) for key in ("credits", "unposted"))

    assert "Oct 20, 2026 31 $10.00" in unused
    assert "Nov 19, 2026 12:00 PM Ana Delgado-Demo" in unposted and "Visa ending in 1111 $100.00" in unposted


def test_a_long_report_goes_on_on_another_page(biller, monkeypatch):
    monkeypatch.setattr(reports, "PER_PAGE", 2)
    monkeypatch.setattr(reports, "BLOCK", 3)
    people = [the.ana(), the.ben(), the.noor(), the.walt(), the.omar()]
    for person in people[:4]:
        the.a_charge(person)
    the.a_payment(people[0], "1.00")
    the.a_payment(people[4], "5.00")

    found, after = [], 0
    while page := reports.page(reports.REPORTS["receivable"].find(the.TODAY, after)):
        found += [(line.cells[0], line.cells[-1]) for line in page[0]]
        after = page[1]
        if not after:
            break

    assert found == [
        (people[0].account, 149_00), *((each.account, 150_00) for each in people[1:4]), (people[4].account, -5_00)
    ]  # fmt: skip
    first = biller.get(f"{REPORTS}receivable").text
    assert f"receivable?after={people[1].account.id}" in first and "First page" not in first
    last = biller.get(f"{REPORTS}receivable?after={people[3].account.id}").text
    assert "First page" in last and "Next page" not in last
    assert "Total $0.00 $600.00 $6.00 $594.00" in plain(last)


@pytest.mark.parametrize(
    ("key", "rows"),
    [
        ("collected", [["Month", "Received", "Went back", "Net"],
                       ["2026-11", "100.00", "0.00", "100.00"]]),
        ("unposted", [["Received", "Account ID", "Payer", "Paid by", "Amount"],
                      ["2026-11-19T18:00:00Z", "", "Ana Delgado-Demo", "Visa 1111", "100.00"]]),
        ("credits", [["Account ID", "Payer", "Since", "Days", "Amount"],
                     ["", "'=Noor", "2026-11-20", "0", "100.00"]]),
        ("receivable", [["Account ID", "Payer", "Waits on insurance", "Open", "Credit", "Balance"],
                        ["", "Ana Delgado-Demo", "0.00", "150.00", "0.00", "150.00"],
                        ["", "'=Noor", "0.00", "0.00", "100.00", "-100.00"]]),
    ],
)  # fmt: skip
def test_the_file_holds_every_line_and_no_formula(biller, waiting, key, rows):
    waiting(the.ana(), "100.00")
    noor = the.noor()
    type(noor.account).update(guarantor_name="=Noor").where(type(noor.account).id == noor.account.id).execute()
    the.a_payment(noor, "100.00")

    answer = biller.get(f"{REPORTS}{key}.csv")

    assert answer.headers["Content-Disposition"] == f"attachment; filename={key}-2026-11-20.csv"
    written = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    found = [["" if cell.isdecimal() and len(cell) == 4 else cell for cell in row] for row in written]
    assert len(found) == len(rows)
    assert [row for row, wanted in zip(found, rows, strict=True) if wanted] == [row for row in rows if row]
    entry = AuditEntry.get(AuditEntry.what == "export.report")
    assert (entry.detail, entry.subject) == (key, "")


def test_who_reads_reports_and_which_there_are(browser):
    for key in ("", "aging", "aging.csv"):
        found = {role: browser(role).get(REPORTS + key).status_code for role in ("owner", "auditor", "therapist")}
        assert found == {"owner": 200, "auditor": 200, "therapist": 404}
    assert browser("owner").get(f"{REPORTS}weather").status_code == 404
    assert browser("owner").get(f"{REPORTS}weather.csv").status_code == 404


def test_a_report_asks_the_same_however_much_there_is(biller):
    asked = []
    for person in (the.ana(), the.ben(), the.noor()):
        the.a_charge(person, fee="1.00"), the.a_payment(person, "5.00")
        with count_queries() as counted:
            for key in reports.REPORTS:
                biller.get(f"{REPORTS}{key}")
        asked.append(counted.count)

    assert asked[0] == asked[1] == asked[2]
