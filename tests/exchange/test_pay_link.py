"""The report of an outside pay page: its payments come in once, pay the oldest first, and can be taken back."""

import pytest

from billing import ledger, postings
from billing.errors import BillingError
from choices import DocumentType, Method, PostingMode, Source
from exchange import batches, transactions_file, undoing, writing
from exchange.outgoing import Asked
from models import Document, Entry, Import, Imported, Notice, Payment, Practice
from tests import builders as the
from tests.exchange.conftest import a_file, said
from tests.practice.conftest import plain

HEADER = "Payment ID,Date,Amount,Account number,Invoice number,Email,Status,Last4"


@pytest.fixture
def person(practice):
    Practice.update(outside_name="PayHere-Demo").execute()
    return the.ana()


def balance(person):
    return ledger.account_figure(person.account).balance


def paid(batch):
    batches.take_in(batch, batch.digest, True, the.stamp())
    return Import.get_by_id(batch.id)


def report(*lines):
    return a_file(*lines, header=HEADER)


@pytest.mark.parametrize("mode", PostingMode)
def test_payments_pay_the_oldest_first_and_the_rest_is_credit(person, bring, mode):
    Practice.update(posting_mode=mode).execute()
    old, new = (the.a_charge(person, on, "100.00") for on in ("2026-10-01", "2026-10-08"))
    number = person.account.number
    batch = bring("pay_link", report(
        f"ch_2,10/20/2026 3:15 PM,170.00,{number},,,Paid,x4242", f"ch_1,10/19/2026,50.00,{number},,,,",
    ))  # fmt: skip

    assert (batch.result["totals"], Payment.select().count()) == ([200_00, -20_00], 0)
    paid(batch)
    first, second = Payment.select().order_by(Payment.id)
    assert (first.amount, first.method, first.source, first.site) == (
        50_00,
        Method.EXTERNAL,
        Source.IMPORT,
        "PayHere-Demo",
    )
    assert (second.card_last4, second.paid_at.date().isoformat()) == ("4242", "2026-10-20")
    assert [ledger.charge_figure(each).open for each in (old, new)] == [0, 0]
    assert ledger.account_figure(person.account).credit == 20_00
    assert [row.payment_id for row in Notice.select()] == [first.id, second.id]
    assert [row.payment_id for row in Document.select().where(Document.type == DocumentType.RECEIPT)] == [
        first.id,
        second.id,
    ]


def test_the_same_payments_come_once_and_go_back_by_voids(person, bring):
    the.a_charge(person, "2026-10-01", "100.00")
    text = report(f"ch_1,10/19/2026,50.00,{person.account.number},,,,")
    batch = paid(bring("pay_link", text))

    assert bring("pay_link", text).result["counts"]["same"] == 1
    batches.undo(batch, the.stamp())
    assert balance(person) == 100_00
    assert [entry.kind for entry in Entry.select().where(Entry.payment.is_null(False))] == [
        "payment", "allocation", "release", "void",
    ]  # fmt: skip
    assert bring("pay_link", text).result["counts"]["new"] == 1


def test_accounts_are_found_by_number_then_invoice_then_address(person, bring):
    from billing import invoices

    charge = the.a_charge(person, "2026-10-01", "100.00")
    invoice = invoices.issue(person.account, [charge], the.stamp(), 14)
    other = the.ben()
    the.a_link(other.user, person.account)
    mail, number = person.user.email.upper(), person.account.number
    batch = bring("pay_link", report(
        f"a,2026-10-19,1.00,,{invoice.number.lower()},,,", f"b,2026-10-19,2.00,,,{mail},Succeeded,",
        "c,2026-10-19,3.00,,,,,", "d,2026-10-19,4.00,9999,,,,", "e,2026-10-19,5.00,,INV-2026-999999,,,",
        "f,2026-10-19,6.00,,hello,,,", "g,2026-10-19,7.00,,,nobody@example.com,,",
        f"h,2026-10-19,8.00,,,{other.user.email},,", f"i,2026-10-19,9.00,{number},,,Failed,",
        f"j,2026-10-19,-9.00,{number},,,Refunded,",
    ))  # fmt: skip

    assert [(row.amount, row.account_id) for row in Payment.select()] == []
    assert batch.result["counts"]["new"] == 2
    assert sorted(said(batch)) == [
        "Line 10, Status: \"Failed\" is not a payment that went through. It is not imported",
        "Line 11, Amount: \"-9.00\" is not an amount above zero. Write it like 185.00.",
        'Line 11, Status: "Refunded" is not a payment that went through. It is not imported',
        "Line 4, Account number: Payment c names no account, invoice or email. Write the account number in the file",
        "Line 5, Account number: No account with 9999. Import it first",
        "Line 6, Account number: No invoice with INV-2026-999999. Write the account number in the file",
        "Line 7, Account number: No invoice with hello. Write the account number in the file",
        "Line 8, Account number: No account is linked to this address. Write the account number in the file",
        "Line 9, Account number: More than one account fits. Write the account number in the file",
    ]  # fmt: skip
    paid(batch)
    assert {row.account_id for row in Payment.select()} == {person.account.id}


