"""Customers, cards, nonces and verifications as the unmodified SDK sees them."""

import pytest

from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import codes
from tests.sandbox.fixtures import fresh, test_card

CARD = {"number": "4111111111111111", "expiration_date": "12/2030", "cvv": "123"}
FAILING = {"number": "4000111111111115", "expiration_date": "12/2030"}


@pytest.fixture
def customer(sdk):
    return sdk.customer.create({"id": f"c-{fresh()[0]}"}).customer.id


def vault(sdk, customer, nonce="fake-valid-nonce", **params):
    return sdk.payment_method.create({"customer_id": customer, "payment_method_nonce": nonce, **params})


def test_a_customer_comes_changes_and_goes(sdk):
    id = sdk.customer.create({"credit_card": CARD, "custom_fields": {"store_me": "x"}}).customer.id
    token = sdk.customer.find(id).credit_cards[0].token
    other = sdk.customer.update(id, {"payment_method_nonce": "fake-valid-mastercard-nonce"}).customer.credit_cards[1]

    moved = sdk.customer.update(id, {"default_payment_method_token": other.token}).customer
    assert [card.default for card in moved.credit_cards] == [False, True]

    sdk.customer.delete(id)
    for gone in (
        lambda: sdk.customer.find(id),
        lambda: sdk.payment_method.find(token),
        lambda: sdk.customer.delete(id),
    ):
        with pytest.raises(braintree.exceptions.NotFoundError):
            gone()


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"id": "a b"}, ["91610"]),
        ({"id": "all"}, ["91611"]),
        ({"id": "x" * 37}, ["91612"]),
        ({"email": "nowhere"}, ["81604"]),
        ({"custom_fields": {"other": "1"}}, ["91602"]),
        ({"payment_method_nonce": "gone"}, ["91732"]),
        ({"credit_card": {**CARD, "number": "1"}}, ["81716"]),
        ({"credit_card": {**CARD, "number": "2000000000000006"}}, ["81703"]),
        ({"email": "@invalid.com"}, ["81604"]),
        ({"first_name": "x" * 256, "website": "x" * 256}, ["81608", "81615"]),
        ({"custom_fields": {"store_me": "x" * 256}}, ["81603"]),
    ],
)
def test_a_customer_request_is_checked(sdk, params, expected):
    assert codes(sdk.customer.create(params)) == expected


def test_a_customer_id_is_taken_once(sdk, customer):
    assert codes(sdk.customer.create({"id": customer})) == ["91609"]


def test_the_first_card_is_the_default_and_the_oldest_left_inherits(sdk, customer):
    first, second, third = (vault(sdk, customer).payment_method for _ in range(3))
    assert (first.default, second.default) == (True, False)

    assert sdk.payment_method.update(third.token, {"options": {"make_default": True}}).payment_method.default
    sdk.payment_method.delete(third.token)

    assert sdk.payment_method.find(first.token).default
    assert not sdk.payment_method.find(second.token).default


def test_updating_a_card_keeps_its_token(sdk, customer):
    token = vault(sdk, customer, token=f"t-{fresh()[0]}").payment_method.token

    for params in ({"payment_method_nonce": "fake-valid-mastercard-nonce"}, CARD):
        assert sdk.payment_method.update(token, params).payment_method.token == token
    assert sdk.payment_method.find(token).card_type == "Visa"
    assert codes(sdk.payment_method.update(token, {"number": "1"})) == ["81716", "81709"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"customer_id": ""}, ["93104"]),
        ({"customer_id": "nobody"}, ["93105"]),
        ({"token": "a b"}, ["91718"]),
        ({"token": "x" * 37}, ["91720"]),
        ({"token": "new"}, ["91721"]),
        ({"payment_method_nonce": "fake-consumed-nonce"}, ["91731"]),
        ({"payment_method_nonce": "fake-luhn-invalid-nonce"}, ["81715"]),
        ({"payment_method_nonce": ""}, ["93103"]),
        ({"payment_method_nonce": "", "cardholder_name": "Ana"}, ["93103"]),
        ({"billing_address_id": "none"}, ["91702"]),
        ({"billing_address": {"country_code_alpha2": "ZZ"}}, ["91814"]),
        ({"options": {"verification_amount": "-1"}}, ["91739"]),
        ({"options": {"verification_amount": "x"}}, ["91740"]),
        ({"options": {"verification_amount": "99999999.00"}}, ["91752"]),
        ({"options": {"verification_merchant_account_id": "nope"}}, ["91728"]),
    ],
)
def test_a_card_request_is_checked(sdk, customer, params, expected):
    result = sdk.payment_method.create({"customer_id": customer, "payment_method_nonce": "fake-valid-nonce", **params})

    assert codes(result) == expected


