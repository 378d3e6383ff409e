"""Disputes: opened by a test card or a lever, answered by the merchant, closed by bank or clock.

A dispute lives in its own row; its sale carries a copy, because the wire shows it there too.
"""

from datetime import date, datetime, timedelta
from typing import Any

from sandbox import clock, merchants, transactions, webhooks
from sandbox.call import Answer, Call, NotFound, found, fresh_id
from sandbox.errors import Problems
from sandbox.money import cents
from sandbox.store import Doc, Store
from sandbox.wire_dispute import wire

KINDS = ("chargeback", "retrieval", "pre_arbitration")
STATUSES = ("open", "accepted", "disputed", "under_review", "won", "lost", "expired", "auto_accepted")
REASONS = (
    "cancelled_recurring_transaction", "credit_not_processed", "duplicate", "fraud", "general", "invalid_account",
    "not_recognized", "product_not_received", "product_unsatisfactory", "retrieval", "transaction_amount_differs",
)  # fmt: skip
DAYS_TO_REPLY = timedelta(days=14)
# Published test amounts, <https://developer.paypal.com/braintree/docs/guides/disputes/testing-go-live>:
# disputes that the bank drops only for evidence of a named category.
DEMANDING = {83_00: "83", 10_40: "1040", 13_10: "1310", 70_30: "7030"}
VERDICTS = {"compelling_evidence": "won", "losing_evidence": "lost"}


def need(call: Call) -> Doc:
    """The dispute of the path. Raises NotFound."""
    row = call.need("dispute", call.args["id"])
    call.order_id = row["transaction"]["order_id"]
    return row


def find(call: Call) -> Answer:
    return found("dispute", wire(need(call)))


def stop_unless_open(row: Doc, code: str) -> None:
    """Raises Refused with this number when the dispute waits for no answer."""
    problems = Problems("dispute", {})
    if row["status"] != "open":
        problems.add(code, "status")
    problems.stop()


def accept(call: Call) -> Answer:
    row = need(call)
    stop_unless_open(row, "95704")
    move(call, row, "accepted")
    return Answer()


def finalize(call: Call) -> Answer:
    """Hand the evidence in. Two published texts decide at once; else the bank takes its time."""
    row = need(call)
    stop_unless_open(row, "95705")
    _stop_without_evidence(row)
    sent = [piece | {"sent_on": call.now.date().isoformat()} for piece in row["evidence"]]
    row = move(call, row | {"evidence": sent}, "disputed")
    if verdict := next((VERDICTS[piece["comment"]] for piece in sent if piece["comment"] in VERDICTS), ""):
        move(call, row, verdict)
    return Answer()


def _stop_without_evidence(row: Doc) -> None:
    problems = Problems("dispute", {})
    if row["demanding"] and not any(piece["category"] for piece in row["evidence"]):
        problems.add("95726", "evidence")
    problems.stop()


def of_card(call: Call, sale: Doc) -> Doc:
    """What the published number does: the sale is settled and disputed at once. Gives the sale as it is then."""
    settled = transactions.settle(call, transactions.move(call, sale, "submitted_for_settlement"))
    open_one(call, settled)
    return call.need("transaction", sale["id"])


def open_one(call: Call, sale: Doc, **facts: Any) -> Doc:
    """A new dispute. `facts` are the fields that differ from a chargeback for fraud over the whole sale."""
    number = call.store.setting("cases", 0) + 1
    call.store.set("cases", number)
    row = {
        "id": fresh_id(16),
        "kind": "chargeback",
        "reason": "fraud",
        "reason_code": DEMANDING.get(sale["cents"], "83"),
        "demanding": sale["cents"] in DEMANDING,
        "cents": sale["cents"],
        "won_cents": 0,
        "case_number": f"CASE-{number:06}",
        "reference_number": f"REF{number:06}",
        "original_id": None,
        "account": sale["account"],
        "customer_id": sale["customer_id"],
        "created_at": clock.text(call.now),
        "received_on": call.now.date().isoformat(),
        "reply_by": (call.now.date() + DAYS_TO_REPLY).isoformat(),
        "evidence": [],
        "history": [],
        "transaction": _of_sale(sale),
        **facts,
    }
    return move(call, row, "open")


def _of_sale(sale: Doc) -> Doc:
    facts = {name: sale[name] for name in ("id", "cents", "created_at", "order_id")}
    return facts | {"brand": sale["card"]["brand"]}


def move(call: Call, row: Doc, status: str) -> Doc:
    """The next status, remembered in the history and announced."""
    event = {"at": clock.text(call.now), "status": status}
    won = row["cents"] if status == "won" else 0
    row = keep(call, row | {"status": status, "won_cents": won, "history": [*row["history"], event]})
    kind = "opened" if status == "open" else status
    webhooks.announce(call.store, f"dispute_{kind}", row["id"], call.now)
    return row


def keep(call: Call, row: Doc) -> Doc:
    """Store it, its copy in the sale, and the moment it expires while it waits for an answer."""
    row |= {"updated_at": clock.text(call.now)}
    call.put("dispute", row["id"], row, link=row["transaction"]["id"])
    sale = call.need("transaction", row["transaction"]["id"])
    transactions.put(call, sale | {"disputes": sale.get("disputes", {}) | {row["id"]: row}})
    over = clock.read(row["reply_by"]) + timedelta(days=1)
    call.store.schedule("dispute", call.merchant, row["id"], clock.text(over) if row["status"] == "open" else None)
    return row


def expire(store: Store, now: datetime) -> None:
    """Nobody answered in time: the disputes whose last day to reply is over."""
    for at, merchant, id in store.due("dispute", clock.text(now)):
        call = Call(store, merchant, clock.read(at))
        move(call, call.need("dispute", id), "expired")


def order(store: Store, now: datetime, given: dict[str, Any]) -> dict[str, Any]:
    """The lever. Raises ValueError with a sentence for an order that makes no sense.

    `{"transaction_id", "kind", "reason", "amount", "reply_by"}` opens one, `{"id", "status"}` moves
    one on; both take a `merchant`.
    """
    call = Call(store, given.get("merchant", merchants.DEFAULT), now)
    row = _moved(call, given) if "id" in given else _opened(call, given)
    return {"id": row["id"], "status": row["status"], "reply_by": row["reply_by"]}


def _moved(call: Call, given: dict[str, Any]) -> Doc:
    row = _known(call, "dispute", given["id"])
    return move(call, row, _one_of(STATUSES, given["status"]))


def _opened(call: Call, given: dict[str, Any]) -> Doc:
    sale = _known(call, "transaction", given["transaction_id"])
    if sale["type"] != "sale" or sale["status"] not in ("settling", "settled"):
        raise ValueError("only a sale that settles or has settled can be disputed")
    kind = _one_of(KINDS, given.get("kind", "chargeback"))
    reason = _one_of(REASONS, given.get("reason", "retrieval" if kind == "retrieval" else "fraud"))
    facts: dict[str, Any] = {"kind": kind, "reason": reason}
    if "amount" in given:
        facts["cents"] = cents(str(given["amount"]))
    if "reply_by" in given:
        facts["reply_by"] = date.fromisoformat(given["reply_by"]).isoformat()
    return open_one(call, sale, **facts)


def _known(call: Call, kind: str, id: str) -> Doc:
    try:
        return call.need(kind, id)
    except NotFound:
        raise ValueError(f"no {kind} {id!r}") from None


def _one_of(known: tuple[str, ...], word: str) -> str:
    if word not in known:
        raise ValueError(f"unknown {word!r}; known are {', '.join(known)}")
    return word
