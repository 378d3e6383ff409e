"""Transaction search: operators and fields."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from sandbox import search
from tests.sandbox.conftest import KEYS, sdk_of, send

S = braintree.TransactionSearch


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three sales and a refund in a sandbox of their own: ids by name, and the SDK."""
    server = sandbox.start(tmp_path_factory.mktemp("search") / "s.sqlite")
    server.control("clock", {"set": "2030-05-01T12:00:00Z"})
    sdk, ids = sdk_of(server), {}
    person = {"first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.com", "phone": "1", "fax": "2"}
    customer = sdk.customer.create({"id": "ana", "company": "Co", "website": "w", **person}).customer.id
    for name, amount, nonce in (
        ("one", "10.00", "fake-valid-nonce"),
        ("two", "2001.00", "fake-valid-nonce"),
        ("three", "30.00", "fake-valid-mastercard-nonce"),
    ):
        params = {"amount": amount, "payment_method_nonce": nonce, "order_id": f"Order-{name}", "customer_id": customer}
        billing = {"postal_code": "60606", "first_name": name, "street_address": f"{name} Elm", "last_name": "Ruiz"}
        billing |= {"company": "Elm Co", "country_name": "Mexico", "extended_address": "2", "locality": "Cicero"}
        params |= {"billing": billing | {"region": "IL"}, "shipping": billing | {"region": "IL", "first_name": "Sam"}}
        options = {"submit_for_settlement": True, "store_in_vault_on_success": True}
        ids[name] = sdk.transaction.sale(params | {"options": options}).transaction.id
        server.control("clock", {"advance": 3600})
    sdk.testing.settle_transaction(ids["three"])
    ids["back"] = sdk.transaction.refund(ids["three"], "5.00").transaction.id
    yield sdk, ids
    server.stop()


NOON = datetime(2030, 5, 1, 12)  # noqa: DTZ001  the SDK wants UTC without a zone
CASES = [
    ((), "one two three back"),
    ((S.order_id == "Order-one",), "one"),
    ((S.order_id == "order-ONE",), "one"),
    ((S.order_id != "Order-one",), "two three back"),
    ((S.order_id.starts_with("Order-t"),), "two three back"),
    ((S.order_id.ends_with("e"),), "one three back"),
    ((S.order_id.contains("der-tw"),), "two"),
    ((S.status == "processor_declined",), "two"),
    ((S.status.in_list("settled", "submitted_for_settlement"),), "one three back"),
    ((S.type == "credit",), "back"),
    ((S.refund == True,), "back"),  # noqa: E712
    ((S.refund == False,), "one two three"),  # noqa: E712
    ((S.amount == Decimal("30.00"),), "three"),
    ((S.amount >= "30.00",), "two three"),
    ((S.amount.between("5.00", "10.00"),), "one back"),
    ((S.amount <= "10.00", S.type == "sale"), "one"),
    ((S.created_at >= NOON + timedelta(hours=1),), "two three back"),
    ((S.created_at.between(NOON, NOON + timedelta(minutes=30)),), "one"),
    ((S.settled_at >= NOON,), "three"),
    ((S.processor_declined_at >= NOON,), "two"),
    ((S.disbursement_date >= NOON,), ""),
    ((S.customer_id == "ana",), "one two three back"),
    ((S.credit_card_card_type == "MasterCard",), "three back"),
    ((S.credit_card_number.starts_with("411111"),), "one two"),
    ((S.credit_card_number.ends_with("4444"),), "three back"),
    ((S.credit_card_expiration_date == "12/2030",), "one two three back"),
    ((S.billing_postal_code == "60606", S.billing_first_name == "two"), "two"),
    ((S.billing_street_address.contains("Elm"),), "one two three back"),
    ((S.billing_company == "Elm Co", S.billing_country_name == "mexico"), "one two three back"),
    ((S.billing_extended_address == "2", S.billing_locality == "Cicero"), "one two three back"),
    ((S.billing_last_name == "Ruiz", S.billing_region == "IL"), "one two three back"),
    ((S.shipping_first_name == "Sam", S.shipping_country_name == "Mexico"), "one two three back"),
    ((S.shipping_postal_code != "60606",), ""),
    ((S.customer_first_name == "Ana", S.customer_last_name == "Ruiz"), "one two three back"),
    ((S.customer_email == "ana@example.com", S.customer_phone == "1", S.customer_fax == "2"), "one two three back"),
    ((S.customer_company == "Co", S.customer_website.starts_with("w")), "one two three back"),
    ((S.credit_card_number == "4111111111111111",), "one two"),
    ((S.credit_card_number != "4111111111111111",), "three back"),
    ((S.credit_card_number.starts_with("4111111111"),), "one two"),
    ((S.credit_card_number.starts_with("41111112"),), ""),
    ((S.credit_card_customer_location == "us", S.payment_instrument_type == "credit_card"), "one two three back"),
    ((S.credit_card_cardholder_name == "Ana",), ""),
    ((S.paypal_payer_email == "ana@example.com",), ""),
    ((S.authorized_at.between(NOON, NOON + timedelta(minutes=1)),), "one"),
    ((S.authorized_at == NOON.replace(second=59),), "one"),
    ((S.submitted_for_settlement_at >= NOON + timedelta(hours=3),), "back"),
    ((S.voided_at >= NOON,), ""),
    ((S.dispute_date >= NOON,), ""),
    ((S.merchant_account_id == "sandbox_credit_card",), "one two three back"),
    ((S.created_using == "token",), ""),
    ((S.currency == "USD", S.source == "api", S.user == "sandbox"), "one two three back"),
]


