"""Sales and credits as the unmodified SDK sees them."""

import pytest

from tests.sandbox.conftest import codes, sdk_of
from tests.sandbox.fixtures import fresh, test_card


def sell(sdk, amount="10.00", nonce="fake-valid-nonce", **params):
    return sdk.transaction.sale({"amount": amount, "payment_method_nonce": nonce, **params})


def test_a_sale_is_authorized_and_submitted_when_asked(sdk):
    plain = sell(sdk).transaction
    sent = sell(sdk, options={"submit_for_settlement": True}).transaction

    assert plain.status == "authorized"
    assert [event.status for event in sent.status_history] == ["authorized", "submitted_for_settlement"]
    assert (sent.credit_card_details.masked_number, sent.cvv_response_code) == ("41111111****1111", "M")


@pytest.mark.parametrize(
    ("amount", "type"),
    [
        ("1.00", "approved"),
        ("2000.00", "soft_declined"),
        ("2004.99", "hard_declined"),
        ("2015.00", "hard_declined"),
        ("3000.99", "soft_declined"),
    ],
)
def test_a_decline_is_soft_or_hard(sdk, amount, type):
    assert sell(sdk, amount).transaction.processor_response_type == type


def test_a_part_is_approved_only_where_it_is_welcome(sdk):
    whole = sell(sdk, "1004.00").transaction
    part = sell(sdk, "1004.00", accept_partial_authorization=True).transaction

    assert (str(whole.amount), whole.partially_authorized) == ("1004.00", False)
    assert (str(part.amount), part.partially_authorized, part.status) == ("502.00", True, "authorized")


def test_an_incomplete_application_is_rejected(sdk):
    result = sell(sdk, "5001.00")

    assert result.message == "Gateway Rejected: application_incomplete"
    assert result.transaction.gateway_rejection_reason == "application_incomplete"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"amount": "-1"}, ["81501"]),
        ({"amount": ""}, ["81502"]),
        ({"amount": "ten"}, ["81503"]),
        ({"amount": "1.234"}, ["81503"]),
        ({"amount": "0"}, ["81531"]),
        ({"amount": "99999999.00"}, ["81528"]),
        ({"order_id": "x" * 256}, ["91501"]),
        ({"merchant_account_id": "nope"}, ["91513"]),
        ({"transaction_source": "carrier_pigeon"}, ["915133"]),
        ({"custom_fields": {"other": "1"}}, ["91526"]),
        ({"customer_id": "nobody"}, ["91510"]),
        ({"payment_method_nonce": "fake-consumed-nonce"}, ["91564"]),
        ({"payment_method_nonce": "fake-luhn-invalid-nonce"}, ["81715"]),
        ({"payment_method_nonce": "gone", "amount": "0"}, ["81531", "91565"]),
        ({"payment_method_nonce": "", "payment_method_token": "none"}, ["91518"]),
        ({"payment_method_nonce": ""}, ["91508"]),
        ({"payment_method_nonce": "", "type": "sale", "amount": None}, ["81502", "91508"]),
        ({"custom_fields": {"store_me": "x" * 256}}, ["81527"]),
        ({"billing": {"country_code_alpha2": "US", "country_code_alpha3": "MEX"}}, ["91815"]),
        ({"shipping": {"postal_code": "1234567890"}}, ["81809"]),
        ({"shipping_address_id": "none"}, ["91581"]),
        ({"customer": {"email": "nowhere"}}, ["81604"]),
        ({"customer": {"id": "a b"}, "options": {"store_in_vault": True}}, ["91610"]),
        ({"payment_method_nonce": "", "credit_card": {"token": "new"}}, ["81709", "81714", "91721"]),
        ({"external_vault": {"status": "odd"}}, ["915175"]),
        ({"external_vault": {"status": "will_vault", "previous_network_transaction_id": "1" * 15}}, ["915177"]),
        ({"external_vault": {"status": "vaulted", "previous_network_transaction_id": "x"}}, ["915179"]),
        ({"api_request_key": "k" * 256}, ["915230"]),
    ],
)
def test_every_mistake_of_a_request_is_named_at_once(sdk, params, expected):
    result = sdk.transaction.sale({"amount": "10.00", "payment_method_nonce": "fake-valid-nonce", **params})

    assert not result.is_success
    assert result.transaction is None
    assert sorted(codes(result)) == sorted(expected)
    assert all(error.message in result.message for error in result.errors.deep_errors)


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        ({"expiration_date": "12/30"}, ["81714"]),
        ({"number": "411111", "expiration_date": "12/30"}, ["81716"]),
        ({"number": "4111111111111112", "expiration_date": "12/30"}, ["81715"]),
        ({"number": "4111111111111111"}, ["81709"]),
        ({"number": "4111111111111111", "expiration_date": "13/30"}, ["81710"]),
        ({"number": "4111111111111111", "expiration_date": "12/30", "cvv": "12345"}, ["81707"]),
    ],
)
def test_a_typed_card_is_checked(sdk, card, expected):
    result = sdk.transaction.sale({"amount": "10.00", "credit_card": card})

    assert codes(result) == expected
    assert "number" not in (result.params["transaction"].get("credit_card") or {})


