"""Transaction search: which rows fit, newest first."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sandbox import clock, transactions
from sandbox.call import Answer, Call, found
from sandbox.criteria import (
    MOST,
    PAGE,
    Field,
    amount,
    day,
    flag,
    instant,
    listed,
    number,
    question,
    text,
    within,
)
from sandbox.store import Doc
from sandbox.wire_card import NO_PERSON
from sandbox.wire_transaction import transaction
from sandbox.xmlwire import Repeated, Rows

STATUSES = (
    "authorization_expired", "authorized", "authorizing", "failed", "gateway_rejected", "processor_declined", "settled",
    "settlement_confirmed", "settlement_declined", "settlement_pending", "settling", "submitted_for_settlement",
    "voided",
)  # fmt: skip
PLACE = (
    "company", "country_name", "extended_address", "first_name", "last_name", "locality", "postal_code", "region",
    "street_address",
)  # fmt: skip
# Other ways to pay, which this processor does not take: nothing has them.
ELSEWHERE = (
    "acquirer_reference_number", "europe_bank_account_iban", "paypal_authorization_id", "paypal_payer_email",
    "paypal_payment_id", "sepa_debit_paypal_v2_order_id", "store_id", "store_ids", "ach_type", "debit_network",
    "reason_code",
)  # fmt: skip


def _reached(status: str) -> Callable[[Doc], list[datetime]]:
    """When a row came to this status."""
    return lambda row: [clock.read(event["at"]) for event in row["history"] if event["status"] == status]


FIELDS: dict[str, Field] = {
    **{name: listed(lambda _: None) for name in ELSEWHERE},
    **{f"billing_{name}": text(within("billing", name)) for name in PLACE},
    **{f"shipping_{name}": text(within("shipping", name)) for name in PLACE},
    **{f"customer_{name}": text(within("person", name)) for name in NO_PERSON},
    **{f"{status}_at": instant(_reached(status)) for status in STATUSES},
    "id": text(lambda row: row["id"]),
    "order_id": text(lambda row: row["order_id"]),
    "customer_id": text(lambda row: row["customer_id"]),
    "payment_method_token": text(lambda row: row["card"].get("token")),
    "settlement_batch_id": text(lambda row: row["batch_id"]),
    "processor_authorization_code": text(lambda row: row["authorization_code"]),
    "currency": text(lambda _: "USD"),
    "credit_card_cardholder_name": text(lambda row: row["card"]["cardholder_name"]),
    "credit_card_expiration_date": text(lambda row: f"{row['card']['month']}/{row['card']['year']}"),
    "credit_card_unique_identifier": text(lambda row: row["card"]["fingerprint"]),
    "ids": listed(lambda row: row["id"]),
    "user": listed(lambda _: "sandbox"),
    "status": listed(lambda row: row["status"]),
    "type": listed(lambda row: row["type"]),
    "merchant_account_id": listed(lambda row: row["account"]),
    "created_using": listed(lambda row: row["created_using"]),
    "credit_card_card_type": listed(lambda row: row["card"]["brand"]),
    "credit_card_customer_location": listed(lambda _: "us"),
    "payment_instrument_type": listed(lambda _: "credit_card"),
    "source": listed(lambda _: "api"),
    "refund": flag(lambda row: row["refund_of"] is not None),
    "amount": amount(lambda row: [row["cents"]]),
    "created_at": instant(lambda row: [clock.read(row["created_at"])]),
    "ach_return_responses_created_at": instant(lambda _: []),
    "disbursement_date": day(lambda row: [date.fromisoformat(row["disbursed_on"])] if row["disbursed_on"] else []),
    "dispute_date": day(lambda row: [date.fromisoformat(dispute["received_on"]) for dispute in _disputes(row)]),
}


def _disputes(row: Doc) -> list[Doc]:
    return list(row.get("disputes", {}).values())


def ids(call: Call) -> Answer:
    rows = _matching(call)[:MOST]
    return found("search_results", {"page_size": PAGE, "ids": Rows("item", [row["id"] for row in rows])})


def page(call: Call) -> Answer:
    rows = [transaction(row, call.now) for row in _matching(call)[:PAGE]]
    facts = {"current_page_number": 1, "page_size": PAGE, "total_items": len(rows)}
    return found("credit_card_transactions", facts | {"transaction": Repeated(rows)})


def _matching(call: Call) -> list[Doc]:
    """Newest first; rows that are still hidden from searches left out. Raises Unsearchable."""
    criteria = call.part("search")
    card = number(call.store.secret, lambda row: [row["card"]])
    fits = question(FIELDS | {"credit_card_number": card}, criteria)
    return [row for row in reversed(_candidates(call, criteria)) if _visible(call, row) and fits(row)]


def _candidates(call: Call, criteria: dict[str, Any]) -> list[Doc]:
    """Few rows where an id says which, else all, oldest first."""
    if exact := _exactly(criteria, "order_id"):
        call.order_id = exact
        return transactions.of_order(call, exact)
    if isinstance(wanted := criteria.get("ids"), list):
        return call.some("transaction", wanted)
    exact = _exactly(criteria, "id")
    return (exact and call.some("transaction", [exact])) or call.all("transaction")


def _exactly(criteria: dict[str, Any], name: str) -> str:
    wanted = criteria.get(name)
    return str(wanted.get("is") or "") if isinstance(wanted, dict) else ""


def _visible(call: Call, row: Doc) -> bool:
    return not row["hidden_until"] or clock.read(row["hidden_until"]) <= call.now