def test_the_fee_and_the_way_of_paying_are_kept(person, bring, sign_in):
    header = f"{HEADER},Method,Fee"
    number, biller = person.account.number, sign_in(the.a_staff_member("Rosa", "biller"))
    lines = [f"a,2026-10-19,45.00,{number},,,,4242,Visa,-1.61", f"b,2026-10-20,50.00,{number},,,,,ACH,",
             f"c,2026-10-21,60.00,{number},,,,4444,,0"]  # fmt: skip
    batch = paid(bring("pay_link", a_file(*lines, header=header)))
    first, second, third = Payment.select().order_by(Payment.id)

    assert [(each.card_brand, each.fee) for each in (first, second, third)] == [("Visa", 1_61), ("ACH", None), ("", 0)]
    pages = [plain(biller.get(f"/practice/transactions/{each.key}").text) for each in (first, second, third)]
    assert "Visa ending in 4242" in pages[0] and "$1.61" in pages[0] and "$43.39" in pages[0]
    assert "Another pay site · ACH" in pages[1] and "Card ending in 4444" in pages[2]
    assert [(row["Fee"], row["Net"]) for row in transactions()] == [("1.61", "43.39"), ("", ""), ("0.00", "60.00")]
    batches.undo(batch, the.stamp())
    fees = [row["Fee"] for row in transactions() if row["Type"] == "Void"]
    assert fees == ["", "", ""], "what the site does with its fee is not known"


def transactions():
    found = transactions_file.sheet(Asked("America/Chicago", 1000))
    return [dict(zip(found.header, row, strict=True)) for row in found.rows]


def test_payments_of_nobody_known_are_given_to_the_account_that_a_person_picks(person, bring, sign_in):
    other = the.ben()
    rows = [
        "c,2026-10-19,3.00,,,,,", "d,2026-10-19,4.00,9999,,,,", f"e,2026-10-19,5.00,{person.account.number},,,,",
        "f,soon,6.00,,,,,",
    ]  # fmt: skip
    batch, biller = bring("pay_link", report(*rows)), sign_in(the.a_staff_member("Rosa", "biller"))
    url = f"/practice/imports/{batch.key}"
    assert [row[:5] for row in batch.result["whose"]] == [
        [2, "2026-10-19", 3_00, "c", ""],
        [3, "2026-10-19", 4_00, "d", "9999"],
    ]
    assert "The report says 9999." in biller.get(url).text
    auditor = sign_in(the.a_staff_member("Ivo", "auditor")).get(url)
    assert auditor.status_code == 200 and other.account.guarantor_name not in auditor.text
    nobody, several = "No account fits this.", "More than one account fits this."
    for typed, why in (("Nobody", nobody), ("x" * 60_000, nobody), ("e", several)):
        refused = biller.submit(f"{url}/accounts", {"line-2": typed, "line-3": "x"})
        assert (refused.status_code, why in refused.text, f'value="{typed}"' in refused.text) == (422, True, True)

    picks = {"line-2": f"Ben · {other.account.number}", "line-3": other.user.name}
    page = biller.submit(f"{url}/accounts", picks, follow_redirects=True).text
    assert f"{other.account.guarantor_name} · {other.account.number}" in page
    page = biller.submit(f"{url}/accounts", {**picks, "line-3": ""}, follow_redirects=True).text
    assert Import.get_by_id(batch.id).options["picked"] == {"2": other.account.id}
    paid(Import.get_by_id(batch.id))
    assert [(row.account_id, row.amount) for row in Payment.select().order_by(Payment.id)] == [
        (other.account.id, 3_00),
        (person.account.id, 5_00),
    ]

    again = bring("pay_link", report(*rows))
    assert (again.result["counts"]["same"], [row[0] for row in again.result["whose"]]) == (2, [3])
    gone = Import.get_by_id(again.id)
    batches.pick(gone, {3: 999}, the.NOW)
    assert [row[0] for row in gone.result["whose"]] == [3], "an account that is no more"
    assert biller.submit(f"{url}/accounts", {}).status_code == 422, "it is taken in"
    Import.update(file=None).where(Import.id == again.id).execute()
    old = biller.submit(f"/practice/imports/{again.key}/accounts", {"line-3": person.account.number})
    assert (old.status_code, Import.get_by_id(again.id).state) == (422, "checked"), "its file is no longer kept"