@pytest.mark.parametrize(
    ("number", "brand"),
    [("4111111111111111", "Visa"), ("2223000048400011", "MasterCard"), ("378282246310005", "American Express")],
)
def test_a_typed_card_pays(sdk, number, brand):
    card = {"number": number, "expiration_month": "7", "expiration_year": "2031", "cvv": "123"}

    details = sdk.transaction.sale({"amount": "10.00", "credit_card": card}).transaction.credit_card_details

    assert (details.card_type, details.last_4, details.expiration_date) == (brand, number[-4:], "07/2031")


@pytest.mark.parametrize(
    ("billing", "cvv", "rejected", "letters"),
    [
        ({}, None, None, ("I", "I", "I")),
        ({"postal_code": "60606", "street_address": "1 Elm"}, "123", None, ("M", "M", "M")),
        ({"postal_code": "20000"}, "123", "avs", ("N", "I", "M")),
        ({"street_address": "200 Elm"}, "123", "avs", ("I", "N", "M")),
        ({"postal_code": "20001"}, "201", None, ("U", "I", "U")),
        ({"postal_code": "60606"}, "200", "cvv", ("M", "I", "N")),
        ({"postal_code": "20000"}, "200", "avs_and_cvv", ("N", "I", "N")),
    ],
)
def test_a_merchant_with_rules_rejects_what_does_not_match(sandbox_server, billing, cvv, rejected, letters):
    strict = {f"{name}": f"processing_rules_{name}" for name in ("merchant_id", "public_key", "private_key")}
    card = {"number": "4111111111111111", "expiration_date": "12/30"} | ({"cvv": cvv} if cvv else {})
    params = {"amount": "10.00", "credit_card": card} | ({"billing": billing} if billing else {})

    transaction = sdk_of(sandbox_server, **strict).transaction.sale(params).transaction

    assert transaction.gateway_rejection_reason == rejected
    assert letters == (
        transaction.avs_postal_code_response_code,
        transaction.avs_street_address_response_code,
        transaction.cvv_response_code,
    )


def test_errors_are_nested_like_the_request(sdk):
    errors = sdk.transaction.sale(
        {
            "amount": "1.00",
            "credit_card": {"number": "1", "expiration_date": "12/30"},
            "billing": {"country_name": "Atlantis"},
            "customer": {"email": "nowhere"},
            "external_vault": {"status": "odd"},
        }
    ).errors.for_object("transaction")

    for part, attribute, code in (
        ("credit_card", "number", "81716"),
        ("billing", "country_name", "91803"),
        ("customer", "email", "81604"),
        ("external_vault", "status", "915175"),
    ):
        assert errors.for_object(part).on(attribute)[0].code == code


def test_a_rejected_address_was_approved_by_the_bank(server):
    server.control("merchant", {"avs": True})

    sale = sell(sdk_of(server), billing={"postal_code": "20000"}).transaction

    assert (sale.status, sale.gateway_rejection_reason) == ("gateway_rejected", "avs")
    assert (sale.processor_response_code, sale.processor_response_text) == ("1000", "Approved")


