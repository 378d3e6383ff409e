"""POST /disputes/advanced_search: which disputes fit, newest first, a page at a time."""

from datetime import date

from sandbox import clock
from sandbox.call import Answer, Call, found
from sandbox.criteria import PAGE, Field, amount, day, listed, question, text
from sandbox.wire_dispute import wire
from sandbox.xmlwire import Repeated

FIELDS: dict[str, Field] = {
    "id": text(lambda row: row["id"]),
    "case_number": text(lambda row: row["case_number"]),
    "reference_number": text(lambda row: row["reference_number"]),
    "transaction_id": text(lambda row: row["transaction"]["id"]),
    "customer_id": text(lambda row: row["customer_id"]),
    "status": listed(lambda row: row["status"]),
    "reason": listed(lambda row: row["reason"]),
    "reason_code": listed(lambda row: row["reason_code"]),
    "kind": listed(lambda row: row["kind"]),
    "merchant_account_id": listed(lambda row: row["account"]),
    "transaction_source": listed(lambda _: "api"),
    "pre_dispute_program": listed(lambda _: "none"),
    "amount_disputed": amount(lambda row: [row["cents"]]),
    "amount_won": amount(lambda row: [row["won_cents"]]),
    "received_date": day(lambda row: [date.fromisoformat(row["received_on"])]),
    "reply_by_date": day(lambda row: [date.fromisoformat(row["reply_by"])]),
    "effective_date": day(lambda row: [clock.read(event["at"]).date() for event in row["history"]]),
}


def page(call: Call) -> Answer:
    """Raises Unsearchable."""
    asked, fits = call.query.get("page", ""), question(FIELDS, call.part("search"))
    rows = [row for row in reversed(call.all("dispute")) if fits(row)]
    number = max(int(asked), 1) if asked.isdecimal() else 1
    shown = [wire(row) for row in rows[(number - 1) * PAGE : number * PAGE]]
    facts = {"current_page_number": number, "page_size": PAGE, "total_items": len(rows)}
    return found("disputes", facts | {"dispute": Repeated(shown)})
