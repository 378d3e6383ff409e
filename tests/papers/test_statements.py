"""Statements open with what was before, list what was posted, close with the sum; the next goes on from there."""

from datetime import date, timedelta

import pytest

import documents
from billing import charges, moneyback, papers, postings, statements
from billing.statements import DaysNotOver
from choices import Right
from models import Account, Document, Message
from tests import builders as b
from tests.papers.conftest import drawn
from tests.papers.reading import Printed

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 20))


@pytest.fixture
def ana(practice):
    return b.ana()


def made(number, days, on="2026-11-21"):
    return statements.issue(Account.get(Account.number == number), *days, b.stamp(on))


def statements_made():
    return list(Document.select().order_by(Document.id))


def amounts(document):
    return [line["amount"] for line in document.data["lines"]]


@pytest.mark.parametrize(
    ("number", "october", "between", "november", "closing", "waiting"),
    [
        ("1001", [185_00, -185_00, 185_00], 185_00, [150_00], 335_00, 0),
        ("1002", [25_00, -25_00], 0, [110_00], 110_00, 150_00),
        ("1010", [], -150_00, [150_00, 150_00, -150_00, -30_00], -30_00, 0),
    ],
)
def test_the_demos_statements_to_the_cent(demo, number, october, between, november, closing, waiting):
    first, second = made(number, OCTOBER), made(number, NOVEMBER)

    assert (first.data["opening"], first.data["closing"], second.data["opening"]) == (0, between, between)
    assert (amounts(second), second.data["closing"]) == (november, closing)
    assert not october or amounts(first) == october
    assert sum(amounts(first)) == between and sum(amounts(second)) == closing - between
    assert second.data["lines"][-1]["balance"] == closing
    assert sum(second.data["aging"]) == max(closing, 0)
    assert first.data["waiting"] == waiting


def test_screen_and_paper_say_the_same(demo):
    document = made("1002", (date(2026, 10, 1), date(2026, 11, 20)))
    paper = Printed(drawn(documents.page(document)))

    assert [row[2:] for row in paper.table("Date", "What", "Amount", "Balance")] == [
        ["", "$0.00"], ["$25.00", "$25.00"], ["-$25.00", "$0.00"], ["$110.00", "$110.00"],
    ]  # fmt: skip
    assert paper.table("0–30 days") == [["$110.00", "$0.00", "$0.00", "$0.00"]]
    assert paper.facts["Opening balance"] == "$0.00" and paper.facts["Closing balance"] == "$110.00"
    assert paper.facts["Dates"] == "Oct 1, 2026 to Nov 20, 2026"
    assert "Waiting for your health plan: $150.00." in paper.text and "Page 1 of 1" in paper.text
    assert paper.headings == [("H1", f"Statement {document.number}")]
    for words in ("Your part: ", "Service date: Oct ", "Payment", "Visa ending in"):
        assert words in paper.text and words.strip() in documents.article(document.type, document.data)


def test_every_kind_of_entry_that_moves_the_balance_has_its_line(ana):
    visit, insured = b.a_charge(ana, share_number=1, share_of=2), b.an_insured_charge(ana, "2026-10-06")
    change = charges.adjust(visit, 20_00, "courtesy", "Agreed", b.stamp("2026-10-07"))
    charges.reverse_adjustment(change, 5_00, "Less", b.stamp("2026-10-07"))
    part = charges.transfer(insured, 30_00, "copay", b.stamp("2026-10-08"))
    charges.reverse_transfer(part, 10_00, "Too much", b.stamp("2026-10-08"))
    payment = b.a_payment(ana, "100.00", "2026-10-09")
    postings.settle(payment, b.stamp("2026-10-09"))
    moneyback.refund(payment, 40_00, "Asked for", b.stamp("2026-10-10"))
    charges.void_charge(b.a_fee(ana, "2026-10-11"), "Wrong client", b.stamp("2026-10-12"))

    data = statements.issue(ana.account, *OCTOBER, b.stamp("2026-11-01")).data

    assert [(line["kind"], line["amount"], line["balance"]) for line in data["lines"]] == [
        ("charge", 150_00, 150_00), ("adjustment", -20_00, 130_00), ("adjustment_reversal", 5_00, 135_00),
        ("transfer", 30_00, 165_00), ("transfer_reversal", -10_00, 155_00), ("payment", -100_00, 55_00),
        ("refund", 40_00, 95_00), ("charge", 90_00, 185_00), ("charge_void", -90_00, 95_00),
    ]  # fmt: skip
    assert {each["group"]: each["amount"] for each in data["sums"]} == {
        "charged": 170_00, "changes": -15_00, "paid": -100_00, "back": 40_00,
    }  # fmt: skip
    assert (data["opening"], data["closing"], data["waiting"]) == (0, 95_00, 130_00)
    assert [line["notes"] for line in data["lines"] if line["kind"] == "charge"] == [
        ["One visit, charge shared. Share 1 of 2."], ["Not a medical visit"],
    ]  # fmt: skip
    assert "Agreed" not in str(data) and "Wrong client" not in str(data)


