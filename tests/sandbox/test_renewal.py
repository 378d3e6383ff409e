"""Changing what is stored: cards, and customers with their cards."""

import pytest

from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import codes
from tests.sandbox.fixtures import fresh

CARD = {"number": "4111111111111111", "expiration_date": "12/2030", "cardholder_name": "Ana Ruiz"}
FAILING = {"number": "4000111111111115", "expiration_date": "12/2030", "options": {"verify_card": True}}


@pytest.fixture
def card(sdk):
    return sdk.customer.create({"credit_card": CARD}).customer.credit_cards[0]


def test_a_new_date_or_holder_leaves_the_number(sdk, card):
    changed = sdk.credit_card.update(card.token, {"expiration_month": "7", "expiration_year": "31"}).credit_card
    assert (changed.expiration_date, changed.last_4, changed.cardholder_name) == ("07/2031", "1111", "Ana Ruiz")

    changed = sdk.payment_method.update(card.token, {"cardholder_name": "A. Ruiz"}).payment_method
    assert (changed.expiration_date, changed.cardholder_name) == ("07/2031", "A. Ruiz")
    assert codes(sdk.credit_card.update(card.token, {"expiration_date": "13/31", "cvv": "1"})) == ["81710", "81707"]


def test_a_card_can_get_another_token(sdk, card):
    new = f"t-{fresh()[0]}"

    assert sdk.credit_card.update(card.token, {"token": new}).credit_card.last_4 == "1111"

    assert sdk.credit_card.find(new).default
    with pytest.raises(braintree.exceptions.NotFoundError):
        sdk.credit_card.find(card.token)
    assert sdk.credit_card.update(new, {"token": new}).is_success
    assert codes(sdk.credit_card.update(new, {"token": "all"})) == ["91721"]


def test_a_change_the_bank_does_not_like_changes_nothing(sdk, card):
    refused = sdk.credit_card.update(card.token, FAILING)

    assert refused.credit_card_verification.status == "processor_declined"
    assert sdk.credit_card.find(card.token).last_4 == "1111"
    checked = sdk.credit_card.update(card.token, {"options": {"verify_card": True}}).credit_card
    assert checked.verification.status == "verified"


def test_a_card_is_no_double_of_itself(sdk, card):
    once = {"options": {"fail_on_duplicate_payment_method_for_customer": True}}
    other = sdk.credit_card.create({"customer_id": card.customer_id, **CARD, "number": "4012888888881881"}).credit_card

    assert sdk.payment_method.update(card.token, CARD | once).is_success
    assert codes(sdk.payment_method.update(other.token, CARD | once)) == ["81763"]


def test_a_customer_update_may_change_a_card(sdk, card):
    given = {"expiration_date": "01/2032", "options": {"update_existing_token": card.token}}

    changed = sdk.customer.update(card.customer_id, {"first_name": "Ana", "credit_card": given}).customer

    assert (changed.first_name, [held.expiration_date for held in changed.credit_cards]) == ("Ana", ["01/2032"])
    wrong = {"credit_card": {"options": {"update_existing_token": "none"}}}
    errors = sdk.customer.update(card.customer_id, wrong).errors.for_object("customer").for_object("credit_card")
    assert errors.for_object("options").on("update_existing_token")[0].code == "91723"


def test_only_an_own_card_becomes_the_default(sdk, card):
    other = sdk.customer.create({"credit_card": CARD}).customer.credit_cards[0]

    assert codes(sdk.customer.update(card.customer_id, {"default_payment_method_token": other.token})) == ["91718"]
    assert codes(sdk.customer.update(card.customer_id, {"default_payment_method_token": "none"})) == ["91718"]


def test_a_customer_can_get_another_id(sdk, card):
    new = f"c-{fresh()[0]}"
    billing = {"billing_address": {"locality": "Chicago"}}
    sdk.credit_card.update(card.token, billing)

    renamed = sdk.customer.update(card.customer_id, {"id": new}).customer

    assert (renamed.id, renamed.credit_cards[0].token, len(renamed.addresses)) == (new, card.token, 1)
    assert sdk.credit_card.find(card.token).billing_address.customer_id == new
    assert codes(sdk.customer.create({"id": new})) == ["91609"]
    assert sdk.customer.update(new, {"id": new, "last_name": "Ruiz"}).customer.last_name == "Ruiz"
    with pytest.raises(braintree.exceptions.NotFoundError):
        sdk.customer.find(card.customer_id)
