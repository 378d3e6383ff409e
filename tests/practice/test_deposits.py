"""Deposits on the practice's pages: the bank's amount is typed, picked or loaded, and what does not agree is named."""

import io
import re
from datetime import date

import pytest

from billing import banking, deposits
from billing.banking import Shown
from billing.deposits import Payout, Told
from choices import AttemptState, DepositLineKind, DepositSource, EntryKind
from exchange import deposit_files
from models import AuditEntry, BankLine, Deposit, Entry, Import, Mapping, Payment, db
from tests import builders as the
from tests.practice.conftest import plain
from tests.sandbox.fixtures import faults, gateway, sandbox_server

__all__ = ["faults", "gateway", "sandbox_server"]
K = DepositLineKind
DAY = date(2026, 11, 18)
BANK = "/practice/deposits/files/bank"
REPORT = "/practice/deposits/files/report"


@pytest.fixture
def rosa(browser):
    return browser("biller")


def sold(person, id, amount="100.00", on="2026-11-16"):
    """A settled card payment that the processor knows by this id."""
    charge = the.a_charge(person, fee=amount)
    facts = {"state": AttemptState.SUCCEEDED, "transaction_id": id, "created_at": the.noon(on)}
    attempt = the.an_attempt(person, (charge, amount), **facts)
    about = {"method": "card", "source": "portal", "way": "one", "user": person.user, "attempt": attempt}
    return the.a_settled(charge, on=on, **about)


def told(id, cents=100_00, fee=None, kind=K.SALE, **facts):
    return Told(id, kind, cents, fee, **facts)


def a_deposit(*lines, transfer="t1", day=DAY, net=None, source=DepositSource.ANNOUNCED):
    return deposits.record(Payout(day, lines, source, transfer, net), the.NOW)


def page(deposit, to=""):
    return f"/practice/deposits/{deposit.key}{to}"


def fresh(deposit):
    return Deposit.get_by_id(deposit.id)


def sent(browser, where, text, name="file.csv", **facts):
    return browser.submit(where, {"file": (io.BytesIO(text.encode()), name), **facts})


def test_without_deposits_the_list_says_so(rosa):
    assert "No deposits yet." in rosa.get("/practice/deposits/").text


def test_the_banks_amount_to_the_cent_matches_and_locks(rosa):
    sold(the.ana(), "s1")
    deposit = a_deposit(told("s1"))

    wrong = rosa.submit(page(deposit, "/bank"), {"amount": "99.99", "day": ""}, follow_redirects=True)
    assert "Off by -$0.01" in plain(wrong.text)
    assert "The bank shows $99.99, the deposit comes to $100.00." in plain(wrong.text)
    right = rosa.submit(page(deposit, "/bank"), {"amount": "100.00", "day": "2026-11-20"}, follow_redirects=True)

    assert "The deposit matches and is locked." in right.text
    assert "All deposits match." in rosa.get("/practice/deposits/").text
    assert fresh(deposit).matched_at
    assert rosa.submit(page(deposit, "/bank"), {"amount": "1.00"}).status_code == 422


def test_what_is_no_amount_or_no_day_is_said_at_its_field(rosa):
    deposit = a_deposit(told("s1"))

    for typed in ({"amount": ""}, {"amount": "lots"}, {"amount": "1.00", "day": "2026-13-13"}):
        answer = rosa.submit(page(deposit, "/bank"), typed)
        assert (answer.status_code, BankLine.select().count()) == (422, 0)


def test_a_withdrawal_is_typed_without_its_sign(rosa):
    deposit = a_deposit(told("d1", -185_00, 15_00, K.DISPUTE))
    assert "This is a withdrawal" in rosa.get(page(deposit)).text

    rosa.submit(page(deposit, "/bank"), {"amount": "200.00"})

    assert (fresh(deposit).net, fresh(deposit).bank_line.amount) == (-200_00, -200_00)
    assert fresh(deposit).matched_at


def test_a_fee_that_no_file_tells_is_typed(rosa):
    sold(the.ana(), "s1")
    deposit = a_deposit(told("s1"), net=100_00)
    rosa.submit(page(deposit, "/bank"), {"amount": "96.80"})

    rosa.submit(page(deposit, "/more"), {"what": "fee", "cents": "3.20"})
    rosa.submit(page(deposit, "/bank"), {"amount": "96.80"})

    assert (fresh(deposit).fees, fresh(deposit).net) == (3_20, 96_80)
    assert fresh(deposit).matched_at
    assert rosa.submit(page(deposit, "/more"), {"what": "fee", "cents": "1.00"}).status_code == 422
    assert rosa.submit(page(deposit, "/more"), {"what": "bribe", "cents": "1.00"}).status_code == 422


