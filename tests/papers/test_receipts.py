"""A receipt for every payment and every refund, from the moment it is known."""

import contextlib

import pytest

import documents
from billing import invoices, moneyback, postings, receipts
from choices import BACK, AttemptState, EntryKind, Method
from models import Document, DocumentCharge, Entry, WaitingPayment, db
from tests import builders as b
from tests.papers.conftest import drawn
from tests.papers.reading import Printed

CARD = {"method": Method.CARD, "card_brand": "Visa", "card_last4": "1111"}


@pytest.fixture
def ana(practice):
    return b.ana()


def test_it_lists_what_the_payment_pays_oldest_visit_first(ana):
    late, early = b.a_charge(ana, "2026-10-12"), b.a_charge(ana, "2026-10-05")
    payment = b.a_payment(ana, "300.00")
    for charge in (late, early):
        postings.allocate(payment, charge, 150_00, b.stamp())

    document = receipts.issue(payment, b.stamp())

    assert [line["service_date"] for line in document.data["lines"]] == ["2026-10-05", "2026-10-12"]
    assert {row.charge_id for row in DocumentCharge.select()} == {late.id, early.id}
    assert document.data["owed"] == 0


def test_it_says_what_is_unused_and_what_is_still_owed(ana):
    b.a_charge(ana, "2026-10-12", "40.00")
    payment = b.a_payment(ana, "200.00")
    postings.allocate(payment, b.a_charge(ana), 150_00, b.stamp())

    data = receipts.issue(payment, b.stamp()).data

    assert (data["amount"], data["unused"], data["owed"]) == (200_00, 50_00, 0)


def test_asked_for_again_it_is_the_same_paper(ana):
    payment = b.a_paid(b.a_charge(ana))

    assert receipts.issue(payment, b.stamp()) == receipts.issue(payment, b.stamp())
    assert Document.select().count() == 1


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"method": Method.CARD, "card_brand": "Visa", "card_last4": "1111"}, "Visa ending in 1111"),
        ({"method": Method.CASH}, "Cash"),
        ({"method": Method.ACH}, "Bank debit"),
        ({"method": Method.CHECK, "check_number": "204"}, "Check 204"),
        ({"method": Method.EXTERNAL, "site": "pay.example.com"}, "Paid at pay.example.com"),
    ],
)
def test_the_way_of_paying_is_said_in_words(ana, facts, said):
    assert receipts.build(b.a_paid(b.a_charge(ana), **facts)).method == said


def test_it_is_in_the_payers_language(practice):
    tomas = b.tomas()
    by_login = b.a_paid(b.a_charge(tomas), user=tomas.user)
    at_the_desk = b.a_paid(b.a_charge(tomas, "2026-10-06"))

    assert receipts.build(by_login).lines[0].label == "Terapia, 45 min"
    assert receipts.build(at_the_desk).language == "es"


def test_a_fee_is_no_medical_visit(ana):
    document = receipts.issue(b.a_paid(b.a_fee(ana)), b.stamp())

    assert document.data["lines"][0]["notes"] == ["Not a medical visit"]
    assert "Not a medical visit" in documents.article(document.type, document.data)


def test_who_only_pays_reads_visits_without_names(ana):
    helen = b.helen(ana)
    document = receipts.issue(b.a_paid(b.a_fee(ana), user=helen.user), b.stamp())

    assert not document.labels
    assert document.data["lines"][0] | {"service_date": ""} == {
        "client": "", "service_date": "", "label": "Visit", "amount": 90_00, "notes": [],
    }  # fmt: skip
    page = documents.page(document)
    for word in ("Ana", "Delgado", "Late cancel", "Mara", "therapy"):
        assert word not in page


def a_waiting_payment(person):
    charge = b.a_charge(person)
    attempt = b.an_attempt(
        person, (charge, "100.00"), state=AttemptState.SUCCEEDED, card_brand="Visa", card_last4="1111",
        transaction_id="abc123xyz9",
    )  # fmt: skip
    return WaitingPayment.create(attempt=attempt, account=person.account, amount=100_00, received_at=b.NOW)


def test_money_that_waits_to_be_posted_has_its_receipt_at_once(ana):
    document = receipts.issue(a_waiting_payment(ana), b.stamp())

    assert document.data["waiting"]
    assert (document.data["method"], document.data["reference"]) == ("Visa ending in 1111", "123xyz9"[-6:])
    assert (document.data["lines"][0]["amount"], document.data["unused"], document.data["owed"]) == (100_00, 0, 50_00)
    assert "Received. Your therapist will add it to your account." in documents.article(document.type, document.data)


