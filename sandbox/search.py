"""Transaction search: which rows fit, newest first."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sandbox import clock, transactions
from sandbox.call import Answer, Call, found
from sandbox.money import cents
from sandbox.store import Doc
from sandbox.wire_transaction import transaction
from sandbox.xmlwire import Repeated, Rows

PAGE, MOST = 50, 20_000

FIELDS: dict[str, Callable[[Doc], Any]] = {
    "id": lambda row: row["id"],
    "order_id": lambda row: row["order_id"],
    "customer_id": lambda row: row["customer_id"],
    "payment_method_token": lambda row: row["card"].get("token"),
    "settlement_batch_id": lambda row: row["batch_id"],
    "processor_authorization_code": lambda row: row["authorization_code"],
    "currency": lambda _: "USD",
    "credit_card_number": lambda row: f"{row['card']['bin8'][:6]}******{row['card']['last4']}",
    "credit_card_cardholder_name": lambda row: row["card"]["cardholder_name"],
    "credit_card_expiration_date": lambda row: f"{row['card']['month']}/{row['card']['year']}",
    "credit_card_unique_identifier": lambda row: row["card"]["fingerprint"],
    "billing_postal_code": lambda row: row["billing"].get("postal_code"),
    "billing_street_address": lambda row: row["billing"].get("street_address"),
    "billing_first_name": lambda row: row["billing"].get("first_name"),
    "billing_last_name": lambda row: row["billing"].get("last_name"),
    "user": lambda _: "sandbox",
    "ids": lambda row: row["id"],
    "status": lambda row: row["status"],
    "type": lambda row: row["type"],
    "merchant_account_id": lambda row: row["account"],
    "created_using": lambda row: row["created_using"],
    "credit_card_card_type": lambda row: row["card"]["brand"],
    "source": lambda _: "api",
}
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "is": str.__eq__,
    "is_not": str.__ne__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
}


def ids(call: Call) -> Answer:
    rows = _matching(call)[:MOST]
    return found("search_results", {"page_size": PAGE, "ids": Rows("item", [row["id"] for row in rows])})


def page(call: Call) -> Answer:
    rows = [transaction(row, call.now) for row in _matching(call)]
    facts = {"current_page_number": 1, "page_size": PAGE, "total_items": len(rows)}
    return found("credit_card_transactions", facts | {"transaction": Repeated(rows)})


def _matching(call: Call) -> list[Doc]:
    """Newest first; rows that are still hidden from searches left out."""
    criteria = call.part("search")
    exact = (criteria.get("order_id") or {}).get("is")
    call.order_id = exact or ""
    rows = transactions.of_order(call, exact) if exact else call.all("transaction")
    return [row for row in reversed(rows) if _visible(call, row) and fits(row, criteria)]


def _visible(call: Call, row: Doc) -> bool:
    return not row["hidden_until"] or clock.read(row["hidden_until"]) <= call.now


def fits(row: Doc, criteria: dict[str, Any]) -> bool:
    return all(_fits(row, name, wanted) for name, wanted in criteria.items())


def _fits(row: Doc, name: str, wanted: Any) -> bool:
    if name in FIELDS:
        return FIELDS[name](row) in wanted if isinstance(wanted, list) else _text(FIELDS[name](row), wanted)
    if name == "refund":
        return (row["refund_of"] is not None) is (str(wanted).lower() == "true")
    if name == "amount":
        return _within(row["cents"], {key: cents(value) for key, value in wanted.items()})
    return _within(_instant(row, name), {key: clock.read(value) for key, value in wanted.items()})


def _text(value: Any, wanted: dict[str, str]) -> bool:
    have = str(value or "").lower()
    return all(OPERATORS[operator](have, text.lower()) for operator, text in wanted.items())


def _within(value: Any, wanted: dict[str, Any]) -> bool:
    """`min`, `max` and `is`, all included; instants count to the minute."""
    if value is None:
        return False
    value, wanted = _minute(value), {key: _minute(limit) for key, limit in wanted.items()}
    return wanted.get("min", value) <= value <= wanted.get("max", value) and wanted.get("is", value) == value


def _minute(value: Any) -> Any:
    return value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value


def _instant(row: Doc, name: str) -> datetime | None:
    """`created_at`, `disbursement_date` or `<status>_at`."""
    if name == "created_at":
        return clock.read(row["created_at"])
    if name == "disbursement_date":
        return clock.maybe(row["disbursed_on"])
    status = name.removesuffix("_at")
    return next((clock.read(event["at"]) for event in row["history"] if event["status"] == status), None)
