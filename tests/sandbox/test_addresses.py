"""Addresses: the address book of a customer, countries in four spellings, limits."""

import pytest

from gateways.braintree.sdk import braintree
from sandbox.countries import COUNTRIES
from tests.sandbox.conftest import codes

NOT_FOUND = braintree.exceptions.NotFoundError
CARD = {"number": "4111111111111111", "expiration_date": "12/2030"}
MEXICO = ("Mexico", "MX", "MEX", "484")


@pytest.fixture
def customer(sdk):
    return sdk.customer.create({}).customer.id


def add(sdk, customer, **params):
    return sdk.address.create({"customer_id": customer, **params})


def country(address):
    names = ("country_name", "country_code_alpha2", "country_code_alpha3", "country_code_numeric")
    return tuple(getattr(address, name) for name in names)


def test_an_address_comes_changes_and_goes(sdk, customer):
    made = add(sdk, customer, street_address="1 Elm", postal_code="60606", first_name="Ana").address
    assert (made.customer_id, made.street_address, made.last_name) == (customer, "1 Elm", None)

    changed = sdk.address.update(customer, made.id, {"street_address": "2 Elm", "country_code_alpha3": "MEX"}).address
    assert (changed.street_address, changed.postal_code, country(changed)) == ("2 Elm", "60606", MEXICO)
    assert sdk.address.find(customer, made.id).street_address == "2 Elm"
    assert [entry.id for entry in sdk.customer.find(customer).addresses] == [made.id]

    sdk.address.delete(customer, made.id)
    assert sdk.customer.find(customer).addresses == []
    for gone in (sdk.address.find, sdk.address.delete, sdk.address.update):
        with pytest.raises(NOT_FOUND):
            gone(customer, made.id)


def test_an_address_needs_its_customer(sdk, customer):
    made = add(sdk, customer, locality="Chicago").address

    with pytest.raises(NOT_FOUND):
        add(sdk, "nobody", locality="Chicago")
    with pytest.raises(NOT_FOUND):
        sdk.address.find(sdk.customer.create({}).customer.id, made.id)


@pytest.mark.parametrize(
    "given",
    [
        {"country_name": "Mexico"},
        {"country_name": "mexico"},
        {"country_code_alpha2": "MX"},
        {"country_code_alpha3": "mex"},
        {"country_code_numeric": 484},
        dict(
            zip(
                ("country_name", "country_code_alpha2", "country_code_alpha3", "country_code_numeric"),
                MEXICO,
                strict=True,
            )
        ),
    ],
)
def test_any_spelling_of_a_country_brings_the_others(sdk, customer, given):
    found = country(add(sdk, customer, **given).address)

    assert (found[0].title(), *found[1:]) == MEXICO


@pytest.mark.parametrize(("name", "alpha2"), [("United States", "US"), ("Taiwan", "TW"), ("Bolivia", "BO")])
def test_a_country_may_be_called_what_people_call_it(sdk, customer, name, alpha2):
    assert country(add(sdk, customer, country_name=name).address)[:2] == (name, alpha2)


def test_every_country_of_the_standard_is_known():
    assert len(COUNTRIES) == 249


@pytest.mark.parametrize(
    ("given", "attribute", "code"),
    [
        ({"country_name": "zzzzzz"}, "country_name", "91803"),
        ({"country_code_alpha2": "zz"}, "country_code_alpha2", "91814"),
        ({"country_code_alpha2": "XK"}, "country_code_alpha2", "91814"),
        ({"country_code_alpha3": "zzz"}, "country_code_alpha3", "91816"),
        ({"country_code_numeric": "000"}, "country_code_numeric", "91817"),
        ({"country_code_alpha2": "US", "country_code_alpha3": "MEX"}, "base", "91815"),
        ({"country_name": "Mexico", "country_code_numeric": "840"}, "base", "91815"),
        ({}, "base", "81801"),
        ({"company": "x" * 256}, "company", "81802"),
        ({"extended_address": "x" * 256}, "extended_address", "81804"),
        ({"first_name": "x" * 256}, "first_name", "81805"),
        ({"last_name": "x" * 256}, "last_name", "81806"),
        ({"locality": "x" * 256}, "locality", "81807"),
        ({"postal_code": "1234567890"}, "postal_code", "81809"),
        ({"postal_code": "606_06"}, "postal_code", "81813"),
        ({"region": "x" * 256}, "region", "81810"),
        ({"street_address": "x" * 256}, "street_address", "81812"),
    ],
)
def test_an_address_is_checked(sdk, customer, given, attribute, code):
    errors = add(sdk, customer, **given).errors

    assert [error.code for error in errors.for_object("address").on(attribute)] == [code]
    assert errors.size == 1


def test_everything_wrong_with_a_country_is_said_at_once(sdk, customer):
    made = add(sdk, customer, locality="Chicago").address
    wrong = {
        "country_name": "no",
        "country_code_alpha2": "no",
        "country_code_alpha3": "no",
        "country_code_numeric": "0",
    }

    assert codes(sdk.address.update(customer, made.id, wrong | {"country_code_alpha2": "zz"})) == [
        "91803",
        "91814",
        "91816",
        "91817",
    ]


def test_an_address_book_has_fifty_entries(sdk, customer):
    for number in range(50):
        assert add(sdk, customer, street_address=f"{number} Elm").is_success

    assert codes(add(sdk, customer, street_address="50 Elm")) == ["91818"]


def test_a_billing_address_is_in_the_book_and_follows_it(sdk, customer):
    card = sdk.credit_card.create(CARD | {"customer_id": customer, "billing_address": {"street_address": "1 Elm"}})
    card = card.credit_card

    sdk.address.update(customer, card.billing_address.id, {"street_address": "2 Elm"})
    assert sdk.credit_card.find(card.token).billing_address.street_address == "2 Elm"
    other = sdk.credit_card.create(CARD | {"customer_id": customer, "billing_address_id": card.billing_address.id})
    assert other.credit_card.billing_address.id == card.billing_address.id

    sdk.address.delete(customer, card.billing_address.id)
    assert sdk.credit_card.find(card.token).billing_address is None


def test_a_cards_new_address_is_another_entry_unless_the_old_one_is_to_change(sdk, customer):
    given = {"billing_address": {"street_address": "1 Elm", "locality": "Chicago"}}
    card = sdk.credit_card.create(CARD | {"customer_id": customer} | given).credit_card

    same = sdk.credit_card.update(
        card.token, {"billing_address": {"locality": "Cicero", "options": {"update_existing": True}}}
    ).credit_card.billing_address
    fresh = sdk.credit_card.update(card.token, {"billing_address": {"region": "IL"}}).credit_card.billing_address

    assert (same.id, same.street_address, same.locality) == (card.billing_address.id, "1 Elm", "Cicero")
    assert (fresh.id == same.id, fresh.street_address, fresh.region) == (False, None, "IL")
    assert len(sdk.customer.find(customer).addresses) == 2
