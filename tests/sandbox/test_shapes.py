"""Whatever shape a request has, the answer is a refusal or a success, never a failure of ours."""

import base64
import json
import re
from http.client import HTTPConnection
from string import ascii_letters
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import routes
from tests.sandbox.conftest import KEYS, sdk_of, send

MERCHANT = "/merchants/integration_merchant_id"
# The words of the wire, so that what is thrown reaches the code that reads it.
WORDS = [
    "transaction", "credit_card", "customer", "payment_method", "verification", "address", "client_token", "search",
    "options", "billing", "billing_address", "shipping", "custom_fields", "external_vault", "ids", "domains",
    "number", "cvv", "expiration_date", "expiration_month", "token", "payment_method_nonce", "payment_method_token",
    "customer_id", "amount", "order_id", "type", "country_name", "country_code_numeric", "postal_code",
    "street_address", "email", "id", "store_me", "api_request_key", "verify_card", "verification_amount",
    "merchant_account_id", "settlement_batch_summary", "settlement_date", "status", "previous_network_transaction_id",
    "is", "min", "contains", "created_at", "refund", "transaction_source", "billing_address_id", "descriptor",
    "evidence", "comments", "category", "reason", "received_date", "version", "disbursement_date",
    "credit_card_number",
]  # fmt: skip
ROOTS = {"search": "search", "addresses": "address", "customers": "customer", "payment_methods": "payment_method"}
ROOTS |= {"transactions": "transaction", "verifications": "verification", "client_token": "client_token"}
ROOTS |= {"settlement_batch_summary": "settlement_batch_summary", "disputes": "evidence"}
VALUES = ["", " ", "1", "0", "-1", "x", "true", "²", "12/30", "4111111111111111", "fake-valid-nonce", "sale", "\u00e9"]
VALUES += ["9" * 40, "2030-01-01", "ana", "card", "9999-12-31T23:59:59+23:59", "0001-01-01T00:00:00+14:00"]
leaves = st.sampled_from(VALUES) | st.text(ascii_letters + "<&'\u2603", max_size=5)
trees = st.recursive(
    leaves,
    lambda inner: st.dictionaries(st.sampled_from(WORDS), inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=12,
)
sections = st.dictionaries(st.sampled_from(WORDS), trees, min_size=1, max_size=6)


@pytest.fixture(scope="module")
def known(sandbox_server):
    """Ids that exist, so that the handlers have something to work on."""
    sdk = sdk_of(sandbox_server)
    card = {"number": "4111111111111111", "expiration_date": "12/2030", "token": "shapes-card"}
    card |= {"billing_address": {"locality": "Chicago"}, "options": {"verify_card": True}}
    customer = sdk.customer.create({"id": "shapes-customer", "credit_card": card}).customer
    sale = sdk.transaction.sale({"amount": "10.00", "customer_id": customer.id}).transaction.id
    ids = {"token": "shapes-card", "nonce": "fake-valid-nonce", "address": customer.addresses[0].id}
    return ids | {"customers": customer.id, "transactions": sale, "verifications": sale, "disputes": sale}


@pytest.fixture(scope="module")
def fingerprint(sandbox_server):
    return json.loads(base64.b64decode(sdk_of(sandbox_server).client_token.generate()))["authorizationFingerprint"]


def xml(name, value):
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml(key, item) for key, item in value.items())}</{name}>"
    if isinstance(value, list):
        return f'<{name} type="array">{"".join(xml("item", item) for item in value)}</{name}>'
    kind = ' type="boolean"' if value == "true" else ""
    return f"<{name}{kind}>{escape(value)}</{name}>"


def path_of(route, known):
    """A path of the route, with ids that exist."""
    path = re.sub(r"^\(.*?\)|^/merchants/\(.*?\)", MERCHANT, route.pattern.pattern, count=1)
    path = path.replace("(?:any|credit_card)", "any").replace(r"(?:\.json)?", ".json")
    first = path.removeprefix(MERCHANT).split("/")[1]
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda hit: known.get(hit[1]) or known.get(first, "x"), path)


SERVER = [route for route in routes.ROUTES if route.kind == "server" and route.method in ("POST", "PUT")]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_tree_makes_a_server_call_fail(sandbox_server, known, data):
    route = data.draw(st.sampled_from(SERVER))
    path, tree = path_of(route, known), data.draw(sections | trees)
    root = next(root for word, root in ROOTS.items() if word in path)

    status, _, text = send(sandbox_server, route.method, path, xml(root, tree).encode(), **KEYS)

    assert status < 500, text


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(["/graphql", f"{MERCHANT}/client_api/v1/payment_methods/credit_cards"]), body=trees)
def test_no_tree_makes_a_browser_call_fail(sandbox_server, fingerprint, path, body):
    known = {"authorizationFingerprint": fingerprint, "operationName": "TokenizeCreditCard"}
    body = {**(body if isinstance(body, dict) else {}), **known, "variables": {"input": body}}

    status, _, text = send(sandbox_server, "POST", path, body, Authorization=f"Bearer {fingerprint}")

    assert status < 500, text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/transactions", "<a>" * 5000 + "</a>" * 5000),
        ("/transactions", "<a>" * 100_000),
        ("/client_api/v1/payment_methods/credit_cards", '{"a":' * 30 + "1" + "}" * 30),
        ("/client_api/v1/payment_methods/credit_cards", "[" * 200_000),
    ],
)
def test_bottomless_nesting_is_refused(sandbox_server, path, body):
    assert send(sandbox_server, "POST", MERCHANT + path, body, **KEYS)[0] == 400


@pytest.mark.parametrize("length", ["-1", "x", "²"])
def test_a_body_says_how_long_it_is(sandbox_server, length):
    connection = HTTPConnection("127.0.0.1", sandbox_server.port, timeout=5)
    connection.putrequest("POST", f"{MERCHANT}/transactions")
    connection.putheader("Content-Length", length.encode("latin-1"))
    connection.endheaders()
    assert 400 <= connection.getresponse().status < 500
    connection.close()


def test_words_that_no_document_can_hold_are_left_out(sandbox_server, fingerprint):
    card = {"number": "4111111111111111", "expirationDate": "12/30", "cardholderName": "A\x00\ud800na"}
    body = {"authorizationFingerprint": fingerprint, "creditCard": card}

    nonce = json.loads(send(sandbox_server, "POST", f"{MERCHANT}/client_api/v1/payment_methods/credit_cards", body)[2])

    sale = {"amount": "1.00", "payment_method_nonce": nonce["creditCards"][0]["nonce"]}
    sold = sdk_of(sandbox_server).transaction.sale(sale).transaction
    assert sold.credit_card_details.cardholder_name == "Ana"
