"""Refunds, voids, settlement and payouts through the adapter."""

from datetime import UTC, date, datetime

import pytest

from gateways import Kind, Outcome, Reason, SettledTotal, Standing
from gateways.braintree.connection import connect
from tests.sandbox.fixtures import account_at, fresh, test_card


@pytest.fixture
def sale(gateway, sandbox_server):
    def sale(cents=100_00, settled=True, card="visa"):
        fact = gateway.charge(*fresh(), cents, test_card(sandbox_server, card)).fact
        if settled:
            connect(account_at(sandbox_server.port)).testing.settle_transaction(fact.id)
        return fact

    return sale


def test_a_sale_is_refunded_in_parts_until_nothing_is_left(gateway, sale):
    sold = sale()
    order, key = fresh()

    first = gateway.refund(sold.id, order, key, 40_00)
    rest = gateway.refund(sold.id, *fresh(), 60_00)
    more = gateway.refund(sold.id, *fresh(), 1)

    assert (first.outcome, first.fact.kind, first.fact.cents) == (Outcome.APPROVED, Kind.CREDIT, 40_00)
    assert (first.fact.order_id, first.fact.refund_of) == (order, sold.id)
    assert gateway.find(sold.id).refund_ids == (first.fact.id, rest.fact.id)
    assert (more.outcome, more.decline_code) == (Outcome.DECLINED, "91512")


def test_a_refund_may_be_declined(gateway, sale):
    result = gateway.refund(sale(4000_00).id, *fresh(), 2004_00)

    assert (result.outcome, result.decline_code, result.hard_declined) == (Outcome.DECLINED, "2004", True)


def test_a_void_takes_back_what_has_not_settled(gateway, sale):
    sold = sale(settled=False)

    voided = gateway.void(sold.id, fresh()[1])
    again = gateway.void(sold.id, fresh()[1])

    assert (voided.outcome, voided.fact.standing, voided.staff_text) == (Outcome.APPROVED, Standing.REVERSED, "")
    assert (again.outcome, again.decline_code) == (Outcome.DECLINED, "91504")
    assert gateway.void(sale().id, fresh()[1]).decline_code == "91504"


@pytest.mark.parametrize("id", ["", "a/b", "a b"])
def test_an_id_that_is_none_is_never_sent(gateway, id):
    for result in (gateway.void(id, "k"), gateway.refund(id, "o", "k", 1)):
        assert (result.outcome, result.reason, result.alert) == (Outcome.NOT_SENT, Reason.SETUP, True)
    assert gateway.find(id) is None


def test_a_settled_day_is_summed_by_brand_and_kind(gateway, sandbox_server, sale):
    sandbox_server.control("clock", {"set": "2031-03-09T15:00:00Z"})
    try:
        sold = [sale(10_00), sale(15_50), sale(20_00, card="mastercard")]
        credit = gateway.refund(sold[0].id, *fresh(), 5_00).fact
        connect(account_at(sandbox_server.port)).testing.settle_transaction(credit.id)
    finally:
        sandbox_server.control("clock", {"set": datetime.now(UTC).isoformat()})

    day, account = date(2031, 3, 9), "sandbox_credit_card"
    assert gateway.settlement_totals(day) == (
        SettledTotal(day, "Mastercard", Kind.SALE, account, 1, 20_00),
        SettledTotal(day, "Visa", Kind.CREDIT, account, 1, 5_00),
        SettledTotal(day, "Visa", Kind.SALE, account, 2, 25_50),
    )
    assert gateway.find(sold[0].id).settled_at == datetime(2031, 3, 9, 15, tzinfo=UTC)


def test_payouts_between_two_days_are_found(gateway, sandbox_server):
    card = {"brand": "Visa", "last4": "1111", "exp_month": 12, "exp_year": 2030}
    paid = {"cents": 12_00, "at": "2030-01-02T10:00:00Z", "settled_at": "2030-01-03T06:00:00Z", "card": card}
    sales = [paid | {"id": f"paid{day}", "order_id": f"O{day}", "disbursed_on": f"2030-01-0{day}"} for day in (4, 5, 6)]
    sandbox_server.seed({"sales": sales})

    facts = gateway.disbursed(date(2030, 1, 4), date(2030, 1, 5))

    assert [(fact.id, fact.disbursed_on, fact.settled_cents) for fact in facts] == [
        ("paid4", date(2030, 1, 4), 12_00),
        ("paid5", date(2030, 1, 5), 12_00),
    ]
