"""The published numbers: errors as the SDK knows them, and what each test value does."""

import pytest

from gateways.braintree.sdk import braintree
from sandbox.cards import TEST_NUMBERS
from sandbox.errors import TABLE
from sandbox.nonces import FAKE_VALID
from tests.sandbox.conftest import codes, sdk_of

# What programs written against the processor meet; the table may hold more.
PROMISED = {
    "Transaction": """81501 81502 81503 81528 81531 91501 91504 91505 91506 91507 91508 91510 91511 91512 91513 91514
        91516 91518 91521 91522 91523 91524 91526 91564 91565 91566 91575 915103 915133 915200 915201 915230 915231
        915232 915233 915234 915235 915282""",
    "Transaction.ExternalVault": "915175 915177 915179",
    "CreditCard": """81703 81706 81707 81709 81710 81714 81715 81716 81717 81723 81724 81736 81737 81763 91704 91705
        91718 91719 91720 91721 91722 91731 91732 91733""",
    "PaymentMethod": "93101 93102 93103 93104 93105 93107 93108 93109",
    "Customer": "81604 91602 91609 91610 91611 91612",
    "Address": "81801 91803 91814 91815 91816 91817",
    "ClientToken": "92011 92801 92802 92803 92804 92805 92806 92807 92810",
    "SettlementBatchSummary": "82301 82302 82303",
    "Dispute": "95701 95702 95703 95704 95705 95706 95726",
}
AMOUNTS = [
    ("0.01", "authorized", "1000"),
    ("1999.99", "authorized", "1000"),
    ("2000.00", "processor_declined", "2000"),
    ("2001.00", "processor_declined", "2001"),
    ("2004.99", "processor_declined", "2004"),
    ("2999.99", "processor_declined", "2999"),
    ("3000.00", "failed", "3000"),
    ("3000.99", "failed", "3000"),
    ("3001.00", "authorized", "1000"),
    ("4000.99", "authorized", "1000"),
    ("4001.00", "authorized", "1000"),
    ("4002.00", "authorized", "1000"),
    ("5000.99", "authorized", "1000"),
    ("5001.00", "gateway_rejected", None),
    ("5001.01", "authorized", "1000"),
    ("5001.02", "authorized", "1000"),
    ("5002.00", "authorized", "1000"),
    ("9999999.99", "authorized", "1000"),
]
FAILING = {"4000111111111115", "5105105105105100", "378734493671000", "6011000990139424", "3566002020360505"}
EXPIRY = {"expiration_date": "12/2030"}


def published(group):
    found = braintree.ErrorCodes
    for part in group.split("."):
        found = getattr(found, part)
    return {name: code for name, code in vars(found).items() if isinstance(code, str) and code.isdigit()}


@pytest.mark.parametrize("group", TABLE)
def test_error_numbers_and_names_are_those_of_the_sdk(group):
    assert {name: code for code, name in TABLE[group].items()}.items() <= published(group).items()


@pytest.mark.parametrize("group", PROMISED)
def test_every_promised_number_is_there(group):
    assert set(PROMISED[group].split()) <= set(TABLE[group])


@pytest.mark.parametrize(("amount", "status", "code"), AMOUNTS)
def test_an_amount_decides(sdk, amount, status, code):
    transaction = sdk.transaction.sale({"amount": amount, "payment_method_nonce": "fake-valid-nonce"}).transaction

    assert (transaction.status, transaction.processor_response_code) == (status, code)


@pytest.mark.parametrize("nonce", FAKE_VALID)
def test_a_valid_nonce_pays_and_shows_its_card(sdk, nonce):
    shown = sdk.payment_method_nonce.find(nonce).details

    card = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": nonce}).transaction.credit_card_details

    assert (card.last_4, card.card_type) == (shown["last_four"], shown["card_type"])
    assert card.last_4 == FAKE_VALID[nonce][-4:]


