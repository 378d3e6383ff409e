"""Saved cards through the adapter."""

from uuid import uuid4

import pytest

from gateways import CardNotFound, Nonce, Outcome, Reason
from gateways.braintree.connection import connect
from tests.sandbox.fixtures import account_at, test_card


@pytest.fixture
def vault():
    return f"c-{uuid4().hex[:8]}"


def test_cards_are_kept_listed_moved_and_forgotten(gateway, sandbox_server, vault):
    assert gateway.cards(vault) == ()
    visa = gateway.save_card(vault, test_card(sandbox_server)).card
    mastercard = gateway.save_card(vault, test_card(sandbox_server, "mastercard"), default=True).card
    assert [(card.brand, card.default) for card in gateway.cards(vault)] == [("Mastercard", True), ("Visa", False)]

    assert gateway.make_default(visa.token).default
    assert [card.token for card in gateway.cards(vault)] == [visa.token, mastercard.token]

    gateway.delete_card(visa.token)
    gateway.delete_card(visa.token)
    assert [(card.token, card.default) for card in gateway.cards(vault)] == [(mastercard.token, True)]
    with pytest.raises(CardNotFound):
        gateway.make_default(visa.token)


@pytest.mark.parametrize(
    ("nonce", "reason", "code"),
    [
        ("fake-processor-declined-visa-nonce", Reason.USE_OTHER, "2000"),
        ("fake-processor-failure-jcb-nonce", Reason.TRY_LATER, "3000"),
        ("fake-gateway-rejected-fraud-nonce", Reason.REFUSED, "fraud"),
        ("fake-luhn-invalid-nonce", Reason.CARD_DETAILS, "81715"),
        ("no-such-nonce", Reason.CARD_DETAILS, "91732"),
    ],
)
def test_a_card_the_bank_refuses_is_not_kept(gateway, vault, nonce, reason, code):
    result = gateway.save_card(vault, Nonce(nonce))

    assert (result.outcome, result.reason, result.decline_code) == (Outcome.DECLINED, reason, code)
    assert gateway.cards(vault) == ()


def test_a_lost_answer_to_saving_is_unknown_and_the_vault_tells(gateway, sandbox_server, faults, vault):
    faults("POST .*/payment_methods$", "apply_then_drop")

    result = gateway.save_card(vault, test_card(sandbox_server))

    assert (result.outcome, result.card) == (Outcome.UNKNOWN, None)
    assert [card.last4 for card in gateway.cards(vault)] == ["1111"]


def test_a_customer_made_by_another_thread_a_moment_ago_is_fine(gateway, sandbox_server, faults, vault):
    connect(account_at(sandbox_server.port)).customer.create({"id": vault})
    faults(f"GET .*/customers/{vault}", "status", status=404)

    assert gateway.save_card(vault, test_card(sandbox_server)).outcome is Outcome.APPROVED


def test_a_vault_id_the_processor_refuses_is_never_an_approval(gateway, sandbox_server):
    result = gateway.save_card("x" * 40, test_card(sandbox_server))

    assert result.outcome is Outcome.UNKNOWN


def test_a_client_token_names_no_customer(gateway):
    assert len(gateway.client_token()) > 100
