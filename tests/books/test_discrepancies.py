"""A check that finds what got in around the triggers: every invariant, broken on purpose."""

import pytest

from billing import audit, receipts
from billing.charges import (
    adjust,
    record_insurance,
    reverse_adjustment,
    reverse_insurance,
    reverse_transfer,
    transfer,
    void_charge,
)
from billing.consents import agree_to_keep_card
from billing.discrepancies import discrepancies
from billing.entries import GENESIS, digest, post
from billing.moneyback import charge_back, refund, returned, void, win_chargeback
from choices import EntryKind
from migrations import sums, triggers
from models import Entry, MoneyBack, WaitingPayment, db
from tests.builders import (
    NOW,
    a_charge,
    a_paid,
    a_payment,
    a_settled,
    an_attempt,
    an_insured_charge,
    ana,
    noor,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def tampering():
    """What refuses is off inside the test, and what it did is undone, so that the books balance again."""
    with db.atomic() as transaction:
        for name in triggers.all_triggers().keys() - sums.triggers().keys():
            db.execute_sql(f"DROP TRIGGER {name}")
        yield
        transaction.rollback()


def plant(sql: str, *values) -> None:
    """Write around the models, the triggers and the checks."""
    db.execute_sql("PRAGMA ignore_check_constraints = 1")
    db.execute_sql(sql, values)
    db.execute_sql("PRAGMA ignore_check_constraints = 0")


def rechain() -> None:
    """Give every entry a hash that fits again: a forger who knows the chain."""
    previous = GENESIS
    for entry in Entry.select().order_by(Entry.id):
        entry.prev_hash = previous
        previous = digest(entry)
        plant("UPDATE entry SET prev_hash = ?, hash = ? WHERE id = ?", entry.prev_hash, previous, entry.id)


def found() -> str:
    return " ".join(discrepancies())


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE entry SET amount = amount + 1 WHERE id = 2", "Ledger entry 2 was changed"),
        ("UPDATE entry SET reason = 'other' WHERE id = 1", "Ledger entry 1 was changed"),
        ("DELETE FROM entry WHERE id = 2", "Ledger entry 2 is missing"),
        ("DELETE FROM entry WHERE id = 1", "Ledger entry 1 is missing"),
    ],
)
def test_a_changed_or_missing_entry_is_found(tampering, sql, words):
    a_paid(a_charge(ana()), "100.00")

    plant(sql)

    assert words in found()


def test_entries_removed_from_the_end_are_found_by_what_they_posted(tampering):
    person = ana()
    charge, payment = a_charge(person), a_payment(person, "10.00")

    plant("DELETE FROM entry")

    assert f"Charge {charge.id} was never posted." in found()
    assert f"Payment {payment.id} was never posted." in found()


@pytest.fixture
def elsewhere():
    """Somebody opens the file with another program, which checks no references and lays triggers aside."""
    db.pragma("foreign_keys", 0)
    with db.atomic() as transaction:
        for name in triggers.all_triggers().keys() - sums.triggers().keys():
            db.execute_sql(f"DROP TRIGGER {name}")
        yield
        transaction.rollback()
    db.pragma("foreign_keys", 1)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("DELETE FROM payment", "Row 3 of entry names a row of payment that is gone."),
        ("DELETE FROM attempt", "Row 1 of attempt_line names a row of attempt that is gone."),
        ("UPDATE payment SET amount = 1", "another amount recorded"),
        ("UPDATE payment SET account_id = 2", "joins two accounts"),
        ("DELETE FROM attempt_line", ": its lines do not come to what was asked"),
        ("UPDATE attempt_line SET amount = 1", ": its lines do not come to what was asked"),
        ("UPDATE attempt_line SET charge_id = 2", ": its lines do not come to what was asked"),
        ("DELETE FROM attempt_event", " is succeeded, which none of its events says"),
        ("UPDATE attempt_event SET after = 'sent'", " is succeeded, which none of its events says"),
        ("UPDATE attempt_event SET before = 'sent'", "Event 1 of an attempt does not follow the one before it"),
        ("UPDATE consent SET text = text || '.'", "Consent 1 was changed"),
        ("UPDATE audit_entry SET detail = 'x'", "entry 1 was changed"),
        ("UPDATE document SET data_sha256 = 'x'", "RCT-2026-000001 was changed"),
        ("UPDATE document SET data = 'x'", "RCT-2026-000001 was changed"),
    ],
)
def test_what_was_changed_or_taken_away_from_outside_is_found(elsewhere, sql, words):
    person = ana()
    charge, _ = a_charge(person), a_charge(noor())
    attempt = an_attempt(person, (charge, "150.00"), state="succeeded")
    receipts.issue(a_paid(charge, source="portal", method="card", attempt=attempt), stamp())
    agree_to_keep_card(person.user, "en", "", "a reference", NOW)
    audit.note("system", "bill.seen", "account:1", NOW)
    assert discrepancies() == []

    plant(sql)

    assert words in found()


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        ("allocation", 200_00, "open -$50.00 is not between 0 and the client part"),
        ("release", 10_00, "open $160.00 is not between 0 and the client part"),
        ("adjustment", 200_00, "more was taken off than was charged"),
        ("charge", 120_00, "posted $120.00, recorded $150.00"),
    ],
)
def test_an_amount_that_breaks_an_equation_is_found(tampering, kind, amount, words):
    person = ana()
    charge, payment = a_charge(person), a_payment(person, "500.00")
    if kind == "charge":
        plant("UPDATE entry SET amount = ? WHERE kind = 'charge'", amount)
    else:
        facts = {"charge": charge} | ({"payment": payment} if kind in ("allocation", "release") else {})
        post(EntryKind(kind), person.account, amount, stamp(), **facts)

    assert words in found()


