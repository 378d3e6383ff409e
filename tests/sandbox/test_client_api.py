"""What a page in the browser calls: client tokens, configuration, tokenising by REST and GraphQL."""

import base64
import json

import pytest

import sandbox
from tests.sandbox.conftest import sdk_of, send

API = "/merchants/integration_merchant_id/client_api/v1"
CARD = {"number": "4111111111111111", "expirationMonth": "12", "expirationYear": "2030", "cvv": "123"}


def token_of(sdk, **params):
    return json.loads(base64.b64decode(sdk.client_token.generate(params)))


@pytest.fixture
def token(sdk):
    return token_of(sdk)


def rest(server, token, card=CARD, validate=False, path="/payment_methods/credit_cards", **more):
    given = {**card, "billingAddress": {"postalCode": "60606"}, "options": {"validate": validate}}
    body = {"authorizationFingerprint": token["authorizationFingerprint"], "creditCard": given, **more}
    status, _, text = send(server, "POST", API + path, body, Origin="http://127.0.0.1:1")
    return status, json.loads(text)


def graphql(server, token, card=CARD, operation="TokenizeCreditCard"):
    body = {"operationName": operation, "variables": {"input": {"creditCard": card, "options": {"validate": False}}}}
    bearer = {"Authorization": f"Bearer {token['authorizationFingerprint']}", "Origin": "http://127.0.0.1:1"}
    status, headers, text = send(server, "POST", "/graphql", body, **bearer)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    return json.loads(text)


def test_a_token_tells_the_library_where_to_go(sandbox_server, token, sdk):
    assert token["version"] == 2
    assert token["clientApiUrl"] == f"{sandbox_server.url}/merchants/integration_merchant_id/client_api"
    assert token["graphQL"]["url"] == f"{sandbox_server.url}/graphql"
    assert json.loads(sdk.client_token.generate({"version": 1}))["version"] == 1


def test_for_browser_tests_a_token_names_braintrees_hosts(tmp_path):
    server = sandbox.start(tmp_path / "s.sqlite", browser_hosts="braintree")
    token = token_of(sdk_of(server))
    server.stop()

    assert token["clientApiUrl"].startswith("https://api.sandbox.braintreegateway.com/merchants/")
    assert token["graphQL"]["url"] == "https://payments.sandbox.braintree-api.com/graphql"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"customer_id": "nobody"}, "Customer does not exist"),
        ({"merchant_account_id": "nope"}, "Merchant account does not exist"),
        ({"version": 9}, "Unsupported version"),
        ({"domains": ["a.com"] * 6}, "Too many domains"),
        ({"domains": ["no_domain"]}, "Invalid domain format"),
    ],
)
def test_a_token_request_is_checked(sdk, params, message):
    with pytest.raises(ValueError, match=message):
        sdk.client_token.generate(params)


@pytest.mark.parametrize("path", ["/payment_methods/credit_cards", "/payment_methods/credit_cards.json"])
def test_a_card_becomes_a_nonce_by_rest(sandbox_server, sdk, token, path):
    status, answer = rest(sandbox_server, token, path=path)

    (card,) = answer["creditCards"]
    assert (status, card["details"]["lastFour"], card["binData"]["prepaid"]) == (202, "1111", "Unknown")
    sale = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": card["nonce"]}).transaction
    assert (sale.status, sale.cvv_response_code, sale.avs_postal_code_response_code) == ("authorized", "M", "M")


def test_either_spelling_of_keys_is_read(sandbox_server, token):
    card = {"number": "4111111111111111", "expiration_date": "12/30"}
    body = {"authorization_fingerprint": token["authorizationFingerprint"], "credit_card": card}

    status, _, text = send(sandbox_server, "POST", f"{API}/payment_methods/credit_cards", body)

    assert (status, json.loads(text)["creditCards"][0]["details"]["expirationYear"]) == (201, "2030")


def test_a_card_becomes_a_nonce_by_graphql(sandbox_server, sdk, token):
    made = graphql(sandbox_server, token)["data"]["tokenizeCreditCard"]

    assert made["creditCard"]["brandCode"] == "VISA"
    assert sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": made["token"]}).is_success


