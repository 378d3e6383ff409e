"""The reckoning finds what it looks for: every kind of wrong, planted once."""

import sqlite3
from contextlib import contextmanager
from uuid import uuid4

import pytest

import sandbox
from choices import AttemptState
from gateways import Nonce
from gateways.braintree import BraintreeAdapter
from models import Attempt, Payment, db
from tests import builders as the
from tests.payments.conftest import Till
from tests.sandbox.fixtures import account_at
from tests.soak.count import reckon


@pytest.fixture
def file(tmp_path):
    return tmp_path / "sandbox.sqlite"


@pytest.fixture
def till(file, practice, clock):
    processor = sandbox.start(file)
    yield Till(processor, BraintreeAdapter(account_at(processor.port)), clock)
    processor.stop()


@pytest.fixture
def paid(till) -> Attempt:
    ana = the.ana()
    return till.one(ana.user, the.a_charge(ana, fee="150.00"))


@contextmanager
def undone():
    """What is planted inside does not stay."""
    with db.atomic() as planted:
        yield
        planted.rollback()


def rewrite(file, statement):
    """The processor's memory, changed behind its back."""
    with sqlite3.connect(file) as tables:
        tables.execute(statement)
    tables.close()


def test_a_payment_that_both_know_is_clean(paid, file):
    found = reckon(file)

    assert found.is_clean
    assert (found.asked, found.charged, found.recorded, found.cents) == (1, 1, 1, (150_00, 150_00))


@pytest.mark.parametrize("order_id", ["the attempt's", "another"])
def test_a_sale_the_books_do_not_know_is_lost(till, paid, file, order_id):
    order_id = paid.order_id if order_id == "the attempt's" else order_id
    till.gateway.charge(order_id, str(uuid4()), 150_00, Nonce(till.server.pick("visa")))

    found = reckon(file)

    assert len(found.lost) == 1
    assert found.twice == ([f"{order_id} was done 2 times."] if order_id == paid.order_id else [])


def test_an_attempt_without_an_end_is_unknown(paid, file):
    with undone():
        Attempt.update(state=AttemptState.UNKNOWN).execute()

        found = reckon(file)

    assert found.unknown == [f"{paid.order_id} is unknown."]
    assert found.lost == [f"{paid.order_id}: 15000 cents were taken, the attempt is unknown."]


def test_another_amount_is_lost(paid, file):
    rewrite(file, "UPDATE doc SET data = json_set(data, '$.cents', 14000) WHERE kind = 'transaction'")

    assert reckon(file).lost == [f"{paid.order_id}: 14000 cents were taken, 15000 are booked."]


def test_a_payment_nobody_took_breaks_an_invariant(paid, file):
    rewrite(file, "DELETE FROM doc WHERE kind = 'transaction'")

    assert reckon(file).broken == [f"{paid.order_id} is booked, but was never taken."]


def test_a_void_only_the_processor_knows_is_lost(till, paid, file):
    till.gateway.void(paid.transaction_id, str(uuid4()))

    assert reckon(file).lost == [f"{paid.order_id}: 15000 cents voided there, 0 here."]


def test_a_refund_only_the_processor_knows_is_lost(till, paid, file):
    till.server.control("clock", {"advance": 3 * 24 * 3600})
    till.gateway.refund(paid.transaction_id, f"{paid.order_id}-R1", str(uuid4()), 50_00)

    assert reckon(file).lost == [f"{paid.order_id}: 5000 cents given back there, 0 here."]
    assert Payment.select().count() == 1
