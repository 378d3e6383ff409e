"""A card number and a security code are looked at and then gone, whatever call brought them."""

import base64
import json
import sqlite3

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import KEYS, sdk_of, send

S = braintree.TransactionSearch
NUMBER, CVV = "4012888888881881", "739"
CARD = {"number": NUMBER, "expiration_date": "12/2030", "cvv": CVV, "cardholder_name": "Ana Ruiz"}
MERCHANT = "/merchants/integration_merchant_id"
BROKEN = f"<transaction><credit_card><number>{NUMBER}</number><cvv>{CVV}</cvv>"


def sale(sdk, **params):
    return sdk.transaction.sale({"amount": "1.00", "credit_card": dict(CARD), **params})


def tokenise(server, sdk, path, **card):
    print_ = json.loads(base64.b64decode(sdk.client_token.generate()))["authorizationFingerprint"]
    given = {"number": NUMBER, "expirationDate": "12/2030", "cvv": CVV, **card}
    body = {"authorizationFingerprint": print_, "creditCard": given, "operationName": "TokenizeCreditCard"}
    body["variables"] = {"input": {"creditCard": given}}
    return send(server, "POST", path, body, Authorization=f"Bearer {print_}", Origin="http://127.0.0.1:1")[2]


def by_hand(server, body):
    return send(server, "POST", f"{MERCHANT}/transactions", body, **KEYS)[2]


CALLS = {
    "a sale": lambda server, sdk: sale(sdk, api_request_key="k1").transaction,
    "a sale that keeps the card": lambda server, sdk: sale(sdk, options={"store_in_vault": True}).transaction,
    "a declined sale": lambda server, sdk: sale(sdk, amount="2000.00").params,
    "a refused sale": lambda server, sdk: sale(sdk, amount="0", api_request_key="k2").params,
    "a credit": lambda server, sdk: sdk.transaction.credit({"amount": "1.00", "credit_card": dict(CARD)}).transaction,
    "a customer": lambda server, sdk: sdk.customer.create({"id": "ana", "credit_card": CARD}).customer,
    "a refused customer": lambda server, sdk: sdk.customer.create({"id": "a b", "credit_card": CARD}).params,
    "a changed customer": lambda server, sdk: sdk.customer.update("ana", {"credit_card": CARD}).customer,
    "a card": lambda server, sdk: sdk.credit_card.create({"customer_id": "ana", "token": "t", **CARD}).credit_card,
    "a refused card": lambda server, sdk: sdk.payment_method.create({"customer_id": "none", **CARD}).params,
    "a changed card": lambda server, sdk: sdk.payment_method.update("t", CARD).payment_method,
    "a check": lambda server, sdk: sdk.verification.create({"credit_card": dict(CARD)}).verification,
    "a search": lambda server, sdk: (
        sdk.transaction.search(braintree.TransactionSearch.credit_card_number == NUMBER).ids
    ),
    "tokenising": lambda server, sdk: tokenise(server, sdk, f"{MERCHANT}/client_api/v1/payment_methods/credit_cards"),
    "tokenising by GraphQL": lambda server, sdk: tokenise(server, sdk, "/graphql"),
    "refused tokenising": lambda server, sdk: tokenise(server, sdk, "/graphql", expirationDate="13/30"),
    "unreadable XML": lambda server, sdk: by_hand(server, BROKEN),
    "XML with entities": lambda server, sdk: by_hand(server, "<!DOCTYPE a []>" + BROKEN),
    "a card where text belongs": lambda server, sdk: by_hand(
        server, f"<transaction><order_id><number>{NUMBER}</number></order_id></transaction>"
    ),
}


@pytest.fixture(scope="module")
def traces(tmp_path_factory):
    """Everything that is left after all calls, and what each one answered."""
    folder = tmp_path_factory.mktemp("secrets")
    server = sandbox.start(folder / "s.sqlite")
    sdk = sdk_of(server)
    answers = {name: str(call(server, sdk)) for name, call in CALLS.items()}
    answers["the log"] = send(server, "GET", "/__sandbox/log", X_Sandbox="1")[2]
    files = b"".join(path.read_bytes() for path in folder.iterdir()).decode(errors="replace")
    server.stop()
    dump = "\n".join(sqlite3.connect(folder / "s.sqlite").iterdump())
    return answers | {"the files": files, "the database": dump}


@pytest.mark.parametrize("place", [*CALLS, "the log", "the files", "the database"])
def test_a_card_number_or_code_is_nowhere(traces, place):
    found = traces[place]

    assert NUMBER not in found
    for spelled in (f'"{CVV}"', f"'{CVV}'", f">{CVV}<"):
        assert spelled not in found


def test_what_the_calls_left_is_there_to_be_searched(traces):
    assert '"last4": "1881"' in traces["the database"]
    assert all(traces[name] for name in CALLS if name != "a card where text belongs")
