"""What was written stays: triggers, checks in the database, and the hash chain."""

import pytest
from peewee import IntegrityError, InternalError

from billing.entries import GENESIS, digest, post
from choices import EntryKind
from migrations import triggers
from migrations.triggers import APPEND_ONLY, FROZEN_COLUMNS, WRITTEN_ONCE
from models import Attempt, Charge, Document, Entry, Payment, SavedCard, db
from tests.builders import (
    NOW,
    a_charge,
    a_paid,
    a_payment,
    a_saved_card,
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


@pytest.fixture
def unguarded():
    """Lets a test write one row of any table with nothing true in it, and takes it away again."""
    db.pragma("foreign_keys", 0)
    with db.atomic() as transaction:
        db.pragma("ignore_check_constraints", 1)
        yield lambda model: db.execute_sql(
            f'INSERT INTO "{model._meta.table_name}" VALUES ({", ".join("1" for _ in model._meta.columns)})'
        )
        db.pragma("ignore_check_constraints", 0)
        transaction.rollback()
    db.pragma("foreign_keys", 1)


def refuses(model, column, why):
    table = model._meta.table_name
    with pytest.raises(REFUSED, match=why):
        db.execute_sql(f'UPDATE "{table}" SET "{column}" = 2' if column else f'DELETE FROM "{table}"')


@pytest.mark.parametrize("model", sorted({*APPEND_ONLY, *FROZEN_COLUMNS}, key=str), ids=lambda model: model.__name__)
def test_the_database_refuses_each_change_of_what_stays(unguarded, model):
    unguarded(model)

    for column in model._meta.columns if model in APPEND_ONLY else FROZEN_COLUMNS[model]:
        refuses(model, column, "append-only" if model in APPEND_ONLY else "never changes in its fixed facts")
    for column in WRITTEN_ONCE.get(model, ()):
        refuses(model, column, f"{column} is written once")
    refuses(model, None, "is kept")


def test_nothing_of_a_paper_changes():
    assert {*Document._meta.columns} - {*FROZEN_COLUMNS[Document], *WRITTEN_ONCE[Document]} == {"id", "key"}


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


@pytest.mark.parametrize("column", ["attempt_key", "order_id", "request_key", "amount", "user_id", "created_at"])
def test_an_attempt_is_asked_for_with_the_same_words_each_time(column):
    person = ana()
    an_attempt(person, (a_charge(person), "10.00"))

    with pytest.raises(REFUSED, match="never changes in its fixed facts"):
        db.execute_sql(f"UPDATE attempt SET {column} = 1")


def test_the_card_that_somebody_agreed_to_have_kept_stays_that_card():
    a_saved_card(ana().user)

    SavedCard.update(main=False, removed_at=NOW).execute()
    with pytest.raises(REFUSED, match="never changes in its fixed facts"):
        SavedCard.update(last4="9999").execute()


def test_the_processors_id_of_an_attempt_is_written_once():
    person = ana()
    an_attempt(person, (a_charge(person), "10.00"))
    Attempt.update(transaction_id="abc12345").execute()

    with pytest.raises(REFUSED, match="written once"):
        Attempt.update(transaction_id="other").execute()


def test_triggers_are_laid_anew_without_doubling():
    triggers.lay()
    triggers.lay()

    laid = [name for (name,) in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    assert sorted(laid) == sorted(triggers.all_triggers())


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
