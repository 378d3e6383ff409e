"""Files that go out: every column in its place, sums that agree with the books, who may have them, what is logged."""

import csv
import io
import zipfile

import pytest
from playhouse.test_utils import count_queries

from billing import charges, moneyback, postings, waiting
from billing.sheets import MARK
from choices import DepositLineKind, Method
from custody import balances
from exchange import exports, quickbooks, transactions_file
from exchange.exports import Kind, Wanted
from models import Account, AuditEntry, Deposit, DepositLine, Exported, MoneyBack, Payment, Staff
from money import parse_dollars
from tests import builders as the
from tests.practice.conftest import plain

ALL = {"from_on": "", "to_on": ""}


@pytest.fixture
def biller(browser):
    return browser("biller")


def read(answer):
    """The rows of a file as dictionaries."""
    assert answer.status_code == 200, answer.text
    text = answer.get_data().decode()
    assert text.startswith(MARK)
    assert text.count("\n") == text.count("\r\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix(MARK))))


def asked(browser, kind, **sent):
    return browser.submit(f"/practice/exports/{kind}", sent)


def dollars(rows, column="Amount"):
    return sum(parse_dollars(row[column].lstrip("-")) * (-1 if row[column].startswith("-") else 1) for row in rows)


@pytest.fixture
def story(waiting_row, practice):
    """A card payment in a deposit, of which some went back by check; cash; one that was voided; one charged back."""
    ana, attempt = the.ana(), waiting_row.attempt
    paid = waiting.post(waiting_row, the.stamp("2026-11-03"))
    postings.settle(paid, the.stamp("2026-11-04"))
    deposit = Deposit.create(number="DEP-001", source="report", day=the.day("2026-11-05"), net=0, at=the.NOW)
    DepositLine.create(
        deposit=deposit, kind=DepositLineKind.SALE, reference="sale1", payment=paid, amount=100_00, fee=3_20
    )
    back = moneyback.refund(paid, 30_00, "Cut short", the.stamp("2026-11-06"), category="check", reference="77")
    MoneyBack.create(
        form_key="f", order_id=f"{attempt.order_id}-R1", request_key="r", attempt=attempt, kind="refund", amount=30_00,
        reason="Cut short", state="succeeded", created_at=the.NOW, entry=back,
    )  # fmt: skip
    the.a_payment(ana, "25.00", on="2026-11-07", method=Method.CASH, note="=1+1\r\nfrom Ana")
    moneyback.void(the.a_paid(the.a_charge(ana), on="2026-11-08"), "Wrong check", the.stamp("2026-11-08"))
    lost = the.a_settled(the.a_charge(ana), on="2026-11-09")
    dispute = moneyback.charge_back(lost, the.stamp("2026-11-10"), reason="fraud", processor_id="dp1")
    moneyback.win_chargeback(dispute, the.stamp("2026-11-11"))
    moneyback.returned(the.a_settled(the.a_charge(ana), on="2026-11-12"), "R01", the.stamp("2026-11-13"))
    return paid


@pytest.fixture
def waiting_row(waiting):
    return waiting(the.ben(), "100.00", on="2026-11-02", created_at=the.noon("2026-11-02"), transaction_id="sale1")


def test_transactions_have_every_column_and_add_up_to_what_stayed(story, waiting, biller):
    waiting(the.kim(the.a_client("Max Tran-Demo")), "40.00", on="2026-11-14")
    rows = read(asked(biller, "transactions", by="paid", **ALL))

    assert list(rows[0]) == transactions_file.HEADER
    assert [(row["Type"], row["State"], row["Amount"]) for row in rows] == [
        ("Payment", "part_refunded", "100.00"), ("Refund", "posted", "-30.00"), ("Payment", "posted", "25.00"),
        ("Payment", "voided", "150.00"), ("Void", "posted", "-150.00"), ("Payment", "settled", "150.00"),
        ("Chargeback", "posted", "-150.00"), ("Chargeback won", "posted", "150.00"), ("Payment", "returned", "150.00"),
        ("Return", "posted", "-150.00"), ("Payment", "received", "40.00"),
    ]  # fmt: skip
    received = sum(payment.amount for payment in Payment.select()) + 40_00
    assert dollars(rows) == received - 30_00 - 150_00 - 150_00
    order = story.attempt.order_id
    assert list(rows[0].values()) == [
        order, "Payment", "part_refunded", "2026-11-02T12:00:00-06:00", "2026-11-02", "2026-11-03",
        story.account.number, "card", "Visa", "1111", "portal", "one", "100.00", "3.20", "96.80", "USD", "sale1", order,
        "DEP-001", "2026-11-05", "70.00", "0.00", "", "",
    ]  # fmt: skip
    refund, cash, dispute = rows[1], rows[2], rows[6]
    assert (refund["Method"], refund["Card Last4"], refund["Order Reference"]) == ("check", "", f"{order}-R1")
    assert (refund["Fee"], refund["Net"], refund["Applied"], refund["Unapplied"]) == ("", "", "", "")
    assert (cash["Note"], cash["Unapplied"], cash["Entered By"]) == ("'=1+1 from Ana", "25.00", Staff.get_by_id(1).name)
    assert cash["Transaction ID"] == f"H{Payment.get(method='cash').id:06d}"
    assert (dispute["Processor Reference"], dispute["Order Reference"]) == ("dp1", "")
    assert len({row["Transaction ID"] for row in rows}) == len(rows)


def test_by_posting_date_the_ledger_is_told_and_nothing_that_waits(story, waiting, biller):
    waiting(the.kim(the.a_client("Max Tran-Demo")), "40.00", on="2026-11-14")
    rows = read(asked(biller, "transactions", by="posted", from_on="2026-11-03", to_on="2026-11-06"))
    assert [(row["Type"], row["Paid Date"], row["Posted Date"]) for row in rows] == [
        ("Payment", "2026-11-02", "2026-11-03"), ("Refund", "2026-11-06", "2026-11-06"),
    ]  # fmt: skip
    assert len(read(asked(biller, "transactions", by="posted", from_on="", to_on="2199-12-31"))) == 10
    paid = read(asked(biller, "transactions", by="paid", from_on="2026-11-03", to_on="2026-11-07"))
    assert [row["Type"] for row in paid] == ["Refund", "Payment"]


def test_names_are_left_out_unless_asked_for_and_each_file_is_logged(story, biller, staff):
    assert "Ben" not in asked(biller, "transactions", by="paid", **ALL).text
    with_names = read(asked(biller, "transactions", by="paid", from_on="2026-11-02", names="y"))
    assert (with_names[0]["Guarantor"], with_names[0]["Payer"]) == ("Ben Okafor-Demo", "Ben Okafor-Demo")
    logged = [(row.what, row.result, row.detail) for row in AuditEntry.select() if row.what.startswith("export")]
    assert logged == [("export.transactions", "10", ""), ("export.transactions", "10", "from=2026-11-02 names")]
    kept = Exported.select().order_by(Exported.id).tuples()
    assert [row.rows for row in kept.objects()] == [10, 10]
    page = biller.get("/practice/exports/").text
    assert "Rows: 10" in page
    assert staff["biller"].name in page


def test_a_file_of_nothing_has_its_header(biller):
    for kind in ("transactions", "posting", "quickbooks", "charges"):
        answer = asked(biller, kind, **ALL)
        assert read(answer) == []
        assert len(answer.text.strip().splitlines()) == 1


def test_days_that_cannot_be_are_told_and_nothing_goes_out(story, biller):
    answer = asked(biller, "transactions", from_on="2026-11-05", to_on="2026-11-04")
    assert answer.status_code == 422
    assert "not before the first one" in answer.text
    assert asked(biller, "transactions", from_on="yesterday").status_code == 422
    assert Exported.select().count() == 0


def test_the_questions_stay_the_same_however_many_rows(story, staff, waiting):
    def questions():
        with count_queries() as counted:
            file = exports.hand_out(Wanted(Kind.TRANSACTIONS), staff["biller"], the.stamp(), the.ZONE)
            assert sum(1 for _ in file.pieces) == counted_rows() + 1
        return counted.count - 1  # one is asked by this test

    def counted_rows():
        return Exported.select().order_by(Exported.id.desc()).get().rows

    before = questions()
    for _ in range(20):
        the.a_settled(the.a_charge(story.account))
    assert questions() == before


def test_the_posting_file_tells_each_share_with_the_balance_after_it(practice, biller):
    ana = the.ana()
    ana.client.external_id = "C-17"
    ana.client.save()
    visit, insured = the.a_charge(ana, code="H0004"), the.an_insured_charge(ana)
    charges.adjust(visit, 10_00, "courtesy", "Kind", the.stamp())
    charges.transfer(insured, 25_00, "copay", the.stamp())
    paid = the.a_paid(visit, "100.00", on="2026-11-02")
    the.a_paid(insured, "20.00", on="2026-11-03")
    postings.release(paid, visit, 40_00, "Wrong visit", the.stamp("2026-11-04"))

    rows = read(asked(biller, "posting", what="days", from_on="2026-11-02", to_on="2026-11-04"))
    assert [(row["Amount Applied"], row["Charge Balance After"], row["Code"]) for row in rows] == [
        ("100.00", "40.00", "H0004"), ("20.00", "5.00", ""), ("-40.00", "80.00", "H0004"),
    ]  # fmt: skip
    assert (rows[0]["External Client ID"], rows[0]["Charge ID"]) == ("C-17", f"V{visit.id}")
    assert rows[0]["Transaction ID"] == f"H{paid.id:06d}"
    assert (rows[0]["Service Date"], rows[0]["Posted Date"]) == ("2026-10-05", "2026-11-02")


def test_the_posting_file_goes_on_where_the_last_one_ended(practice, browser, biller):
    ana = the.ana()
    the.a_paid(the.a_charge(ana), "10.00")
    assert len(read(asked(biller, "posting", what="new"))) == 1
    the.a_paid(the.a_charge(ana), "20.00")
    assert len(read(asked(biller, "posting", what="days", **ALL))) == 2, "a file of some days moves nothing on"
    assert len(read(asked(browser("auditor"), "posting", what="new"))) == 1, "nor does one that nobody types in"
    assert [row["Amount Applied"] for row in read(asked(biller, "posting", what="new"))] == ["20.00"]
    assert read(asked(biller, "posting", what="new")) == []


def a_deposit(number, on, **amounts):
    return Deposit.create(number=number, source="report", day=the.day(on), at=the.NOW, **amounts)


def test_quickbooks_lines_come_to_what_the_bank_shows(biller):
    a_deposit("DEP-011", "2026-10-30", gross=350_00, fees=11_05, net=338_95)
    a_deposit("DEP-014", "2026-11-04", gross=206_67, fees=6_29, refunds=150_00, net=50_38)
    a_deposit("DEP-017", "2026-11-17", disputes=185_00, fees=15_00, net=-200_00)
    a_deposit("DEP-018", "2026-11-18", gross=10_00, net=12_00)
    a_deposit("DEP-019", "2026-11-19", gross=10_00, net=10_00)
    answer = asked(biller, "quickbooks", from_on="2026-10-01", to_on="2026-11-18")
    assert answer.get_data().decode().removeprefix(MARK).split("\r\n") == [
        "Date,Description,Amount",
        "10/30/2026,Client payments DEP-011,350.00", "10/30/2026,Processor fees DEP-011,-11.05",
        "11/04/2026,Client payments DEP-014,206.67", "11/04/2026,Processor fees DEP-014,-6.29",
        "11/04/2026,Refunds DEP-014,-150.00",
        "11/17/2026,Disputes DEP-017,-185.00", "11/17/2026,Processor fees DEP-017,-15.00",
        "11/18/2026,Client payments DEP-018,10.00", "11/18/2026,Other DEP-018,2.00", "",
    ]  # fmt: skip


@pytest.mark.parametrize(("limit", "most"), [("MOST_ROWS", 5), ("MOST_BYTES", 210)])
def test_more_than_quickbooks_takes_becomes_several_files(limit, most, biller, monkeypatch):
    monkeypatch.setattr(quickbooks, limit, most)
    for number in range(5):
        a_deposit(f"DEP-{number:03}", f"2026-11-0{number + 1}", gross=10_00, fees=30, net=9_70)
    answer = asked(biller, "quickbooks", **ALL)
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    parts = [archive.read(name).decode("utf-8-sig").splitlines() for name in archive.namelist()]
    assert [len(part) for part in parts] == [5, 5, 3]
    assert {part[0] for part in parts} == {"Date,Description,Amount"}
    assert Exported.get().rows == 10


def test_services_are_told_without_a_diagnosis(practice, biller, provider):
    ana = the.ana()
    visit = the.a_charge(ana, dx=["F41.1"], provider=provider, code="H0004", modifiers=["GT", "HO"])
    the.a_paid(visit, "50.00")
    answer = asked(biller, "charges", names="y", **ALL)
    [row] = read(answer)
    assert (row["Amount"], row["Open"], row["Modifiers"], row["Client"]) == (
        "150.00", "100.00", "GT HO", "Ana Delgado-Demo",
    )  # fmt: skip
    assert row["Provider NPI"] == provider.npi
    assert "F41" not in answer.text
    assert "Guarantor" not in asked(biller, "charges", **ALL).text


def test_a_file_needs_a_fresh_proof(staff, app):
    browser = app.test_client().enter(staff["owner"], stepped_up=False)
    assert "/sign-in/again" in browser.get("/practice/exports/transactions").location
    assert browser.submit("/practice/exports/transactions").status_code == 403
    assert Exported.select().count() == 0


def test_ten_files_a_day_are_enough(biller):
    for _ in range(10):
        assert asked(biller, "transactions", **ALL).status_code == 200
    assert asked(biller, "transactions", **ALL).status_code == 429


def test_balances_of_today_leave_sealed(biller, story, tmp_path):
    """Nobody reads them without the master key; the page and the log say who took them."""
    assert 'name="from_on"' not in biller.get("/practice/exports/balances").text
    answer = asked(biller, "balances")

    assert answer.headers["Content-Disposition"].endswith(f"balances-made-{the.TODAY}.sealed")
    assert b"Ana" not in answer.data and b"1024" not in answer.data
    (tmp_path / "sheet").write_bytes(answer.data)
    rows = list(csv.reader(io.StringIO(balances.read(tmp_path / "sheet"))))[2:]
    assert [row[0] for row in rows] == [each.number for each in Account.select().order_by(Account.number)]
    assert AuditEntry.get(AuditEntry.what == "export.balances").result == str(len(rows))
    assert "Balances today As of that day" in plain(biller.get("/practice/exports/").text)
