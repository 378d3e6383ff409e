"""Several people at once: one write at a time, each on what the one before left."""

import threading

import pytest

from billing.discrepancies import discrepancies
from billing.errors import BillingError
from billing.ledger import charge_figure, payment_figure
from billing.moneyback import refund
from billing.postings import allocate, settle
from models import Entry, db
from tests.builders import a_charge, a_payment, a_settled, ana, stamp

pytestmark = pytest.mark.usefixtures("database")


def at_once(*commands) -> list[bool]:
    """Run every command in a thread of its own, all starting together; which of them were done."""
    ready, done = threading.Barrier(len(commands)), [False] * len(commands)

    def run(place, command):
        with db.connection_context():
            ready.wait()
            try:
                command()
                done[place] = True
            except BillingError:
                pass

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(commands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_two_payments_at_once_never_pay_more_than_is_open():
    person = ana()
    charge = a_charge(person, fee="150.00")
    payments = [a_payment(person, "100.00") for _ in range(2)]

    done = at_once(*(lambda payment=payment: allocate(payment, charge, 100_00, stamp()) for payment in payments))

    assert sorted(done) == [False, True]
    assert charge_figure(charge).open == 50_00


def test_one_payment_is_never_used_twice():
    person = ana()
    payment = a_payment(person, "150.00")
    bills = [a_charge(person) for _ in range(4)]

    done = at_once(*(lambda charge=charge: allocate(payment, charge, 150_00, stamp()) for charge in bills))

    assert sum(done) == 1
    assert payment_figure(payment).unapplied == 0


def test_refunds_at_once_never_exceed_the_payment():
    payment = a_settled(a_charge(ana(), fee="100.00"))

    done = at_once(*[lambda: refund(payment, 40_00, "Visit cut short", stamp())] * 4)

    assert sum(done) == 2
    assert payment_figure(payment).refunded == 80_00


def test_the_chain_has_one_end_however_many_write():
    person = ana()
    payments = [a_payment(person, "1.00") for _ in range(8)]

    assert all(at_once(*(lambda payment=payment: settle(payment, stamp()) for payment in payments)))

    assert Entry.select().count() == 16
    assert discrepancies() == []


def test_a_command_takes_the_write_lock_before_it_reads():
    person = ana()
    payment = a_payment(person, "1.00")
    statements: list[str] = []
    db.connection().set_trace_callback(statements.append)

    settle(payment, stamp())

    db.connection().set_trace_callback(None)
    assert statements[0] == "BEGIN IMMEDIATE"
