"""Searching customers and verifications: operators and fields."""

from datetime import timedelta

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import sdk_of

C = braintree.CustomerSearch
V = braintree.CreditCardVerificationSearch
ADDRESS = {
    "first_name": "Thomas",
    "last_name": "Otool",
    "street_address": "1 E Main St",
    "extended_address": "Suite 3",
    "locality": "Chicago",
    "region": "Illinois",
    "postal_code": "60622",
    "country_name": "United States of America",
}
PERSON = {
    "first_name": "Timmy",
    "last_name": "O'Toole",
    "company": "O'Toole and Son(s)",
    "email": "timmy@example.com",
    "fax": "3145551234",
    "phone": "5551231234",
    "website": "http://example.com",
}
CARD = {"number": "4111111111111111", "expiration_date": "05/2030", "cardholder_name": "Tim", "token": "tims"}


@pytest.fixture(scope="module")
def sdk(tmp_path_factory):
    """Timmy with a checked card, Ana with a failed one, Ben with Timmy's number, all in a sandbox of their own."""
    server = sandbox.start(tmp_path_factory.mktemp("vault") / "s.sqlite")
    sdk, check = sdk_of(server), {"verify_card": True}
    sdk.customer.create(
        {"id": "timmy", **PERSON, "credit_card": {**CARD, "billing_address": ADDRESS, "options": check}}
    )
    sdk.customer.create({"id": "ana", "first_name": "Ana"})
    failing = {"number": "5105105105105100", "expiration_date": "10/2031", "options": check}
    sdk.credit_card.create({"customer_id": "ana", **failing})
    sdk.customer.create({"id": "ben", "credit_card": {**CARD, "token": "bens"}})
    yield sdk
    server.stop()


@pytest.mark.parametrize(
    "criterion",
    [
        *(getattr(C, name) == value for name, value in PERSON.items()),
        *(getattr(C, f"address_{name}") == value for name, value in ADDRESS.items()),
        C.id == "TIMMY",
        C.payment_method_token == "tims",
        C.first_name.starts_with("tim"),
        C.email.ends_with("example.com"),
        C.company.contains("and son"),
        C.ids.in_list(["timmy", "nobody"]),
    ],
    ids=lambda node: f"{node.name} {next(iter(node.dict))}",
)
def test_every_word_about_a_customer_finds_it(sdk, criterion):
    assert list(sdk.customer.search(criterion).ids) == ["timmy"]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ([], "ben ana timmy"),
        ([C.credit_card_number == "4111111111111111"], "ben timmy"),
        ([C.credit_card_number == "4111111111111129"], ""),
        ([C.credit_card_number.starts_with("4111"), C.credit_card_number.contains("1111")], "ben timmy"),
        ([C.credit_card_expiration_date == "05/2030"], "ben timmy"),
        ([C.credit_card_expiration_date != "05/2030"], "ana"),
        ([C.cardholder_name == "Tim", C.id != "ben"], "timmy"),
        ([C.payment_method_token_with_duplicates == "bens"], "ben timmy"),
        ([C.payment_method_token_with_duplicates == "none"], ""),
        ([C.paypal_account_email == "timmy@example.com"], ""),
    ],
)
def test_customers_are_found_newest_first(sdk, criteria, expected):
    assert list(sdk.customer.search(criteria).ids) == expected.split()


def test_customers_come_whole_and_all_of_them(sdk):
    found = list(sdk.customer.all().items)

    assert [customer.id for customer in found] == ["ben", "ana", "timmy"]
    assert (found[2].credit_cards[0].token, found[2].addresses[0].locality) == ("tims", "Chicago")


def test_customers_are_found_by_when_they_came(sdk):
    at, minute = sdk.customer.find("ana").created_at, timedelta(minutes=1)

    assert len(sdk.customer.search(C.created_at.between(at - minute, at + minute)).ids) == 3
    assert sdk.customer.search(C.created_at <= at - 2 * minute).ids == []


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ([], "ana timmy"),
        ([V.status == "verified"], "timmy"),
        ([V.status.in_list("processor_declined", "failed")], "ana"),
        ([V.credit_card_card_type == "MasterCard"], "ana"),
        ([V.credit_card_number == "5105105105105100"], "ana"),
        ([V.credit_card_number != "5105105105105100"], "timmy"),
        ([V.credit_card_number.ends_with("5100")], "ana"),
        ([V.credit_card_expiration_date == "05/2030"], "timmy"),
        ([V.credit_card_cardholder_name == "Tim", V.payment_method_token == "tims"], "timmy"),
        ([V.billing_postal_code == "60622", V.customer_id == "timmy"], "timmy"),
    ],
)
def test_checks_are_found_by_their_card_and_customer(sdk, criteria, expected):
    found = list(sdk.verification.search(criteria).items)

    last4 = {"ana": "5100", "timmy": "1111"}
    assert [check.credit_card["last_4"] for check in found] == [last4[name] for name in expected.split()]


def test_a_check_is_found_by_its_id_time_and_customers_mail(sdk):
    check = sdk.verification.search(V.customer_id == "timmy").first

    criteria = [V.id == check.id, V.created_at == check.created_at]
    assert sdk.verification.search(criteria).ids == [check.id]
    assert check.credit_card["token"] == "tims"
    assert sdk.verification.search(V.customer_email == PERSON["email"]).ids == [check.id]
