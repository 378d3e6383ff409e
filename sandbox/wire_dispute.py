"""A dispute as the wire shows it, every element."""

from datetime import date
from typing import Any

from sandbox.clock import maybe
from sandbox.money import dollars
from sandbox.store import Doc
from sandbox.xmlwire import Rows


def wire(row: Doc) -> dict[str, Any]:
    """The content of one `dispute` element, in answers, in its transaction and in webhooks."""
    return {
        "id": row["id"],
        "amount": dollars(row["cents"]),
        "amount_disputed": dollars(row["cents"]),
        "amount_won": dollars(row["won_cents"]),
        "case_number": row["case_number"],
        "created_at": maybe(row["created_at"]),
        "updated_at": maybe(row["updated_at"]),
        "currency_iso_code": "USD",
        "evidence": Rows("evidence", [evidence(piece) for piece in row["evidence"]]),
        "global_id": f"dispute_{row['id']}",
        "kind": row["kind"],
        "merchant_account_id": row["account"],
        "original_dispute_id": row["original_id"],
        "processor_comments": None,
        "reason": row["reason"],
        "reason_code": row["reason_code"],
        "reason_description": None,
        "received_date": date.fromisoformat(row["received_on"]),
        "reference_number": row["reference_number"],
        "reply_by_date": date.fromisoformat(row["reply_by"]),
        "status": row["status"],
        "status_history": Rows("status-history", [_event(event) for event in row["history"]]),
        "transaction": _transaction(row["transaction"]),
    }


def evidence(piece: Doc) -> dict[str, Any]:
    """The content of one `evidence` element: a text has a comment, a file has an address."""
    return {
        "id": piece["id"],
        "category": piece["category"],
        "comment": piece["comment"],
        "created_at": maybe(piece["at"]),
        "sent_to_processor_at": piece["sent_on"] and date.fromisoformat(piece["sent_on"]),
        "sequence_number": piece["sequence_number"],
        "url": piece["url"],
    }


def _event(event: Doc) -> dict[str, Any]:
    at = maybe(event["at"])
    return {"status": event["status"], "timestamp": at, "effective_date": at and at.date()}


def _transaction(sale: Doc) -> dict[str, Any]:
    return {
        "id": sale["id"],
        "amount": dollars(sale["cents"]),
        "created_at": maybe(sale["created_at"]),
        "order_id": sale["order_id"] or None,
        "payment_instrument_subtype": sale["brand"],
        "purchase_order_number": None,
    }
