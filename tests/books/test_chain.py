"""What was written stays: triggers, the hash chain, and a check that finds what got in around them."""

import pytest
from peewee import IntegrityError, InternalError

from billing.charges import (
    adjust,
    record_insurance,
    reverse_adjustment,
    reverse_insurance,
    reverse_transfer,
    transfer,
    void_charge,
)
from billing.discrepancies import discrepancies
from billing.entries import GENESIS, digest, post
from billing.moneyback import charge_back, refund, returned, void, win_chargeback
from models import (
    APPEND_ONLY,
    FROZEN_COLUMNS,
    AttemptState,
    Charge,
    Entry,
    EntryKind,
    Payment,
    WaitingPayment,
    db,
    lay_triggers,
    triggers,
)
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

REFUSED = (IntegrityError, InternalError)


@pytest.fixture
def tampering():
    """Triggers are off inside the test, and what it did is undone, so that the books balance again."""
    with db.atomic() as transaction:
        for name in triggers():
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


def test_a_ledger_row_is_never_changed_or_deleted():
    a_paid(a_charge(ana()))

    with pytest.raises(REFUSED, match="append-only"):
        Entry.update(amount=1).execute()
    with pytest.raises(REFUSED, match="is kept"):
        Entry.delete().execute()
    with pytest.raises(REFUSED, match="append-only"):
        Payment.update(amount=1).execute()


@pytest.mark.parametrize("model", APPEND_ONLY, ids=lambda model: model.__name__)
def test_every_append_only_table_has_both_triggers(model):
    laid = {name for (name,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")}

    table = model._meta.table_name
    assert {f"{table}_update", f"{table}_delete"} <= laid
    assert laid == set(triggers())


@pytest.mark.parametrize(
    ("column", "value"),
    [("amount", 1), ("service_date", "2020-01-01"), ("payer", "insurance"), ("kind", "opening"), ("account_id", 2)],
)
def test_the_money_of_a_charge_never_changes(column, value):
    a_charge(ana())

    with pytest.raises(REFUSED, match="never changes in its fixed facts"):
        db.execute_sql(f"UPDATE charge SET {column} = ?", (value,))


def test_the_codes_of_a_charge_may_be_corrected():
    charge = a_charge(ana(), pos="11")

    Charge.update(pos="10", modifiers=["GT"]).where(Charge.id == charge.id).execute()

    assert Charge.get().modifiers == ["GT"]


@pytest.mark.parametrize("model", FROZEN_COLUMNS, ids=lambda model: model.__name__)
def test_rows_with_fixed_facts_are_never_deleted(model):
    person = ana()
    charge = a_charge(person)
    attempt = an_attempt(person, (charge, "10.00"), state="succeeded")
    WaitingPayment.create(attempt=attempt, account=person.account, amount=10_00, received_at=NOW)
    if model.select().exists():
        with pytest.raises(REFUSED, match="is kept"):
            model.delete().execute()


def test_the_processors_id_of_an_attempt_is_written_once():
    person = ana()
    attempt = an_attempt(person, (a_charge(person), "10.00"))
    attempt.move([AttemptState.SENT], AttemptState.DECLINED, transaction_id="abc12345")

    with pytest.raises(REFUSED, match="written once"):
        attempt.move([AttemptState.DECLINED], AttemptState.CLOSED, transaction_id="other")


def test_triggers_are_laid_anew_without_doubling():
    lay_triggers()
    lay_triggers()

    count = db.execute_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()
    assert count == (len(triggers()),)


def test_every_entry_names_the_hash_of_the_one_before():
    a_paid(a_charge(ana()))

    first, second, third = Entry.select().order_by(Entry.id)

    assert (first.prev_hash, second.prev_hash, third.prev_hash) == (GENESIS, first.hash, second.hash)
    assert first.hash == digest(first)
    assert len({first.hash, second.hash, third.hash}) == 3


def test_every_fact_of_an_entry_is_under_its_hash():
    charge = a_charge(ana())
    entry = Entry.get()
    original = digest(entry)

    for name, value in {
        "kind": EntryKind.CHARGE_VOID, "account_id": 7, "charge_id": charge.id + 1, "payment_id": 1, "names_id": 1,
        "amount": 1, "category": "x", "reason": "x", "reference": "x", "by": "staff:2", "on": stamp().on, "at": NOW,
        "prev_hash": "1" * 64,
    }.items():  # fmt: skip
        changed = Entry.get()
        setattr(changed, name, value)
        assert digest(changed) != original, name


def test_an_entry_is_posted_inside_a_transaction_only():
    person = ana()

    with pytest.raises(AssertionError, match="inside a transaction"):
        post(EntryKind.PAYMENT, person.account, 1_00, stamp())


def test_the_database_refuses_two_entries_after_the_same_one():
    payment = a_payment(ana(), "1.00")
    last = Entry.get()

    with pytest.raises(IntegrityError, match="prev_hash"):
        Entry.create(
            kind="settlement", account=payment.account, payment=payment, amount=1_00, by="staff:1", on=stamp().on,
            at=NOW, prev_hash=last.prev_hash, hash="a fork",
        )  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [
        {"kind": "charge"},
        {"kind": "payment"},
        {"kind": "allocation", "charge": True},
        {"kind": "adjustment_reversal", "charge": True},
        {"kind": "charge", "charge": True, "payment": True},
        {"kind": "charge", "charge": True, "amount": 0},
        {"kind": "charge", "charge": True, "amount": -5},
        {"kind": "charge", "charge": True, "names": True},
    ],
    ids=str,
)
def test_the_database_refuses_an_entry_that_names_the_wrong_things(facts):
    person = ana()
    known = {"charge": Charge.get_or_none(), "payment": a_payment(person, "1.00"), "names": Entry.get()}
    known["charge"] = an_insured_charge(person)
    row = {name: known[name] if value is True else value for name, value in facts.items()}

    with pytest.raises(IntegrityError):
        Entry.create(**{
            "account": person.account, "amount": 1_00, "by": "staff:1", "on": stamp().on, "at": NOW,
            "prev_hash": "x", "hash": "x", **row,
        })  # fmt: skip


@pytest.mark.parametrize("kind", ["charge", "charge_void"])
def test_the_database_refuses_to_post_or_void_a_charge_twice(kind):
    charge = a_charge(ana())
    with db.atomic() as transaction:
        if kind == "charge_void":
            post(EntryKind(kind), charge.account, 1_00, stamp(), charge=charge)
        with pytest.raises(IntegrityError):
            post(EntryKind(kind), charge.account, 1_00, stamp(), charge=charge)
        transaction.rollback()


@pytest.mark.parametrize("kind", ["payment", "settlement", "void", "return", "chargeback", "chargeback_won"])
def test_the_database_refuses_the_second_of_what_happens_once(kind):
    payment = a_payment(ana(), "1.00")
    with db.atomic() as transaction:
        if kind != "payment":
            post(EntryKind(kind), payment.account, 1_00, stamp(), payment=payment)
        with pytest.raises(IntegrityError):
            post(EntryKind(kind), payment.account, 1_00, stamp(), payment=payment)
        transaction.rollback()


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

    assert "and its payment do not name each other" in found()


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