def test_insurance_money_that_is_more_than_the_charge_is_found(tampering):
    charge = an_insured_charge(ana())
    post(EntryKind.INSURANCE_PAYMENT, charge.account, 200_00, stamp(), charge=charge)

    assert "more was taken off than was charged" in found()


def test_a_transfer_taken_back_further_than_it_went_is_found(tampering):
    charge = an_insured_charge(ana())
    post(EntryKind.TRANSFER, charge.account, 20_00, stamp(), charge=charge)
    post(EntryKind.TRANSFER_REVERSAL, charge.account, 30_00, stamp(), charge=charge, names=Entry.get_by_id(2))

    assert f"Charge {charge.id}: open -$10.00 is not between 0 and the client part." in found()


def test_more_reserved_than_open_is_found(tampering):
    person = ana()
    charge = a_charge(person)
    an_attempt(person, (charge, "100.00"))
    an_attempt(person, (charge, "100.00"))

    assert f"Charge {charge.id}: $200.00 is reserved, only $150.00 is open." in found()


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        ("void", 60_00, "more is used than was paid"),
        ("refund", 10_00, "refunded before it settled"),
        ("return", 60_00, "$60.00 went back of $50.00"),
        ("chargeback_won", 10_00, "-$10.00 went back of $50.00"),
    ],
)
def test_money_back_that_breaks_an_equation_is_found(tampering, kind, amount, words):
    payment = a_payment(ana(), "50.00")
    post(EntryKind(kind), payment.account, amount, stamp(), payment=payment)

    assert words in found()


def test_a_void_after_settlement_is_found(tampering):
    payment = a_settled(a_charge(ana()))
    plant("DELETE FROM entry WHERE kind = 'settlement'")
    void(payment, "Wrong check", stamp())
    post(EntryKind.SETTLEMENT, payment.account, payment.amount, stamp(), payment=payment)

    assert f"Payment {payment.id}: settled and voided." in found()


def test_an_allocation_across_accounts_is_found(tampering):
    charge, payment = a_charge(ana()), a_payment(noor(), "50.00")
    post(EntryKind.ALLOCATION, charge.account, 50_00, stamp(), charge=charge, payment=payment)

    assert "joins two accounts" in found()


def test_an_entry_on_the_wrong_account_is_found(tampering):
    a_charge(ana())
    other = noor().account

    plant("UPDATE entry SET account_id = ?", other.id)
    rechain()

    assert "its balance differs between its charges, payments and entries" in found()


def test_a_release_of_more_than_was_allocated_is_found(tampering):
    person = ana()
    charge = a_charge(person)
    payment, other = a_paid(charge, "50.00"), a_paid(charge, "50.00")
    post(EntryKind.RELEASE, person.account, 60_00, stamp(), charge=charge, payment=payment)

    assert "releases more than was allocated" in found()
    assert other.amount == 50_00


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE open_charge SET open = open - 1", "Charge 1: the database's own sum of what is open"),
        ("UPDATE open_charge SET since = '2026-01-01'", "Charge 1: the database's own sum of what is open"),
        ("DELETE FROM open_charge", "Charge 1: the database's own sum of what is open"),
        ("UPDATE open_day SET charges = 2", "Day 2026-10-05: the database's own sum"),
        ("UPDATE open_credit SET unapplied = 1", "Payment 1: the database's own sum of what is unapplied"),
        ("UPDATE month_total SET back = 1", "Month 2026-11: the database's own sum of what came in and went back"),
        ("UPDATE month_total SET month = '2026-10'", "Month 2026-11: the database's own sum"),
    ],
)
def test_a_sum_that_the_database_keeps_and_that_is_wrong_is_found(tampering, sql, words):
    person = ana()
    a_charge(person)
    a_payment(person, "3.00")
    assert discrepancies() == []

    plant(sql)

    assert words in found()


