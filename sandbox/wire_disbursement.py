"""A payout to the merchant's bank as webhooks tell of it; it cannot be fetched."""

from datetime import date
from typing import Any

from sandbox.money import dollars
from sandbox.store import Doc
from sandbox.xmlwire import Rows


def wire(row: Doc) -> dict[str, Any]:
    """The content of one `disbursement` element. `cents` below zero were taken from the merchant's bank."""
    exception = row["exception"]
    return {
        "id": row["id"],
        "transaction_ids": Rows("item", row["transaction_ids"]),
        "success": not exception,
        "retry": False,
        "merchant_account": _account(row["account"]),
        "amount": dollars(abs(row["cents"])),
        "disbursement_type": "credit" if row["cents"] >= 0 else "debit",
        "disbursement_date": date.fromisoformat(row["on"]),
        "exception_message": exception or None,
        "follow_up_action": "contact_us" if exception else None,
    }


def _account(id: str) -> dict[str, Any]:
    return {"id": id, "currency_iso_code": "USD", "sub_merchant_account": False, "status": "active"}