def test_a_matched_deposit_is_opened_again_with_a_reason_that_is_logged(rosa):
    deposit = a_deposit(told("s1"))
    banking.typed(deposit, Shown(DAY, "", 100_00), the.stamp())

    assert rosa.submit(page(deposit, "/unlock"), {"why": ""}).status_code == 422
    rosa.submit(page(deposit, "/unlock"), {"why": "amount"})

    assert (fresh(deposit).matched_at, fresh(deposit).bank_line) == (None, None)
    entry = AuditEntry.get(what="deposit.unlocked")
    assert (entry.subject, entry.reason) == (f"deposit:{deposit.id}", "amount")


def test_a_person_picks_among_lines_that_fit_alike_also_for_several_deposits(rosa):
    one, two = a_deposit(told("s1")), a_deposit(told("s2", 50_00), transfer="t2")
    banking.keep([Shown(DAY, "ACH", 150_00), Shown(DAY, "ACH", 100_00), Shown(DAY, "ACH", 100_00)], the.stamp())
    assert banking.match(the.stamp()) == 0
    keys = {line.amount: line.key for line in BankLine.select()}
    assert keys[150_00] in rosa.get(page(one)).text

    wrong = rosa.submit(page(one, "/pick"), {"line": keys[100_00], "with": two.key})
    assert "These deposits do not add up to that line." in wrong.text
    rosa.submit(page(one, "/pick"), {"line": keys[150_00], "with": two.key})

    assert fresh(one).matched_at and fresh(two).matched_at
    shown = plain(rosa.get(page(one)).text)
    assert "The same line at the bank: DEP-002" in shown
    assert rosa.submit(page(one, "/pick"), {"line": "nobody's"}).status_code == 404


def test_a_sale_nobody_knows_becomes_credit_of_the_account_a_person_picks(rosa):
    ana = the.ana()
    deposit = a_deposit(told("s9", 80_00))
    text = rosa.get(page(deposit)).text
    assert "a sale of $80.00 that the books do not know." in plain(text)
    where = re.search(r'href="([^"]+/adopt/\d+)"', text)[1]

    assert rosa.get(where).status_code == 200
    assert "No account found." in rosa.submit(where, {"q": "nobody"}).text
    assert ana.account.key in rosa.submit(where, {"q": "Delgado"}).text
    rosa.submit(where, {"account": ana.account.key})

    payment = Payment.get()
    assert (payment.source, payment.amount, payment.account) == ("import", 80_00, ana.account)
    assert Entry.select().where(Entry.kind == EntryKind.ALLOCATION).count() == 0
    assert "does not agree" not in rosa.get(page(deposit)).text
    assert rosa.submit(where, {"account": ana.account.key}).status_code == 404


def test_checks_and_cash_are_settled_when_the_bank_shows_them(rosa):
    check = the.a_payment(the.ana(), "60.00", method="check")
    cash = the.a_payment(the.ben(), "40.00", method="cash")
    where = "/practice/deposits/new/"
    assert check.key in rosa.get(where).text

    assert "Choose at least one payment" in rosa.submit(where, {"payment": []}).text
    assert rosa.submit(where, {"payment": [check.key], "amount": "x"}).status_code == 422
    rosa.submit(where, {"payment": [check.key, cash.key], "day": "2026-11-19", "amount": "100.00"})

    deposit = Deposit.get()
    assert (deposit.source, deposit.gross, bool(deposit.matched_at)) == ("typed", 100_00, True)
    assert Entry.select().where(Entry.kind == EntryKind.SETTLEMENT).count() == 2
    assert "Nothing waits to be deposited." in rosa.get(where).text


DETAILS = "Record ID,Record Type,Transfer ID,Order ID,Gross Settlement Amount,Total Net Fees,Net Disbursed Amount\n"


def test_the_processors_report_brings_the_fees_and_the_banks_file_the_match(rosa):
    sold(the.ana(), "s1")
    deposit = a_deposit(told("s1"), net=100_00)
    report = f"{DETAILS}s1,Sale,t1,,100.00,-3.20,96.80\n"

    rosa.get(REPORT)
    answer = sent(rosa, REPORT, report)
    assert answer.status_code == 303
    again = sent(rosa, REPORT, report)
    assert again.status_code == 303
    columns = sent(rosa, BANK, "Posted,What,In,Out\n11/19/2026,BRAINTREE t1,96.80,\n11/19/2026,Rent,,900.00\n")
    assert "/bank/" in columns.location
    rosa.get(columns.location)
    rosa.submit(columns.location, {"date": "Posted", "description": "What", "in_": "In", "out": "Out"})

    assert (fresh(deposit).fees, fresh(deposit).net, bool(fresh(deposit).matched_at)) == (3_20, 96_80, True)
    assert Import.select().where(Import.file.is_null()).count() == 2
    assert Mapping.get().columns == {"date": "Posted", "description": "What", "in": "In", "out": "Out"}
    longer = "Posted,What,In,Out\n11/19/2026,BRAINTREE t1,96.80,\n11/19/2026,Rent,,900.00\n11/20/2026,Tea,,4.00\n"
    assert "/bank/" not in sent(rosa, BANK, longer).location
    assert BankLine.select().count() == 3
    assert rosa.get("/practice/imports/").status_code == 200
    assert "/bank/" not in sent(rosa, BANK, longer).location