def test_the_library_reads_its_configuration_both_ways(sandbox_server, token):
    print_ = token["authorizationFingerprint"]
    status, _, text = send(sandbox_server, "GET", f"{API}/configuration?authorizationFingerprint={print_}")
    methods = send(sandbox_server, "GET", f"{API}/payment_methods?authorizationFingerprint={print_}")

    assert (status, json.loads(text)["challenges"], methods[2]) == (200, ["cvv"], '{"paymentMethods": []}')
    found = graphql(sandbox_server, token, operation="ClientConfiguration")["data"]["clientConfiguration"]
    assert found["supportedFeatures"] == ["TOKENIZE_CREDIT_CARDS"]
    assert found["clientApiUrl"] == token["clientApiUrl"]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"number": "4111111111111112"}, "number", "81715"),
        ({"number": ""}, "number", "81714"),
        ({"number": "4242424242424242"}, "number", "81717"),
        ({"expirationMonth": "13"}, "expirationDate", "81710"),
        ({"cvv": "1"}, "cvv", "81707"),
    ],
)
def test_a_page_learns_which_field_is_wrong(sandbox_server, token, change, field, code):
    status, answer = rest(sandbox_server, token, CARD | change)
    error = graphql(sandbox_server, token, CARD | change)["errors"][0]

    (found,) = answer["fieldErrors"][0]["fieldErrors"]
    assert (status, found["field"], found["code"]) == (422, field, code)
    assert error["extensions"]["legacyCode"] == code
    assert error["extensions"]["inputPath"] == ["input", "creditCard", field]


@pytest.mark.parametrize("forged", ["", "abc", "00|eyJtZXJjaGFudCI6IDF9", "00|%%%"])
def test_a_fingerprint_we_did_not_sign_opens_nothing(sandbox_server, token, forged):
    bad = token | {"authorizationFingerprint": forged}

    assert rest(sandbox_server, bad)[0] == 401
    assert graphql(sandbox_server, bad)["errors"][0]["extensions"]["errorClass"] == "AUTHENTICATION"


def test_an_operation_nobody_knows_is_refused(sandbox_server, token):
    assert graphql(sandbox_server, token, operation="Other")["errors"][0]["extensions"]["errorClass"] == "VALIDATION"


def test_a_fingerprint_lives_a_day(server):
    token = token_of(sdk_of(server))
    server.control("clock", {"advance": 24 * 3600 + 1})

    assert rest(server, token)[0] == 401


def test_a_customers_token_may_vault_and_only_for_that_customer(server):
    sdk = sdk_of(server)
    sdk.customer.create({"id": "ana"})
    token = token_of(sdk, customer_id="ana", options={"fail_on_duplicate_payment_method": True})

    assert rest(server, token, validate=False)[0] == 202
    assert sdk.customer.find("ana").credit_cards == []
    assert rest(server, token, validate=True)[0] == 201
    assert [card.last_4 for card in sdk.customer.find("ana").credit_cards] == ["1111"]
    status, answer = rest(server, token, validate=True)
    assert (status, answer["fieldErrors"][0]["fieldErrors"][0]["code"]) == (422, "81724")


@pytest.mark.parametrize(
    ("rules", "change", "fields"),
    [
        ({"cvv": True}, {"cvv": "200"}, [("cvv", "81736")]),
        ({"avs": True}, {"billingAddress": {"postalCode": "20000"}}, [("billingAddress", "postalCode", "81737")]),
        ({}, {"number": "4000111111111115"}, []),
    ],
)
def test_a_card_the_bank_does_not_like_is_not_vaulted_and_the_page_learns_why(server, rules, change, fields):
    server.control("merchant", rules)
    sdk = sdk_of(server)
    sdk.customer.create({"id": "ana"})
    token = token_of(sdk, customer_id="ana", options={"verify_card": True})
    card = CARD | change | {"options": {"validate": True}}

    body = {"authorizationFingerprint": token["authorizationFingerprint"], "creditCard": card}
    status, _, text = send(server, "POST", f"{API}/payment_methods/credit_cards", body)

    assert (status, flat(json.loads(text)["fieldErrors"])) == (422, [("creditCard", *field) for field in fields])
    assert sdk.customer.find("ana").credit_cards == []


