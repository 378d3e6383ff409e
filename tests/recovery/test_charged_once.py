"""Every way a charge can fail, with a new card and a kept one: at most one charge, and the books say what happened."""

import socket

import pytest

from billing import ledger
from gateways.braintree import BraintreeAdapter
from models import Message, Payment, Task
from tests import builders as the
from tests.sandbox.fixtures import account_at

SALE = "POST .*/transactions$"
SEARCH = "POST .*/advanced_search_ids$"
KEPT_OUT = [{"action": "status", "status": status} for status in (401, 403, 426)]
NO_ANSWER = [{"action": "status", "status": status} for status in (404, 408, 429, 500, 503, 504, 418)]
UNREADABLE = [
    {"action": "status", "status": 201}, {"action": "status", "status": 204},
    {"action": "status", "status": 201, "body": "oops"}, {"action": "status", "status": 422, "body": "<odd/>"},
]  # fmt: skip
LOST = [
    {"action": "apply_then_drop"}, {"action": "apply_then_status", "status": 500},
    {"action": "apply_then_status", "status": 201}, {"action": "apply_then_delay", "seconds": 0.5},
]  # fmt: skip
# fault, state when the page appears, state a day later, charges, task
TABLE = [
    *[(fault, "not_sent", "not_sent", 0, "task.setup") for fault in KEPT_OUT],
    *[(fault, "unknown", "closed", 0, "task.closed") for fault in [*NO_ANSWER, *UNREADABLE, {"action": "drop"}]],
    *[(fault, "succeeded", "succeeded", 1, None) for fault in LOST],
    ({"action": "apply_then_status", "status": 401}, "not_sent", "succeeded", 1, "task.setup"),
]


@pytest.fixture
def hasty(world):
    """An adapter that waits no longer than a test."""
    world.gateway = BraintreeAdapter(account_at(world.server.port, read_seconds=0.2))
    return world


@pytest.mark.parametrize("kept", [False, True], ids=["nonce", "saved card"])
@pytest.mark.parametrize(("fault", "soon", "late", "charges", "task"), TABLE, ids=lambda value: str(value)[:60])
def test_one_charge_at_most_and_right_books(hasty, saved, fault, soon, late, charges, task, kept):
    ana = the.ana()
    visit = the.a_charge(ana)
    card = {"card": saved(ana.user).key} if kept else {}
    hasty.faults(SALE, **fault)

    attempt = hasty.one(ana.user, visit, **card)
    assert attempt.state == soon
    assert ledger.charge_figure(visit).payable == (150_00 if soon == "not_sent" else 0)
    for hours in (1, 24):
        hasty.pass_(hours=hours)
        hasty.look()

    attempt = type(attempt).get()
    assert (attempt.state, hasty.sales(attempt), Payment.select().count()) == (late, charges, charges)
    assert ledger.account_figure(ana.account).balance == 150_00 * (1 - charges)
    told = {row.kind for row in Task.select()}
    assert told == ({task} if task else set()) | ({"task.late_success"} if soon != late and charges else set())


@pytest.mark.parametrize("kept", [False, True], ids=["nonce", "saved card"])
def test_a_processor_that_is_not_there_was_asked_nothing(world, saved, kept):
    ana = the.ana()
    card = saved(ana.user).key if kept else world.card()
    with socket.create_server(("127.0.0.1", 0)) as door:
        nowhere = door.getsockname()[1]
    world.gateway = BraintreeAdapter(account_at(nowhere))

    attempt = world.one(ana.user, the.a_charge(ana), card=card)

    assert (attempt.state, attempt.decline_key, Task.select().count()) == ("not_sent", "dec.down", 0)


def test_a_double_that_the_processor_refuses_is_the_payment_it_doubles(world):
    world.server.control("merchant", {"duplicate_checking": True})
    world.gateway = BraintreeAdapter(account_at(world.server.port, request_keys=False))
    ana = the.ana()
    visit = the.a_charge(ana)
    world.faults(SALE, "apply_then_drop")
    world.faults(SEARCH, "status", status=503)
    attempt = world.one(ana.user, visit)
    double = world.gateway.charge(attempt.order_id, "key", attempt.amount, world.source())
    assert double.decline_code == "duplicate"

    world.pass_(minutes=2)
    world.look()

    attempt = type(attempt).get()
    assert (attempt.state, world.sales(attempt)) == ("succeeded", 1)


@pytest.mark.parametrize("found", [True, False], ids=["paid", "not paid"])
def test_a_client_who_left_is_told_by_mail_how_it_ended(world, found):
    ana = the.ana()
    world.faults(SALE, "apply_then_drop" if found else "drop")
    world.faults(SEARCH, "status", status=503)
    world.one(ana.user, the.a_charge(ana), receipt_email="")
    assert Message.select().count() == 0

    for hours in (1, 24):
        world.pass_(hours=hours)
        world.look()

    assert [(row.kind, row.to) for row in Message.select()] == [("mail.unknown", ana.user.email)]


def test_a_charge_in_another_merchant_account_is_for_a_person(world):
    ana = the.ana()
    world.gateway = BraintreeAdapter(account_at(world.server.port, merchant_account="sandbox_credit_card_non_default"))
    world.faults(SALE, "apply_then_drop")
    world.faults(SEARCH, "status", status=503)
    there = world.one(ana.user, the.a_charge(ana))
    (fact,) = world.gateway.find_by_reference(there.order_id).facts
    assert fact.account == "sandbox_credit_card_non_default"

    world.gateway = BraintreeAdapter(account_at(world.server.port, merchant_account="sandbox_credit_card"))
    for hours in (1, 24):
        world.pass_(hours=hours)
        world.look()

    assert (type(there).get_by_id(there.id).state, [row.kind for row in Task.select()]) == (
        "unknown",
        ["task.wrong_amount"],
    )