def test_a_sale_shows_what_came_with_it(sdk):
    params = {"customer": {"first_name": "Ana", "email": "ana@example.com"}, "channel": "shop", "tax_amount": "1.00"}
    params |= {"shipping": {"locality": "Chicago", "country_code_alpha2": "US", "shipping_method": "ground"}}
    params |= {"purchase_order_number": "PO1", "tax_exempt": True, "descriptor": {"name": "evenly*pay"}}

    sale = sell(sdk, **params).transaction

    assert (sale.customer_details.first_name, sale.customer_details.email) == ("Ana", "ana@example.com")
    assert (sale.shipping_details.country_code_alpha3, sale.shipping_details.shipping_method) == ("USA", "ground")
    assert (sale.channel, str(sale.tax_amount), sale.tax_exempt) == ("shop", "1.00", True)
    assert (sale.purchase_order_number, sale.descriptor.name) == ("PO1", "evenly*pay")


def test_a_sale_may_leave_a_customer_with_card_and_addresses(sdk):
    id, token = f"c-{fresh()[0]}", f"t-{fresh()[0]}"
    card = {"number": "4111111111111111", "expiration_date": "12/30", "token": token}
    options = {"store_in_vault": True, "add_billing_address_to_payment_method": True}
    options |= {"store_shipping_address_in_vault": True}
    params = {"customer": {"id": id, "last_name": "Ruiz"}, "billing": {"locality": "Chicago"}}

    sdk.transaction.sale(
        {"amount": "1.00", "credit_card": card, "shipping": {"locality": "Cicero"}, "options": options, **params}
    )

    customer = sdk.customer.find(id)
    assert (customer.last_name, customer.credit_cards[0].token) == ("Ruiz", token)
    assert customer.credit_cards[0].billing_address.locality == "Chicago"
    assert [address.locality for address in customer.addresses] == ["Chicago", "Cicero"]
    where = {"customer_id": id, "shipping_address_id": customer.addresses[1].id}
    assert sdk.transaction.sale({"amount": "1.00", **where}).transaction.shipping_details.locality == "Cicero"


def test_a_stored_card_takes_a_security_code_again(sdk):
    token = sdk.customer.create({"payment_method_nonce": "fake-valid-nonce"}).customer.credit_cards[0].token
    params = {"amount": "1.00", "payment_method_token": token, "credit_card": {"cvv": "200"}}

    sale = sdk.transaction.sale(params).transaction

    assert (sale.cvv_response_code, sale.avs_postal_code_response_code) == ("N", "M")


def test_a_nonce_works_once_even_when_declined(sdk, sandbox_server):
    nonce = test_card(sandbox_server, "funds").value

    assert sell(sdk, nonce=nonce).transaction.processor_response_code == "2001"
    assert codes(sell(sdk, nonce=nonce)) == ["91564"]


def test_a_refused_request_leaves_the_nonce_alone(sdk, sandbox_server):
    nonce = test_card(sandbox_server).value

    assert codes(sell(sdk, "0", nonce)) == ["81531"]
    assert sell(sdk, nonce=nonce).is_success


def test_a_nonce_is_forgotten_after_three_hours(server):
    old = test_card(server).value
    server.control("clock", {"advance": 3 * 3600 + 1})

    assert codes(sell(sdk_of(server), nonce=old)) == ["91565"]


def test_a_request_key_stands_for_one_request(server):
    sdk, key = sdk_of(server), fresh()[1]
    first = sell(sdk, api_request_key=key)

    assert sell(sdk, api_request_key=key).transaction.id == first.transaction.id
    assert codes(sell(sdk, "11.00", api_request_key=key)) == ["915232"]
    server.control("clock", {"advance": 31 * 86400})
    assert sell(sdk, "11.00", api_request_key=key).transaction.id != first.transaction.id