def test_posting_it_later_makes_no_second_receipt(ana):
    waiting = a_waiting_payment(ana)
    first = receipts.issue(waiting, b.stamp())
    payment = b.a_payment(
        ana, "100.00", user=ana.user, method=Method.CARD, source="portal", way="one", attempt=waiting.attempt
    )
    WaitingPayment.update(payment=payment).execute()

    assert receipts.issue(payment, b.stamp()) == first
    assert Document.get_by_id(first.id).payment == payment
    assert receipts.of(waiting) == first


def test_a_refund_has_its_own_receipt_that_names_the_first(ana):
    charge = b.a_charge(ana)
    payment = b.a_settled(charge)
    first = receipts.issue(payment, b.stamp())
    entry = moneyback.refund(payment, 50_00, "Asked for it", b.stamp())

    second = receipts.issue_refund(entry, b.stamp())

    assert (second.data["amount"], second.data["lines"], second.data["owed"]) == (50_00, [], 50_00)
    assert second.data["refund_of"]["number"] == first.number
    assert receipts.refunds_of(first) == [second]
    assert receipts.refunds_of(second) == []
    assert receipts.of(payment) == first
    page = documents.article(second.type, second.data)
    assert 'Money back from receipt <span class="whole">RCT-2026-000001' in page
    assert "Asked for it" not in page


def test_a_void_is_money_back_too(ana):
    payment = b.a_paid(b.a_charge(ana))
    receipts.issue(payment, b.stamp())

    entry = moneyback.void(payment, "Typed twice", b.stamp())

    assert entry.kind == EntryKind.VOID
    assert receipts.issue_refund(entry, b.stamp()).data["amount"] == 150_00


def last_entry(payment):
    return Entry.select().where((Entry.payment == payment) & Entry.kind.in_(BACK)).order_by(Entry.id.desc()).get()


def take_back(payment):
    return moneyback.charge_back(payment, b.stamp(), reason="fraud")


HAPPENED = [
    (lambda payment: moneyback.returned(payment, "R01", b.stamp()), "Payment sent back by your bank", 150_00),
    (take_back, "Payment taken back by your bank", 0),  # held, so not due while the bank looks at it
    (lambda payment: moneyback.win_chargeback(take_back(payment), b.stamp()), "Payment put back by your bank", 0),
]


@pytest.mark.parametrize(("happens", "title", "owed"), HAPPENED)
def test_what_a_bank_does_has_its_own_receipt_in_its_own_words(ana, happens, title, owed):
    payment = b.a_settled(b.a_charge(ana))
    receipts.issue(payment, b.stamp())
    happens(payment)

    document = receipts.issue_refund(last_entry(payment), b.stamp())

    page = documents.article(document.type, document.data)
    assert f"{title} <span" in page and 'This is about receipt <span class="whole">RCT-2026-000001' in page
    assert (document.data["amount"], document.data["owed"]) == (150_00, owed)
    assert "Money back from" not in page and "R01" not in page and "fraud" not in page


def test_a_receipt_of_money_back_is_given_once(ana):
    payment = b.a_settled(b.a_charge(ana))
    entry = moneyback.refund(payment, 50_00, "Asked for it", b.stamp())

    first = receipts.issue_refund(entry, b.stamp())

    assert receipts.issue_refund(entry, b.stamp()) == first
    assert [document.number for document in Document.select()] == ["RCT-2026-000001", "RCT-2026-000002"]


def test_each_time_money_went_back_or_came_back_gets_its_receipt(ana):
    payment = b.a_settled(b.a_charge(ana))
    moneyback.refund(payment, 50_00, "Asked for it", b.stamp())
    moneyback.win_chargeback(take_back(payment), b.stamp())

    for _ in range(2):
        receipts.issue_refunds(payment, b.stamp())

    given = [(document.number, document.data["back"], document.data["amount"]) for document in Document.select()]
    assert given == [
        ("RCT-2026-000001", None, 150_00),
        ("RCT-2026-000002", "refund", 50_00),
        ("RCT-2026-000003", "chargeback", 100_00),
        ("RCT-2026-000004", "chargeback_won", 100_00),
    ]


def test_its_number_goes_when_the_entry_does(ana):
    payment = b.a_settled(b.a_charge(ana))
    receipts.issue(payment, b.stamp())
    with contextlib.suppress(LookupError), db.atomic():
        receipts.issue_refund(moneyback.refund(payment, 50_00, "Asked for it", b.stamp()), b.stamp())
        raise LookupError

    kept = receipts.issue_refund(moneyback.refund(payment, 20_00, "Asked for it", b.stamp()), b.stamp())

    assert (kept.number, kept.data["amount"]) == ("RCT-2026-000002", 20_00)