@pytest.mark.parametrize(
    ("nonce", "status", "detail"),
    [
        ("fake-processor-declined-visa-nonce", "processor_declined", "2000"),
        ("fake-processor-declined-mastercard-nonce", "processor_declined", "2000"),
        ("fake-processor-declined-amex-nonce", "processor_declined", "2000"),
        ("fake-processor-declined-discover-nonce", "processor_declined", "2000"),
        ("fake-processor-failure-jcb-nonce", "failed", "3000"),
        ("fake-gateway-rejected-fraud-nonce", "gateway_rejected", "fraud"),
        ("fake-gateway-rejected-risk-thresholds-nonce", "gateway_rejected", "risk_threshold"),
    ],
)
def test_a_refused_nonce_is_refused_again_and_again(sdk, nonce, status, detail):
    for _ in range(2):
        sale = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": nonce}).transaction
        assert (sale.status, sale.gateway_rejection_reason or sale.processor_response_code) == (status, detail)


def test_two_nonces_are_no_use_at_all(sdk):
    for nonce, code in (("fake-consumed-nonce", "91564"), ("fake-luhn-invalid-nonce", "81715")):
        assert codes(sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": nonce})) == [code]


@pytest.mark.parametrize("number", sorted(TEST_NUMBERS))
def test_a_published_number_is_sold_to_and_checked(sdk, number):
    card = {"number": number, **EXPIRY}

    sold = sdk.transaction.sale({"amount": "1.00", "credit_card": card}).is_success
    checked = sdk.verification.create({"credit_card": card})

    assert (sold, checked.is_success) == (True, number not in FAILING)


@pytest.mark.parametrize(("number", "reason"), [("4000111111111511", "fraud"), ("4111130000000003", "risk_threshold")])
def test_a_risky_number_is_rejected_where_risk_is_watched(server, number, reason):
    server.control("merchant", {"fraud": True})
    sale = {"amount": "1.00", "credit_card": {"number": number, **EXPIRY}}

    assert sdk_of(server).transaction.sale(sale).transaction.gateway_rejection_reason == reason


@pytest.mark.parametrize(
    ("billing", "cvv", "letters"),
    [
        ({}, None, (None, "I", "I", "I")),
        ({"postal_code": "60606", "street_address": "1 Elm"}, "123", (None, "M", "M", "M")),
        ({"postal_code": "20000", "street_address": "200 Elm"}, "200", (None, "N", "N", "N")),
        ({"postal_code": "20001", "street_address": "201 Elm"}, "201", (None, "U", "U", "U")),
        ({"street_address": "301 Elm"}, "301", (None, "I", "S", "S")),
        ({"postal_code": "30000"}, "123", ("E", "M", "I", "M")),
        ({"postal_code": "30001"}, "123", ("S", "M", "I", "M")),
        ({"street_address": "   "}, "123", (None, "I", "I", "M")),
    ],
)
@pytest.mark.parametrize("skip", [False, True])
def test_address_and_code_have_their_answers(sdk, billing, cvv, letters, skip):
    card = {"number": "4111111111111111", **EXPIRY, "cvv": cvv}
    options = {"skip_avs": skip, "skip_cvv": skip}
    params = {"amount": "1.00", "credit_card": card, "billing": billing, "options": options}

    sale = sdk.transaction.sale(params).transaction

    found = (sale.avs_error_response_code, sale.avs_postal_code_response_code, sale.avs_street_address_response_code)
    assert (*found, sale.cvv_response_code) == ((None, "B", "B", "B") if skip else letters)


@pytest.mark.parametrize(("cvv", "letter"), [("2000", "N"), ("2011", "U"), ("3011", "S"), ("1234", "M")])
def test_an_american_express_code_has_four_digits(sdk, cvv, letter):
    card = {"number": "378282246310005", **EXPIRY, "cvv": cvv}

    assert sdk.transaction.sale({"amount": "1.00", "credit_card": card}).transaction.cvv_response_code == letter
