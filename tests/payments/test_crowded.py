"""What runs by itself finishes although others write to the same file all the time."""

import sqlite3

import pytest

from billing import deliveries, ledger, recovery, refund_recovery, refunds, settling
from billing.carts import Choice
from choices import Way
from models import Attempt, MoneyBack, Payment, WebhookDelivery
from tests import builders as the

SALE, BACK, SEARCH = r"POST .*/transactions$", "POST .*/refund$", "POST .*/advanced_search_ids$"


class Crowded:
    """The processor, in a practice where somebody else writes before each of its answers."""

    def __init__(self, gateway, database):
        self.gateway, self.database = gateway, database

    def __getattr__(self, name):
        with sqlite3.connect(self.database) as tables:
            tables.execute("UPDATE practice SET phone = random()")
        tables.close()
        return getattr(self.gateway, name)


@pytest.fixture
def crowded(till, database):
    return Crowded(till.gateway, database)


@pytest.fixture
def two(till) -> list[Attempt]:
    """Two booked payments."""
    ana = the.ana()
    return [till.one(ana.user, the.a_charge(ana, fee=fee)) for fee in ("10.00", "20.00")]


def test_payments_are_followed(till, crowded, two, settle):
    for attempt in two:
        settle(attempt)
    till.clock.pass_(hours=13)

    assert settling.follow(crowded, till.clock()) == 2
    assert all(ledger.payment_figure(payment).settled for payment in Payment.select())


def test_announcements_are_worked_off(till, crowded, two):
    for attempt in two:
        WebhookDelivery.create(
            payload_sha256=attempt.order_id, kind="transaction_settled", transaction_id=attempt.transaction_id,
            received_at=till.clock(), due_at=till.clock(),
        )  # fmt: skip

    assert deliveries.work_off(crowded, till.clock()) == 2


def test_payments_without_an_answer_are_found(till, crowded, faults):
    ana = the.ana()
    faults(SALE, "apply_then_drop", times=2)
    till.server.control("faults", [{"match": SEARCH, "action": "status", "status": 503, "times": 2}])
    for fee in ("10.00", "20.00"):
        till.take(ana.user, till.order(ana.user, Choice(Way.ONE, (the.a_charge(ana, fee=fee).key,))))
    till.clock.pass_(minutes=2)

    assert recovery.resolve_unknown(crowded, till.clock()) == 2


def test_money_back_without_an_answer_is_found(till, crowded, two, settle, back, faults):
    faults(BACK, "apply_then_drop", times=2)
    till.server.control("faults", [{"match": SEARCH, "action": "status", "status": 503, "times": 2}])
    for attempt in two:
        settle(attempt)
        back(attempt, 5_00)
    till.clock.pass_(minutes=2)

    assert refund_recovery.resolve_unknown(crowded, till.clock()) == 2


def test_money_back_that_waited_its_day_is_sent(till, crowded, two, settle, back):
    the.the_practice(refund_limit=1_00)
    for attempt in two:
        settle(attempt)
        back(attempt, 5_00)
    till.clock.pass_(hours=25)

    assert refunds.send_due(crowded, till.clock) == 2
    assert {row.state for row in MoneyBack.select()} == {"succeeded"}
