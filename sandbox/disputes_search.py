"""POST /disputes/advanced_search: which disputes fit, newest first, a page at a time."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sandbox import clock
from sandbox.call import Answer, Call, found
from sandbox.money import cents
from sandbox.search import OPERATORS, PAGE
from sandbox.store import Doc
from sandbox.wire_dispute import wire
from sandbox.xmlwire import Repeated

WORDS: dict[str, Callable[[Doc], Any]] = {
    "id": lambda row: row["id"],
    "case_number": lambda row: row["case_number"],
    "reference_number": lambda row: row["reference_number"],
    "transaction_id": lambda row: row["transaction"]["id"],
    "customer_id": lambda row: row["customer_id"],
    "status": lambda row: row["status"],
    "reason": lambda row: row["reason"],
    "reason_code": lambda row: row["reason_code"],
    "kind": lambda row: row["kind"],
    "merchant_account_id": lambda row: row["account"],
}
AMOUNTS: dict[str, Callable[[Doc], list[int]]] = {
    "amount_disputed": lambda row: [row["cents"]],
    "amount_won": lambda row: [row["won_cents"]],
}
DAYS: dict[str, Callable[[Doc], list[date]]] = {
    "received_date": lambda row: [date.fromisoformat(row["received_on"])],
    "reply_by_date": lambda row: [date.fromisoformat(row["reply_by"])],
    "effective_date": lambda row: [clock.read(event["at"]).date() for event in row["history"]],
}


def page(call: Call) -> Answer:
    rows = [row for row in reversed(call.all("dispute")) if fits(row, call.part("search"))]
    asked = call.query.get("page", "")
    number = max(int(asked), 1) if asked.isdecimal() else 1
    shown = [wire(row) for row in rows[(number - 1) * PAGE : number * PAGE]]
    facts = {"current_page_number": number, "page_size": PAGE, "total_items": len(rows)}
    return found("disputes", facts | {"dispute": Repeated(shown)})


def fits(row: Doc, criteria: dict[str, Any]) -> bool:
    """Every criterion; one that this sandbox does not know, or cannot read, fits nothing."""
    return all(_fits(row, name, wanted) for name, wanted in criteria.items())


def _fits(row: Doc, name: str, wanted: Any) -> bool:
    if name in WORDS and isinstance(wanted, list):
        return WORDS[name](row) in wanted
    if not isinstance(wanted, dict):
        return False
    if name in WORDS:
        return _reads(WORDS[name](row) or "", wanted)
    try:
        return _lies(row, name, wanted)
    except (TypeError, ValueError):
        return False


def _reads(word: str, wanted: dict[str, Any]) -> bool:
    known = wanted.keys() <= OPERATORS.keys()
    return known and all(OPERATORS[operator](word.lower(), str(text).lower()) for operator, text in wanted.items())


def _lies(row: Doc, name: str, wanted: dict[str, Any]) -> bool:
    """Raises TypeError or ValueError for limits that are no amounts or days."""
    if name in AMOUNTS:
        return _within(AMOUNTS[name](row), {key: cents(value) for key, value in wanted.items()})
    return name in DAYS and _within(DAYS[name](row), {key: _day(value) for key, value in wanted.items()})


def _within(values: list[Any], wanted: dict[str, Any]) -> bool:
    """Any value between `min` and `max`, both included, or equal to `is`."""
    return any(
        wanted.get("min", value) <= value <= wanted.get("max", value) and wanted.get("is", value) == value
        for value in values
    )


def _day(text: str) -> date:
    """A day as the SDK sends it (midnight UTC) or as its users type it (03/09/2026)."""
    return datetime.strptime(text, "%m/%d/%Y").date() if "/" in text else clock.read(text).date()  # noqa: DTZ007