@pytest.mark.parametrize(("criteria", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_search_finds_what_fits_newest_first(world, criteria, expected):
    sdk, ids = world

    found = sdk.transaction.search(*(criteria or ([],)))

    assert list(found.ids) == [ids[name] for name in reversed(expected.split())]


@pytest.mark.parametrize(
    "search",
    [
        "<nonsense><is>1</is></nonsense>",
        "<order_id><near>1</near></order_id>",
        "<order_id>1</order_id>",
        "<order_id><is><is>1</is></is></order_id>",
        "<amount><min>much</min></amount>",
        "<amount><max>1e9</max></amount>",
        "<created_at><is>soon</is></created_at>",
        "<created_at type='array'><item>1</item></created_at>",
        "<refund>perhaps</refund>",
    ],
)
@pytest.mark.parametrize("call", ["advanced_search_ids", "advanced_search"])
def test_what_cannot_be_searched_is_refused(sandbox_server, search, call):
    path = f"/merchants/integration_merchant_id/transactions/{call}"

    status, _, text = send(sandbox_server, "POST", path, f"<search>{search}</search>", **KEYS)

    assert (status, "<api-error-response>" in text) == (422, True)


def test_the_sdk_hears_of_an_unknown_field_as_a_timeout(world):
    sdk, _ = world

    with pytest.raises(braintree.exceptions.RequestTimeoutError):
        sdk.transaction.search(braintree.search.Search.TextNodeBuilder("shoe_size") == "9")


def test_a_search_lists_twenty_thousand_and_shows_fifty(world, monkeypatch):
    sdk, _ = world
    monkeypatch.setattr(search, "MOST", 2)

    assert len(sdk.transaction.search([]).ids) == 2


def test_ids_are_a_field_too_and_records_come_in_pages(world):
    sdk, ids = world

    found = sdk.transaction.search(S.ids.in_list([ids["one"], ids["two"]]))

    assert [row.order_id for row in found.items] == ["Order-two", "Order-one"]
    assert [row.id for row in sdk.transaction.search(S.id == ids["one"]).items] == [ids["one"]]


def test_a_stored_card_is_a_field_too(world):
    sdk, ids = world
    details = sdk.transaction.find(ids["one"])

    token = sdk.transaction.search(S.payment_method_token == details.credit_card_details.token)
    code = sdk.transaction.search(S.processor_authorization_code == details.processor_authorization_code)

    assert list(token.ids) == list(code.ids) == [ids["one"]]
