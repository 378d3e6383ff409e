"""Thousands of commands in any order, at the desk, at the till and at the processor: the books hold.

Together they check I1 to I17, I19, I24, I26 and I27. Statements (I18), superbills (I20) and deposits (I21) are papers
and imports of their own, and are checked where they are made.
"""

import sqlite3

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

import sandbox
from gateways.braintree import BraintreeAdapter
from gateways.braintree.connection import connect
from migrations import migrate
from models import db, open_database
from tests.builders import NOW, a_charge, a_saved_card, a_staff_member, ana, noor
from tests.machine.news import Machine
from tests.sandbox.fixtures import account_at


@pytest.fixture
def machine(tmp_path):
    """A machine on a sandbox of its own; each example begins with a copy of the same two people, in memory."""
    server = sandbox.start(tmp_path / "sandbox.sqlite")
    open_database(":memory:")
    db.connect()
    migrate()
    people, staff = [ana(), noor()], [a_staff_member("Mara Ellison-Demo", "owner"), a_staff_member()]
    for person in people:
        [a_charge(person, fee=fee) for fee in ("45.00", "90.00", "150.00", "20.00")]
    vault = {"customers": [_kept(person.user) for person in people]}
    beginning = sqlite3.connect(":memory:")
    db.connection().backup(beginning)

    def begin(_machine):
        db.close()
        db.connect()
        beginning.backup(db.connection())
        server.control("reset", {})
        server.control("clock", {"set": NOW.isoformat()})
        server.control("seed", vault)

    about = {"server": server, "gateway": BraintreeAdapter(account_at(server.port)), "people": people, "staff": staff,
             "samples": connect(account_at(server.port)).webhook_testing, "file": tmp_path / "sandbox.sqlite",
             "begin": begin}  # fmt: skip
    yield type("Machine", (Machine,), about)
    db.close()
    beginning.close()
    server.stop()


def _kept(user):
    card = a_saved_card(user)
    about = {"token": card.token, "brand": card.brand, "last4": card.last4, "default": True}
    return {"id": user.vault_id, "cards": [about | {"exp_month": card.exp_month, "exp_year": card.exp_year}]}


def run(machine, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_any_order_of_commands_keeps_the_books(machine):
    run(machine, examples=5, steps=50)


@pytest.mark.slow
def test_any_order_of_very_many_commands_keeps_the_books(machine):
    """About forty thousand steps."""
    run(machine, examples=400, steps=100)
