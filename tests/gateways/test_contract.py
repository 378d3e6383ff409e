"""What every adapter promises, whatever processor is behind it. A new one adds a line to ADAPTERS."""

from datetime import date
from inspect import signature
from uuid import uuid4

import pytest

from gateways import BadSignature, Gateway, Nonce, Outcome, SavedCard, Search, registry
from gateways.braintree import BraintreeAdapter
from tests.sandbox.fixtures import account_at, fresh, test_card

ADAPTERS = {"braintree": lambda server: BraintreeAdapter(account_at(server.port))}
CARDS = {"braintree": test_card}
METHODS = [name for name in vars(Gateway) if not name.startswith("_")]


@pytest.fixture(params=sorted(ADAPTERS))
def processor(request):
    return request.param


@pytest.fixture
def gateway(processor, sandbox_server):
    return ADAPTERS[processor](sandbox_server)


@pytest.fixture
def card(processor, sandbox_server):
    return lambda kind="visa": CARDS[processor](sandbox_server, kind)


def test_every_registered_adapter_is_tested_here():
    assert set(registry.ADAPTERS) == set(ADAPTERS)


@pytest.mark.parametrize("method", METHODS)
def test_an_adapter_takes_what_the_port_names(gateway, method):
    asked = list(signature(getattr(Gateway, method)).parameters)[1:]

    assert list(signature(getattr(gateway, method)).parameters) == asked


def test_a_charge_is_found_by_id_and_by_reference(gateway, card):
    order, key = fresh()

    result = gateway.charge(order, key, 12_34, card())

    assert (result.outcome, result.fact.cents, result.fact.order_id) == (Outcome.APPROVED, 12_34, order)
    assert gateway.find(result.fact.id) == result.fact
    assert gateway.find_by_reference(order) == Search(True, (result.fact,))


def test_a_decline_moves_no_money_and_gives_a_code(gateway, card):
    result = gateway.charge(*fresh(), 12_34, card("funds"))

    assert result.outcome is Outcome.DECLINED
    assert result.decline_code and result.staff_text


def test_what_nobody_charged_is_not_found(gateway):
    assert gateway.find("nosuchid") is None
    assert gateway.find_by_reference(fresh()[0]) == Search(True)


def test_an_order_id_matches_whole(gateway, card):
    order, key = fresh()
    gateway.charge(order + "X", key, 12_34, card())

    assert gateway.find_by_reference(order) == Search(True)


def test_a_vaulted_card_can_be_charged_until_it_is_forgotten(gateway, card):
    if not gateway.can.vault:
        return
    vault = f"c-{uuid4().hex[:8]}"
    kept = gateway.save_card(vault, card()).card

    assert gateway.charge(*fresh(), 5_00, SavedCard(kept.token)).outcome is Outcome.APPROVED
    gateway.delete_card(kept.token)
    assert gateway.cards(vault) == ()
    assert gateway.charge(*fresh(), 5_00, SavedCard(kept.token)).outcome is Outcome.DECLINED


def test_a_forged_webhook_is_refused(gateway):
    with pytest.raises(BadSignature):
        gateway.parse_webhook({"bt_signature": "a|b", "bt_payload": "c"})


def test_a_day_without_settlements_sums_to_nothing(gateway):
    assert gateway.settlement_totals(date(1999, 1, 1)) == ()
    assert gateway.disbursed(date(1999, 1, 1), date(1999, 1, 2)) == ()


def test_a_nonce_does_not_show_in_what_is_logged():
    assert "secret" not in repr(Nonce("secret"))