def test_each_refund_lists_those_before_it_with_their_numbers(ana):
    payment = b.a_settled(b.a_charge(ana))
    receipts.issue(payment, b.stamp())
    first, second = (
        receipts.issue_refund(moneyback.refund(payment, cents, "Asked for it", b.stamp()), b.stamp())
        for cents in (50_00, 20_00)
    )

    assert first.data["given_back"] == []
    assert [(line["amount"], line["number"]) for line in second.data["given_back"]] == [(50_00, first.number)]
    assert f'Money back, Nov 20, 2026, <span class="whole">{first.number}' in documents.article(
        second.type, second.data
    )


def test_a_receipt_made_after_money_went_back_still_adds_up(ana):
    """A payment may come without its paper, then lose and regain money before anyone makes one."""
    payment = b.a_settled(b.a_charge(ana), "100.00")
    moneyback.refund(payment, 30_00, "Asked for it", b.stamp())
    moneyback.win_chargeback(take_back(payment), b.stamp())

    data = receipts.issue(payment, b.stamp()).data

    given = [line["amount"] for line in data["given_back"]]
    assert given == [30_00, 70_00, -70_00]
    assert data["amount"] == sum(line["amount"] for line in data["lines"]) + data["unused"] + sum(given)
    assert "-$70.00" in documents.article("receipt", data)


SENT_TO = [
    (CARD, {"reference": "credit-abc9"}, "Visa ending in 1111", "t-abc9"),
    (CARD, {"category": "check", "reference": "77"}, "Check 77", ""),
    (CARD, {"category": "cash"}, "Cash", ""),
    ({"check_number": "204"}, {"reference": "78"}, "Check 78", ""),
    ({"check_number": "204"}, {}, "Check", ""),
]


@pytest.mark.parametrize(("paid", "back", "method", "reference"), SENT_TO)
def test_it_says_where_the_money_went(ana, paid, back, method, reference):
    payment = b.a_settled(b.a_charge(ana), **paid)

    document = receipts.issue_refund(moneyback.refund(payment, 5_00, "Half", b.stamp(), **back), b.stamp())

    assert (document.data["method"], document.data["reference"]) == (method, reference)


def test_a_check_that_bounced_keeps_its_number(ana):
    payment = b.a_settled(b.a_charge(ana), check_number="204")

    entry = moneyback.returned(payment, "R01", b.stamp())

    assert receipts.issue_refund(entry, b.stamp()).data["method"] == "Check 204"


def test_a_receipt_of_a_refund_from_before_there_were_kinds_is_still_read(ana):
    entry = moneyback.refund(b.a_settled(b.a_charge(ana)), 50_00, "Asked for it", b.stamp())
    data = receipts.issue_refund(entry, b.stamp()).data

    old = {name: value for name, value in data.items() if name not in ("back", "entry", "given_back")}

    assert documents.article("receipt", old) == documents.article("receipt", data)


def test_the_printed_receipt_of_a_refund_says_it_all(practice):
    tomas = b.tomas()
    payment = b.a_settled(b.a_charge(tomas), user=tomas.user, **CARD)
    entry = moneyback.refund(payment, 50_00, "Visit cut short", b.stamp())
    printed = Printed(drawn(documents.page(receipts.issue_refund(entry, b.stamp()))))

    assert printed.headings == [("H1", "Devolución RCT-2026-000002")]
    assert "Devolución del recibo RCT-2026-000001" in printed.text
    assert printed.facts["Devuelto a"] == "Visa que termina en 1111"
    assert printed.facts["Lo que debe ahora"] == "$50.00"
    assert "$50.00" in printed.text and "Visit cut short" not in printed.text


def test_the_practices_refund_policy_is_printed(ana):
    b.the_practice(refund_policy="We refund within 10 days.")

    document = receipts.issue(b.a_paid(b.a_charge(ana)), b.stamp())

    assert "We refund within 10 days." in documents.article(document.type, document.data)


def test_a_receipt_lists_what_was_left_unused(ana):
    document = receipts.issue(b.a_payment(ana, "20.00"), b.stamp())

    page = documents.article(document.type, document.data)

    assert "Not used yet" in page
    assert '<table class="itemized"' not in page


def test_a_receipt_may_be_given_a_number_from_before(ana):
    assert receipts.issue(b.a_paid(b.a_charge(ana)), b.stamp(), serial=16).number == "RCT-2026-000016"
    assert invoices.issue(ana.account, [], b.stamp(), 14).number == "INV-2026-000001"