@pytest.mark.parametrize(
    ("where", "text", "sentence"),
    [
        (REPORT, "a,b\n1,2\n", "This is not a report of the processor that we know"),
        (REPORT, f"{DETAILS}s1,Sale,t1,,lots,,\n", "Line 2"),
        (REPORT, f"{DETAILS}s1,Sale,t1,,1.00,,\n", "The file does not say when it was paid out."),
        (BANK, "\x00\x01", ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_writes_nothing(rosa, where, text, sentence):
    answer = sent(rosa, where, text)

    assert answer.status_code == 422
    assert sentence in plain(answer.text)
    assert Deposit.select().count() == Import.select().count() == BankLine.select().count() == 0


def test_without_a_file_or_with_a_wrong_day_nothing_is_read(rosa):
    assert "Choose a file" in rosa.submit(BANK, {}).text
    assert "Choose a file" in rosa.submit(REPORT, {"day": ""}).text
    assert sent(rosa, REPORT, DETAILS, day="2026-99-99").status_code == 422


def test_columns_that_cannot_be_are_refused_and_asked_again(rosa):
    where = sent(rosa, BANK, "Day,Text,Sum\n11/19/2026,ACH,lots\n").location

    assert rosa.submit(where, {"date": "Day", "description": "Text"}).status_code == 422
    assert "Line 2, Sum" in plain(rosa.submit(where, {"date": "Day", "amount": "Sum"}).text)
    assert Mapping.select().count() == BankLine.select().count() == 0


def test_books_and_processor_are_compared_on_the_same_page(app, rosa, gateway, faults):
    app.extensions["gateway"] = gateway
    assert "The books balance, and the processor has the same." in rosa.submit("/practice/deposits/compare", {}).text

    faults("POST .*/advanced_search_ids$", "status", status=503, times=9)
    assert "The processor does not answer." in rosa.submit("/practice/deposits/compare", {}).text


def test_therapists_see_no_deposits_and_the_auditor_only_reads(browser):
    deposit = a_deposit(told("s1"))
    ivo = browser("auditor")

    assert browser("therapist").get("/practice/deposits/").status_code == 404
    assert "Type what the bank shows" not in ivo.get(page(deposit)).text
    assert ivo.submit(page(deposit, "/bank"), {"amount": "100.00"}).status_code == 404


def test_the_list_is_narrowed(rosa):
    sold(the.ana(), "s1")
    sold(the.ben(), "s2", "50.00")
    a_deposit(told("s1"), transfer="t1")
    matched = a_deposit(told("s2", 50_00), transfer="t2")
    banking.typed(matched, Shown(DAY, "", 50_00), the.stamp())

    assert "DEP-002" not in rosa.get("/practice/deposits/?show=open").text
    assert 'DEP-001</span></a> <span class="soft">Nov' not in rosa.get("/practice/deposits/?show=matched").text
    assert rosa.get("/practice/deposits/?show=nothing&page=9").status_code == 200


def test_a_long_report_lets_others_write_in_between_and_is_whole_at_the_end(rosa, staff, monkeypatch):
    written = []
    monkeypatch.setattr(deposit_files, "LINES_AT_ONCE", 2)
    monkeypatch.setattr(
        deposit_files.time, "sleep", lambda _: written.append((Deposit.select().count(), db.in_transaction()))
    )
    rows = "".join(f"s{n},Sale,t{n},,1.00,0.00,1.00\n" for n in range(5))
    for same in (False, True):
        taken = deposit_files.report((DETAILS + rows).encode(), "r.csv", DAY, staff["biller"], the.stamp())
        assert (taken.rows, taken.same) == (0 if same else 5, same)
    assert written == [(2, False), (4, False), (5, False)]


def test_a_file_of_more_than_a_megabyte_is_taken_in(rosa):
    lines = "".join(f"2026-11-18,{n},{n}.00,{'x' * 4000}\n" for n in range(1, 301))
    parts = f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{rosa.token()}\r\n'
    parts += '--b\r\nContent-Disposition: form-data; name="file"; filename="bank.csv"\r\n\r\n'
    body = f"{parts}Date,Text,Amount,More\n{lines}\r\n--b--\r\n".encode()
    where = rosa.post(BANK, data=body, content_type="multipart/form-data; boundary=b").location

    rosa.submit(where, {"date": "Date", "description": "Text", "amount": "Amount"})

    assert BankLine.select().count() == 300