def test_who_was_picked_counts_for_that_site_alone_and_while_it_stands(person, bring):
    file = report("c,2026-10-19,3.00,,,,,")
    batches.pick(batch := bring("pay_link", file), {2: person.account.id}, the.NOW)
    batch = paid(batch)

    Imported.update(source="another").execute()
    assert bring("pay_link", file).result["whose_count"] == 1
    Imported.update(source=batch.profile).execute()
    assert bring("pay_link", file).result["whose_count"] == 0
    batches.undo(batch, the.stamp())
    assert bring("pay_link", file).result["whose_count"] == 1


def test_of_very_many_the_first_are_asked(person, bring, sign_in):
    batch = bring("pay_link", report(*(f"p{n},2026-10-19,1.00,,,,," for n in range(52))))
    biller, url = sign_in(the.a_staff_member("Rosa", "biller")), f"/practice/imports/{batch.key}"
    assert "These are the first 50 of 52" in biller.get(url).text

    biller.submit(f"{url}/accounts", {f"line-{n}": person.account.number for n in range(2, 52)})
    rows = Import.get_by_id(batch.id).result["whose"]
    assert [row[0] for row in rows if not row[-1]] == [52, 53]


def test_more_than_a_second_of_payments_is_left_to_the_job(person, bring):
    lines = [f"ch_{n},2026-10-19,1.00,{person.account.number},,,," for n in range(101)]
    batches.take_in(one := bring("pay_link", report(*lines[:1])), one.digest, False, the.stamp())
    batch = bring("pay_link", report(*lines))

    assert (Payment.select().count(), writing.is_short(one), writing.is_short(batch)) == (1, True, False)


def test_a_changed_payment_may_be_voided_and_posted_again(person, bring):
    line = f"ch_1,10/19/2026,{{}},{person.account.number},,,,4242,Visa,1.61"
    told = HEADER + ",Method,Fee"
    first = paid(bring("pay_link", a_file(line.format("50.00"), header=told)))
    batch = bring("pay_link", a_file(line.format("60.00"), header=told))

    assert said(batch)[0].startswith("Line 2, Amount: Already imported with $50.00, 2026-10-19.")
    batches.choose(batch, "", [2], the.NOW)
    assert batch.result["totals"] == [-50_00, -60_00]
    paid(batch)
    assert balance(person) == -60_00
    batches.undo(Import.get_by_id(batch.id), the.stamp())
    assert (balance(person), undoing.reasons(Import.get_by_id(first.id))) == (-50_00, [])
    assert {(row.card_last4, row.card_brand, row.fee) for row in Payment.select()} == {("4242", "Visa", 1_61)}


def test_what_is_in_the_bank_stays_and_what_was_voided_by_hand_is_gone(person, bring):
    from billing import outside_paid

    number = person.account.number
    batch = paid(bring("pay_link", report(f"a,2026-10-19,1.00,{number},,,,", f"b,2026-10-19,2.00,{number},,,,")))
    banked, voided = Payment.select().order_by(Payment.id)
    outside_paid.take_back(voided, "twice", the.stamp())
    postings.settle(banked, the.stamp())

    with pytest.raises(BillingError):
        batches.undo(batch, the.stamp())
    assert [each.why for each in undoing.reasons(batch)] == ["banked"]
    again = bring("pay_link", report(f"b,2026-10-19,3.00,{number},,,,"))
    batches.choose(again, "", [2], the.NOW)
    assert (again.result["totals"], again.result["missing"]) == ([-1_00, -4_00], ["a"])