def test_what_is_open_is_told_by_age_since_it_was_the_clients(ana):
    for age, dollars in ((0, "1.00"), (30, "2.00"), (31, "4.00"), (60, "8.00"), (61, "16.00"), (91, "32.00")):
        b.a_charge(ana, b.day("2026-10-31") - timedelta(age), dollars)
    asked = b.an_insured_charge(ana, "2026-07-01")
    charges.transfer(asked, 64_00, "copay", b.stamp("2026-10-30"))

    assert statements.build(ana.account, *OCTOBER).aging == (67_00, 12_00, 16_00, 32_00)
    assert statements.build(ana.account, b.day("2026-07-01"), b.day("2026-08-30")).aging == (32_00, 0, 0, 0)


def test_only_days_that_are_over_are_told(ana):
    b.a_charge(ana)

    for days in ((OCTOBER[0], b.day("2026-11-05")), (OCTOBER[1], OCTOBER[0])):
        with pytest.raises(DaysNotOver):
            statements.issue(ana.account, *days, b.stamp("2026-11-05"))
    assert Document.select().count() == Message.select().count() == 0


def test_who_may_open_bills_is_told_and_reads_it_without_labels_where_that_right_is_missing(ana):
    helen, kim = b.helen(ana).user, b.a_user("Kim Tran-Demo")
    b.a_link(kim, ana.account, Right.BALANCE, Right.BILLS, role="guarantor")
    rob = b.a_user("Rob Delgado-Demo", told_of=["receipt"])
    b.a_link(rob, ana.account, Right.BALANCE, Right.BILLS, role="guarantor")
    b.a_charge(ana)
    b.a_payment(ana, "50.00", "2026-10-06", method="check", check_number="204")
    document = statements.issue(ana.account, *OCTOBER, b.stamp("2026-11-01"))

    assert {message.to for message in Message.select() if message.kind == "mail.doc"} == {ana.user.email, kim.email}
    assert [papers.readable_by(user).count() for user in (ana.user, kim, helen)] == [1, 1, 0]
    seen = documents.article(document.type, documents.data_for(document, labels=papers.may_see_labels(kim, document)))
    assert "Visit" in seen and "Payment" in seen and "Check 204" in seen
    assert "Talk therapy" not in seen and "Ana" not in seen


def test_on_its_day_each_account_with_something_to_say_has_one_statement(practice):
    ana, ben, noor = b.ana(), b.ben(), b.noor()
    b.a_charge(ana, "2026-08-05")  # still open
    b.a_paid(b.a_charge(ben, "2026-10-20"), on="2026-10-20")
    b.a_paid(b.a_charge(noor, "2026-09-20"), on="2026-09-20")  # nothing new, nothing owed

    def due(on):
        return statements.issue_due(b.stamp(on), portal_host="pay.example.com")

    assert due("2026-11-01") == 0  # the practice chose no day
    b.the_practice(statement_day=1)
    assert [due("2026-10-31"), due("2026-11-05"), due("2026-11-03"), due("2026-11-04")] == [0, 0, 2, 0]
    made = statements_made()
    assert [(each.account, each.from_on, each.to_on) for each in made] == [
        (ana.account, *OCTOBER), (ben.account, *OCTOBER),
    ]  # fmt: skip
    assert {message.kind for message in Message.select()} == {"mail.doc"}
    b.the_practice(statement_day=15)
    b.a_charge(ben, "2026-11-14")
    b.a_charge(noor, "2026-11-15")  # on the day itself: that is for the next one
    assert due("2026-11-15") == 2
    assert [each.from_on for each in statements_made()[2:]] == [b.day("2026-11-01")] * 2
    assert due("2026-12-15") == 3
    first, second, third = (each.data for each in statements_made() if each.account == ana.account)
    assert (first["closing"], second["closing"]) == (second["opening"], third["opening"]) == (150_00, 150_00)
    assert third["portal_host"] == "pay.example.com"


def test_days_left_out_by_a_statement_made_by_hand_stand_on_the_next(ana):
    b.the_practice(statement_day=1)
    statements.issue(ana.account, *OCTOBER, b.stamp("2026-11-02"))
    b.a_charge(ana, "2026-11-03")
    for first, last in (("2026-11-10", "2026-11-14"), ("2026-10-20", "2026-11-01")):
        statements.issue(ana.account, b.day(first), b.day(last), b.stamp("2026-11-15"))

    assert statements.issue_due(b.stamp("2026-12-01")) == 1
    last = statements_made()[-1]
    assert (last.from_on, amounts(last), last.data["opening"]) == (b.day("2026-11-02"), [150_00], 0)


def test_statement_days_turn_with_the_year():
    assert statements.last_time(b.day("2026-01-05"), 28) == b.day("2025-12-28")
    assert statements.last_time(b.day("2026-01-28"), 28) == b.day("2026-01-28")