def test_a_success_without_money_on_the_books_is_found(tampering):
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "10.00"), state="succeeded")

    assert f"Attempt {attempt.order_id} is succeeded, but its money is not on the books." in found()


def test_money_of_an_attempt_that_failed_is_found(tampering):
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "10.00"), state="declined")
    a_payment(person, "10.00", source="portal", method="card", attempt=attempt)

    assert f"Attempt {attempt.order_id} is declined, but its money is on the books." in found()


def test_another_amount_than_was_asked_for_is_found(tampering):
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "10.00"), state="succeeded")
    a_payment(person, "11.00", source="portal", method="card", attempt=attempt)

    assert "$10.00 was asked, another amount recorded" in found()


def test_a_waiting_payment_that_names_the_wrong_payment_is_found(tampering):
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "10.00"), state="succeeded")
    WaitingPayment.create(attempt=attempt, account=person.account, amount=10_00, received_at=NOW)
    a_payment(person, "10.00", source="portal", method="card", attempt=attempt)
    sound = an_attempt(person, (a_charge(person), "5.00"), state="succeeded")
    WaitingPayment.create(attempt=sound, account=person.account, amount=5_00, received_at=NOW)

    assert found().count("and its payment do not name each other") == 1


def money_back(payment, **facts):
    about = {"kind": "refund", "method": "check", "amount": 10_00, "reason": "Visit cut short", "state": "succeeded"}
    names = {name: f"{name}-{MoneyBack.select().count()}" for name in ("form_key", "order_id", "request_key")}
    return MoneyBack.create(payment=payment, created_at=NOW, **{**about, **names, **facts})


def test_money_back_that_is_not_in_the_ledger_or_there_too_early_is_found(tampering):
    payment = a_settled(a_charge(ana()))
    money_back(payment)
    money_back(payment, state="declined", entry=refund(payment, 10_00, "Visit cut short", stamp()))

    assert "Money back order_id-0 is succeeded, but not in the ledger." in found()
    assert "Money back order_id-1 is declined, but in the ledger." in found()


@pytest.mark.parametrize("wrong", ["amount", "kind", "payment"])
def test_money_back_that_names_another_entry_is_found(tampering, wrong):
    person = ana()
    payment = a_settled(a_charge(person))
    facts = {"amount": {"amount": 9_00}, "kind": {"kind": "void"}, "payment": {"payment": a_payment(person, "1.00")}}
    about = {"payment": payment, "entry": refund(payment, 10_00, "Visit cut short", stamp()), **facts[wrong]}
    money_back(**about)

    assert "Money back order_id-0 and ledger entry" in found()


def test_money_back_of_another_card_payment_is_found(tampering):
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "150.00"), state="declined")
    entry = refund(a_settled(a_charge(person)), 10_00, "Visit cut short", stamp())
    money_back(None, attempt=attempt, entry=entry)

    assert "Money back order_id-0 and ledger entry" in found()


def test_books_with_everything_in_them_balance():
    person = ana()
    visit, insured = a_charge(person), an_insured_charge(person)
    void_charge(a_charge(person), "Wrong client", stamp())
    reverse_adjustment(adjust(visit, 20_00, "courtesy", "Late start", stamp()), 5_00, "Was on time", stamp())
    reverse_insurance(record_insurance(insured, 90_00, "Plan", "EOB", stamp()), 5_00, "Taken back", stamp())
    reverse_transfer(transfer(insured, 65_00, "copay", stamp()), 7_00, "Not due", stamp())
    adjust(insured, 2_00, "contractual", "Allowed amount", stamp())
    void(a_paid(visit, "1.00"), "Wrong check", stamp())
    returned(a_paid(visit, "1.00"), "R01", stamp())
    refund(a_settled(visit, "20.00"), 20_00, "Visit cut short", stamp())
    win_chargeback(charge_back(a_settled(visit, "30.00"), stamp(), reason="fraud"), stamp())
    charge_back(a_settled(visit, "40.00"), stamp(), reason="fraud")
    a_payment(person, "3.00")
    an_attempt(person, (a_charge(person), "150.00"))

    assert discrepancies() == []
    assert {entry.kind for entry in Entry.select()} == set(EntryKind)
