"""Transaction search: operators and fields."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import sdk_of

S = braintree.TransactionSearch


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three sales and a refund in a sandbox of their own: ids by name, and the SDK."""
    server = sandbox.start(tmp_path_factory.mktemp("search") / "s.sqlite")
    server.control("clock", {"set": "2030-05-01T12:00:00Z"})
    sdk, ids = sdk_of(server), {}
    customer = sdk.customer.create({"id": "ana"}).customer.id
    for name, amount, nonce in (
        ("one", "10.00", "fake-valid-nonce"),
        ("two", "2001.00", "fake-valid-nonce"),
        ("three", "30.00", "fake-valid-mastercard-nonce"),
    ):
        params = {"amount": amount, "payment_method_nonce": nonce, "order_id": f"Order-{name}", "customer_id": customer}
        billing = {"postal_code": "60606", "first_name": name, "street_address": f"{name} Elm"}
        options = {"submit_for_settlement": True, "store_in_vault_on_success": True}
        ids[name] = sdk.transaction.sale(params | {"billing": billing, "options": options}).transaction.id
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
    ((S.merchant_account_id == "sandbox_credit_card",), "one two three back"),
    ((S.created_using == "token",), ""),
    ((S.currency == "USD", S.source == "api", S.user == "sandbox"), "one two three back"),
]


@pytest.mark.parametrize(("criteria", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_search_finds_what_fits_newest_first(world, criteria, expected):
    sdk, ids = world

    found = sdk.transaction.search(*(criteria or ([],)))

    assert list(found.ids) == [ids[name] for name in reversed(expected.split())]


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
