"""A transaction as the wire shows it, every element."""

from datetime import datetime
from typing import Any

from sandbox.clock import maybe
from sandbox.money import dollars
from sandbox.store import Doc
from sandbox.wire_card import ADDRESS, NO_PERSON, address, card_facts
from sandbox.wire_dispute import wire
from sandbox.xmlwire import Rows

NOTHING = (
    "sub_merchant_account_id", "master_merchant_account_id", "channel", "purchase_order_number", "tax_amount",
    "discount_amount", "shipping_amount", "shipping_tax_amount", "surcharge_amount", "ships_from_postal_code",
    "acquirer_reference_number",
    "voice_referral_number", "retried_transaction_id", "plan_id", "subscription_id", "escrow_status",
    "three_d_secure_info", "service_fee_amount", "refund_id",
)  # fmt: skip
SETTLEMENT_SAID = {
    "settlement_declined": ("4001", "Settlement Declined"),
    "settlement_pending": ("4002", "Settlement Pending"),
}
NO_DISBURSEMENT = (
    "disbursement_date", "settlement_amount", "settlement_currency_iso_code", "settlement_currency_exchange_rate",
    "settlement_base_currency_exchange_rate", "funds_held", "success",
)  # fmt: skip


def transaction(row: Doc, now: datetime) -> dict[str, Any]:
    """Sales and credits alike."""
    return {
        **_money(row),
        **_kin(row),
        **_processor(row),
        **dict.fromkeys(NOTHING),
        **row.get("words", {}),
        "tax_exempt": row.get("words", {}).get("tax_exempt") == "true",
        "retried": False,
        "device_data_captured": False,
        "processed_with_network_token": False,
        "payment_instrument_type": "credit_card",
        "add_ons": Rows("add-on"),
        "discounts": Rows("discount"),
        "disputes": Rows("dispute", [wire(dispute) for dispute in row.get("disputes", {}).values()]),
        "authorization_adjustments": Rows("authorization-adjustment"),
        "descriptor": _some(row.get("words", {}).get("descriptor", {}), ("name", "phone", "url")),
        "disbursement_details": _disbursement(row),
        "global_id": f"transaction_{row['id']}",
        "credit_card": card_facts(row["card"], now, in_vault=False),
        "customer": {"id": row["customer_id"], **_some(row.get("person", {}), NO_PERSON)},
        "billing": address(row["billing"]),
        "shipping": _some(row.get("shipping", {}), (*ADDRESS, "shipping_method")),
    }


def _some(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: given.get(name) for name in names}


def _money(row: Doc) -> dict[str, Any]:
    return {
        "id": row["id"],
        "status": row["status"],
        "type": row["type"],
        "currency_iso_code": "USD",
        "amount": dollars(row["cents"]),
        "merchant_account_id": row["account"],
        "order_id": row["order_id"] or None,
        "created_at": maybe(row["created_at"]),
        "updated_at": maybe(row["updated_at"]),
        "status_history": Rows("status-event", [_event(event) for event in row["history"]]),
    }


def _event(event: Doc) -> dict[str, Any]:
    return {
        "timestamp": maybe(event["at"]),
        "status": event["status"],
        "amount": dollars(event["cents"]),
        "user": "sandbox",
        "transaction_source": "api",
    }


def _kin(row: Doc) -> dict[str, Any]:
    return {
        "refund_ids": Rows("item", row["refund_ids"]),
        "refunded_transaction_id": row["refund_of"],
        "partial_settlement_transaction_ids": Rows("item", row["partial_ids"]),
        "authorized_transaction_id": row["part_of"],
        "settlement_batch_id": row["batch_id"],
        "custom_fields": row["custom_fields"],
        "created_using": row["created_using"],
        "recurring": row["transaction_source"].startswith("recurring"),
        "transaction_source": row["transaction_source"] or None,
        "retry_ids": Rows("item"),
        "network_transaction_id": row["network_id"],
    }


def _processor(row: Doc) -> dict[str, Any]:
    checks = row["checks"]
    return {
        "gateway_rejection_reason": row["rejection"] or None,
        "processor_authorization_code": row["authorization_code"],
        "processor_response_code": row["code"],
        "processor_response_text": row["text"],
        "processor_response_type": row["response_type"] or None,
        "additional_processor_response": row["additional"],
        "network_response_code": "XX",
        "network_response_text": "sample network response text",
        **_settlement_said(row),
        "retrieval_reference_number": row["network_id"][-12:],
        "authorization_expires_at": maybe(row["expires_at"]),
        "avs_error_response_code": checks["avs_error"],
        "avs_postal_code_response_code": checks["avs_postal"],
        "avs_street_address_response_code": checks["avs_street"],
        "cvv_response_code": checks["cvv"],
    }


def _settlement_said(row: Doc) -> dict[str, Any]:
    code, text = SETTLEMENT_SAID.get(row["status"], (None, None))
    return {"processor_settlement_response_code": code, "processor_settlement_response_text": text}


def _disbursement(row: Doc) -> dict[str, Any]:
    paid = row["disbursed_on"]
    if not paid:
        return dict.fromkeys(NO_DISBURSEMENT)
    return dict.fromkeys(NO_DISBURSEMENT) | {
        "disbursement_date": datetime.fromisoformat(paid).date(),
        "settlement_amount": dollars(row["cents"]),
        "settlement_currency_iso_code": "USD",
        "settlement_currency_exchange_rate": "1",
        "funds_held": False,
        "success": row.get("paid_out", True),
    }