def test_a_request_key_of_a_failed_request_stays_failed(sdk):
    key = fresh()[1]

    assert codes(sell(sdk, "0", api_request_key=key)) == ["81531"]
    assert codes(sell(sdk, "0", api_request_key=key)) == ["915234"]


def test_a_request_key_of_a_decline_gives_the_decline_again(sdk):
    key = fresh()[1]

    first, second = (sell(sdk, "2001.00", api_request_key=key) for _ in range(2))

    assert first.transaction.id == second.transaction.id
    assert second.transaction.processor_response_code == "2001"


def test_one_key_is_one_call_and_not_another_one_that_looks_the_same(sdk):
    id, key = sell(sdk, options={"submit_for_settlement": True}).transaction.id, fresh()[1]
    assert codes(sdk.transaction.refund(id, {"api_request_key": key})) == ["91506"]

    assert codes(sdk.transaction.refund(id, {"api_request_key": key})) == ["915234"]
    assert codes(sdk.transaction.void(id, {"api_request_key": key})) == ["915232"]
    assert sdk.transaction.void(id, {"api_request_key": fresh()[1]}).is_success


def test_where_keys_are_not_allowed_nothing_happens(server):
    server.control("merchant", {"request_keys": False})

    assert codes(sell(sdk_of(server), api_request_key="k", order_id="O1")) == ["915231"]
    server.control("merchant", {"request_keys": True, "duplicate_checking": True})
    assert codes(sell(sdk_of(server), api_request_key="k", order_id="O1")) == ["915231"]


def test_a_double_is_rejected_only_where_doubles_are_checked(server):
    sdk = sdk_of(server)
    assert [sell(sdk, order_id="O1").is_success for _ in range(2)] == [True, True]
    server.control("merchant", {"duplicate_checking": True})

    assert sell(sdk, order_id="O1").transaction.gateway_rejection_reason == "duplicate"
    assert sell(sdk, order_id="O2").is_success
    assert sell(sdk, "10.01", order_id="O1").is_success
    server.control("clock", {"advance": 31})
    assert sell(sdk, order_id="O1").is_success


def test_fraud_numbers_are_rejected_where_the_rule_is_on(server):
    sdk, card = sdk_of(server), {"number": "4000111111111511", "expiration_date": "12/30"}
    params = {"amount": "10.00", "credit_card": card}
    assert sdk.transaction.sale(params).is_success
    server.control("merchant", {"fraud": True})

    assert sdk.transaction.sale(params).transaction.gateway_rejection_reason == "fraud"


def test_a_card_is_stored_on_success_or_always(sdk):
    on_success = {"options": {"store_in_vault_on_success": True}}
    always = {"options": {"store_in_vault": True}}

    kept = sell(sdk, **on_success).transaction.credit_card_details.token
    declined = sell(sdk, "2000.00", **always).transaction.credit_card_details.token

    assert sdk.payment_method.find(kept).customer_id
    assert sdk.payment_method.find(declined).token == declined
    assert sell(sdk, "2000.00", **on_success).transaction.credit_card_details.token is None


def test_a_token_belongs_to_its_customer_and_the_default_card_needs_no_token(sdk):
    mine, other = (sdk.customer.create({"payment_method_nonce": "fake-valid-nonce"}).customer for _ in range(2))
    token = mine.credit_cards[0].token

    assert sdk.transaction.sale({"amount": "1.00", "customer_id": mine.id}).is_success
    wrong = sdk.transaction.sale({"amount": "1.00", "customer_id": other.id, "payment_method_token": token})
    assert codes(wrong) == ["91516"]
    nonce = sdk.payment_method_nonce.create(token).payment_method_nonce.nonce
    assert codes(sell(sdk, nonce=nonce, customer_id=other.id)) == ["91516"]
    empty = sdk.customer.create({}).customer
    assert codes(sdk.transaction.sale({"amount": "1.00", "customer_id": empty.id})) == ["91511"]


def test_a_credit_without_a_sale(sdk):
    credit = sdk.transaction.credit({"amount": "10.00", "payment_method_nonce": "fake-valid-nonce"}).transaction

    assert (credit.type, credit.status) == ("credit", "submitted_for_settlement")
