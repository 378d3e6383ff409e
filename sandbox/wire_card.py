"""Cards, customers, verifications and nonces as the wire shows them."""

from datetime import datetime
from typing import Any

from sandbox import cards
from sandbox.clock import maybe
from sandbox.money import dollars
from sandbox.store import Doc
from sandbox.xmlwire import Rows

LOGO = "https://assets.braintreegateway.com/payment_method_logo/{}.png?environment=sandbox"
NO_PERSON = ("first_name", "last_name", "company", "email", "phone", "fax", "website", "international_phone")
ADDRESS = (
    "id", "company", "country_code_alpha2", "country_code_alpha3", "country_code_numeric", "country_name",
    "extended_address", "first_name", "last_name", "locality", "phone_number", "postal_code", "region",
    "street_address", "international_phone",
)  # fmt: skip
OTHER_METHODS = {
    "paypal_accounts": "paypal_account",
    "apple_pay_cards": "apple_pay_card",
    "android_pay_cards": "android_pay_card",
    "venmo_accounts": "venmo_account",
    "us_bank_accounts": "us_bank_account",
    "visa_checkout_cards": "visa_checkout_card",
    "masterpass_cards": "masterpass_card",
    "samsung_pay_cards": "samsung_pay_card",
    "sepa_debit_accounts": "sepa_debit_account",
    "amex_express_checkout_cards": "amex_express_checkout_card",
    "europe_bank_accounts": "europe_bank_account",
}


def account_type(card: Doc) -> str:
    return "debit" if card["flags"].get("debit") == "Yes" else "credit"


def card_facts(card: Doc, now: datetime, *, in_vault: bool) -> dict[str, Any]:
    """What transactions and the vault both tell; only transactions add the longer bin."""
    facts = {
        "token": card.get("token"),
        "bin": card["bin8"][:6],
        "last_4": card["last4"],
        "card_type": card["brand"],
        "expiration_month": card["month"],
        "expiration_year": card["year"],
        "customer_location": "US",
        "cardholder_name": card["cardholder_name"],
        "image_url": LOGO.format(card["brand"].lower().replace(" ", "_")),
        "unique_number_identifier": card["fingerprint"],
        "account_type": account_type(card),
        **cards.flags(card),
        "global_id": f"card_{card.get('token') or ''}",
        "payment_account_reference": None,
        "is_network_tokenized": False,
        "expired": cards.expired(card, now),
    }
    return facts if in_vault else facts | {"bin_extended": card["bin8"]}


def vaulted(card: Doc, now: datetime, verifications: list[Doc] | None = None) -> dict[str, Any]:
    """A card in the vault."""
    return card_facts(card, now, in_vault=True) | {
        "customer_id": card["customer_id"],
        "default": card["default"],
        "created_at": maybe(card["created_at"]),
        "updated_at": maybe(card["updated_at"]),
        "subscriptions": Rows("subscription"),
        "verifications": Rows("verification", [verification(row, now) for row in verifications or []]),
        **({"billing_address": entry(card["billing"])} if card.get("billing") else {}),
    }


def address(given: dict[str, Any]) -> dict[str, Any]:
    return {name: given.get(name) for name in ADDRESS}


def entry(row: Doc) -> dict[str, Any]:
    """An address of a customer's address book, with whose it is."""
    times = {name: maybe(row[name]) for name in ("created_at", "updated_at")}
    return address(row) | times | {"customer_id": row["customer_id"]}


def customer(row: Doc, cards: list[dict[str, Any]], addresses: list[Doc]) -> dict[str, Any]:
    """A customer with cards as they are shown."""
    return {
        "id": row["id"],
        "merchant_id": row["merchant"],
        **{name: row.get(name) for name in NO_PERSON},
        "created_at": maybe(row["created_at"]),
        "updated_at": maybe(row["updated_at"]),
        "custom_fields": row.get("custom_fields") or {},
        "global_id": f"customer_{row['id']}",
        "graphql_id": f"customer_{row['id']}",
        "credit_cards": Rows("credit-card", cards),
        "addresses": Rows("address", [entry(row) for row in addresses]),
        **{name: Rows(tag) for name, tag in OTHER_METHODS.items()},
    }


def verification(row: Doc, now: datetime) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": row["status"],
        "amount": dollars(row["cents"]),
        "currency_iso_code": "USD",
        "gateway_rejection_reason": row["rejection"] or None,
        "processor_response_code": row["code"] or None,
        "processor_response_text": row["text"] or None,
        "processor_response_type": row["type"] or None,
        "network_response_code": "XX",
        "network_response_text": "sample network response text",
        "avs_error_response_code": row["checks"]["avs_error"],
        "avs_postal_code_response_code": row["checks"]["avs_postal"],
        "avs_street_address_response_code": row["checks"]["avs_street"],
        "cvv_response_code": row["checks"]["cvv"],
        "merchant_account_id": row["account"],
        "created_at": maybe(row["created_at"]),
        "updated_at": maybe(row["created_at"]),
        "graphql_id": f"verification_{row['id']}",
        "global_id": f"verification_{row['id']}",
        "billing": address(row["billing"]),
        "credit_card": card_facts(row["card"], now, in_vault=False),
    }


def nonce(row: Doc) -> dict[str, Any]:
    """A nonce as the server side sees it."""
    return {
        "nonce": row["nonce"],
        "type": "CreditCard",
        "description": f"ending in {row['card']['last4'][-2:]}",
        "consumed": row["consumed"],
        "default": False,
        "details": {
            "bin": row["card"]["bin8"][:6],
            "card_type": row["card"]["brand"],
            "last_two": row["card"]["last4"][-2:],
            "last_four": row["card"]["last4"],
            "expiration_month": row["card"]["month"],
            "expiration_year": row["card"]["year"],
            "cardholder_name": row["card"]["cardholder_name"],
        },
        "bin_data": cards.flags(row["card"]),
        "three_d_secure_info": None,
    }