def flat(errors):
    """Nested field errors as ways to each."""
    return [
        (row["field"], *rest)
        for row in errors
        for rest in (flat(row["fieldErrors"]) if "fieldErrors" in row else [(row["code"],)])
    ]


def test_a_card_and_its_address_are_judged_together(sandbox_server, token):
    card = {"number": "1", "expirationDate": "12/30", "billingAddress": {"countryCodeAlpha2": "ZZ"}}
    body = {"authorizationFingerprint": token["authorizationFingerprint"], "creditCard": card}

    status, _, text = send(sandbox_server, "POST", f"{API}/payment_methods/credit_cards", body)
    error = graphql(sandbox_server, token, {**card, "number": CARD["number"]})["errors"][0]

    expected = [("creditCard", "number", "81716"), ("creditCard", "billingAddress", "countryCodeAlpha2", "91814")]
    assert (status, flat(json.loads(text)["fieldErrors"])) == (422, expected)
    assert error["extensions"]["inputPath"] == ["input", "creditCard", "billingAddress", "countryCodeAlpha2"]


def test_only_a_page_is_held_to_the_published_numbers(sandbox_server, token):
    card = {"number": "4242424242424242", "expiration_date": "12/30"}
    body = {"authorization_fingerprint": token["authorizationFingerprint"], "credit_card": card}

    answers = [
        send(sandbox_server, "POST", f"{API}/payment_methods/credit_cards", body, **origin)[0]
        for origin in ({}, {"Origin": "https://shop.example"})
    ]

    assert answers == [201, 422]


def test_a_customers_token_shows_that_customers_cards(server):
    sdk = sdk_of(server)
    for id in ("ana", "ben"):
        sdk.customer.create({"id": id, "payment_method_nonce": f"fake-valid-{'visa' if id == 'ana' else 'amex'}-nonce"})
    print_ = token_of(sdk, customer_id="ana")["authorizationFingerprint"]

    shown = json.loads(send(server, "GET", f"{API}/payment_methods?authorization_fingerprint={print_}")[2])

    (card,) = shown["paymentMethods"]
    assert (card["details"]["lastFour"], card["default"]) == ("1881", True)
    assert sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": card["nonce"]}).is_success


def test_a_token_of_a_customer_who_is_gone_opens_nothing(server):
    sdk = sdk_of(server)
    sdk.customer.create({"id": "ana"})
    token = token_of(sdk, customer_id="ana")
    sdk.customer.delete("ana")

    assert rest(server, token)[0] == 401
    assert graphql(server, token)["errors"][0]["extensions"]["errorClass"] == "AUTHORIZATION"


def test_a_token_of_one_merchant_opens_nothing_at_another(sandbox_server, token):
    print_ = token["authorizationFingerprint"]
    path = f"/merchants/processing_rules_merchant_id/client_api/v1/configuration?authorizationFingerprint={print_}"

    assert send(sandbox_server, "GET", path)[0] == 401


def test_a_token_names_its_account(sdk):
    account = "sandbox_credit_card_non_default"

    assert token_of(sdk, merchant_account_id=account)["merchantAccountId"] == account


def test_another_origin_may_ask_first(sandbox_server):
    status, headers, _ = send(sandbox_server, "OPTIONS", "/graphql", Origin="https://assets.braintreegateway.com")

    assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
    assert "Braintree-Version" in headers["Access-Control-Allow-Headers"]
    assert send(sandbox_server, "OPTIONS", "/sandbox/card")[0] == 404


def test_options_that_need_a_customer_say_so(sandbox_server):
    options = {"make_default": True, "verify_card": True}
    xml = "<client_token><options>{}</options></client_token>".format(
        "".join(f"<{name} type='boolean'>true</{name}>" for name in options)
    )
    keys = base64.b64encode(b"integration_public_key:integration_private_key").decode()

    status, _, text = send(
        sandbox_server, "POST", "/merchants/integration_merchant_id/client_token", xml, Authorization=f"Basic {keys}"
    )

    assert status == 422
    assert "<code>92801</code>" in text and "<code>92802</code>" in text
