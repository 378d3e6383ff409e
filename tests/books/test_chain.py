"""What was written stays: triggers, checks in the database, and the hash chain."""

import pytest
from peewee import IntegrityError, InternalError

from billing.entries import GENESIS, digest, post
from choices import AttemptState, EntryKind
from migrations import triggers
from migrations.triggers import APPEND_ONLY, FROZEN_COLUMNS
from models import Charge, Entry, Payment, WaitingPayment, db
from tests.builders import (
    NOW,
    a_charge,
    a_paid,
    a_payment,
    an_attempt,
    an_insured_charge,
    ana,
    stamp,
)

pytestmark = pytest.mark.usefixtures("database")

REFUSED = (IntegrityError, InternalError)


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
    assert laid == set(triggers.all_triggers())


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
    triggers.lay()
    triggers.lay()

    count = db.execute_sql("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()
    assert count == (len(triggers.all_triggers()),)


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