def test_a_card_without_anything_is_refused(sdk):
    assert codes(sdk.payment_method.create({})) == ["93104", "93101"]
    assert codes(sdk.credit_card.create({})) == ["91704", "81714", "81709"]
    assert codes(sdk.credit_card.create(CARD | {"customer_id": "nobody"})) == ["91705"]


def test_errors_are_nested_like_the_request(sdk, customer):
    wrong = {**CARD, "number": "1", "cardholder_name": "x" * 176, "billing_address": {"country_name": "Atlantis"}}

    of_card = sdk.credit_card.create(wrong | {"customer_id": customer}).errors.for_object("credit_card")
    of_customer = sdk.customer.create({"credit_card": wrong}).errors.for_object("customer").for_object("credit_card")
    owner = sdk.payment_method.create({"customer_id": "nobody", **wrong}).errors.for_object("payment_method")

    for errors in (of_card, of_customer):
        assert [errors.on(name)[0].code for name in ("number", "cardholder_name")] == ["81716", "81723"]
        assert errors.for_object("billing_address").on("country_name")[0].code == "91803"
    assert owner.on("customer_id")[0].code == "93105"


def test_a_token_is_taken_once(sdk, customer):
    token = vault(sdk, customer).payment_method.token

    assert codes(vault(sdk, customer, token=token)) == ["91719"]


def test_doubles_are_refused_when_asked(sdk, customer):
    vault(sdk, customer)

    assert codes(vault(sdk, customer, options={"fail_on_duplicate_payment_method": True})) == ["81724"]
    own = {"fail_on_duplicate_payment_method_for_customer": True}
    assert codes(vault(sdk, customer, options=own)) == ["81763"]
    assert vault(sdk, customer, "fake-valid-mastercard-nonce", options=own).is_success


def test_a_failed_check_keeps_nothing_and_tells_why(sdk, customer):
    nonce = "fake-processor-declined-visa-nonce"

    result = vault(sdk, customer, nonce, options={"verify_card": True})

    check = result.credit_card_verification
    assert (check.status, check.processor_response_code) == ("processor_declined", "2000")
    assert sdk.verification.find(check.id).status == "processor_declined"
    assert sdk.customer.find(customer).credit_cards == []
    assert vault(sdk, customer, nonce).is_success


def test_a_refused_card_leaves_no_customer_behind(sdk):
    id = f"c-{fresh()[0]}"

    result = sdk.customer.create({"id": id, "credit_card": {**FAILING, "options": {"verify_card": "true"}}})

    assert result.credit_card_verification.status == "processor_declined"
    with pytest.raises(braintree.exceptions.NotFoundError):
        sdk.customer.find(id)


def test_a_check_that_succeeds_stays_with_its_card(sdk, customer):
    options = {"verify_card": True, "verification_amount": "1.02"}
    options["verification_merchant_account_id"] = "sandbox_credit_card_non_default"

    card = sdk.credit_card.create(CARD | {"customer_id": customer, "options": options}).credit_card

    assert (str(card.verification.amount), card.verification.status) == ("1.02", "verified")
    assert card.verification.merchant_account_id == "sandbox_credit_card_non_default"


def test_a_rejected_check_names_the_rule(sdk, customer):
    result = vault(sdk, customer, "fake-gateway-rejected-fraud-nonce", options={"verify_card": True})

    assert result.message == "Gateway Rejected: fraud"


def test_a_card_is_checked_without_keeping_it(sdk):
    assert sdk.verification.create({"credit_card": CARD}).verification.status == "verified"
    assert sdk.verification.create({"credit_card": FAILING}).credit_card_verification.status == "processor_declined"
    assert codes(sdk.verification.create({"credit_card": {"number": "x"}})) == ["81715", "81709"]


def test_looking_at_a_nonce_does_not_use_it(sdk, sandbox_server, customer):
    nonce = test_card(sandbox_server).value

    assert [sdk.payment_method_nonce.find(nonce).details["last_four"] for _ in range(2)] == ["1111", "1111"]
    assert vault(sdk, customer, nonce).is_success
    assert sdk.payment_method_nonce.find(nonce).consumed


def test_a_saved_card_can_become_a_nonce_again(sdk, customer):
    token = vault(sdk, customer).payment_method.token
    nonce = sdk.payment_method_nonce.create(token).payment_method_nonce.nonce

    assert sdk.credit_card.from_nonce(nonce).token == token
    assert sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": nonce}).is_success
    for call in (lambda: sdk.credit_card.from_nonce(nonce), lambda: sdk.payment_method_nonce.find("gone")):
        with pytest.raises(braintree.exceptions.NotFoundError):
            call()
