"""What happens to a transaction after it is made: submit, void, refund, settle."""

from collections.abc import Callable
from typing import Any

from sandbox import judge, request_keys, sale_rules, transactions, webhooks
from sandbox.call import Answer, Call, created, found
from sandbox.errors import Problems
from sandbox.money import asked
from sandbox.sales import answer
from sandbox.sources import Source
from sandbox.store import Doc
from sandbox.wire_transaction import transaction

VOIDABLE = ("authorized", "submitted_for_settlement", "settlement_pending")
SETTLEABLE = ("submitted_for_settlement", "settling", "settlement_pending", "settlement_confirmed", "settled")
NOTHING_CAME = ("voided", "settlement_declined", "failed", "processor_declined", "gateway_rejected")
REFUNDABLE = ("settling", "settled")


def find(call: Call) -> Answer:
    row = transactions.need(call)
    call.order_id = row["order_id"]
    return found("transaction", transaction(row, call.now))


def _change(call: Call, act: Callable[[Doc, dict[str, Any], Problems], Doc]) -> tuple[Doc, dict[str, Any]]:
    """Do `act` to the transaction of the path, once per request key. Raises NotFound, Refused."""
    row, params = transactions.need(call), call.part("transaction")
    problems = Problems("transaction", params)
    call.order_id = str(params.get("order_id") or row["order_id"])
    return request_keys.once(call, params, problems, lambda: act(row, params, problems)), params


def submit(call: Call) -> Answer:
    def act(row: Doc, params: dict[str, Any], problems: Problems) -> Doc:
        left = row["cents"] - sum(kept_of(call, row["partial_ids"]))
        cents = asked(params["amount"], problems) if params.get("amount") else left
        if row["status"] != "authorized" or left <= 0:
            problems.add("91507", "base")
        elif cents > left:
            problems.add("91522", "amount")
        sale_rules.check_order_id(params, problems)
        problems.stop()
        order_id = str(params.get("order_id") or row["order_id"])
        return transactions.move(call, row | {"cents": cents}, "submitted_for_settlement", order_id=order_id)

    return found("transaction", transaction(_change(call, act)[0], call.now))


def void(call: Call) -> Answer:
    def act(row: Doc, _params: dict[str, Any], problems: Problems) -> Doc:
        if row["status"] not in VOIDABLE:
            problems.add("91504", "base")
        problems.stop()
        return transactions.move(call, row, "voided")

    return found("transaction", transaction(_change(call, act)[0], call.now))


def update_details(call: Call) -> Answer:
    def act(row: Doc, params: dict[str, Any], problems: Problems) -> Doc:
        cents = asked(params["amount"], problems) if params.get("amount") else row["cents"]
        if row["status"] != "submitted_for_settlement":
            problems.add("915129", "base")
        elif cents > row["cents"]:
            problems.add("91522", "amount")
        sale_rules.check_order_id(params, problems)
        problems.stop()
        order_id = str(params.get("order_id") or row["order_id"])
        return transactions.keep(call, row | {"cents": cents, "order_id": order_id})

    return found("transaction", transaction(_change(call, act)[0], call.now))


def partial(call: Call) -> Answer:
    """Settle a part now: a child sale of its own."""

    def act(row: Doc, params: dict[str, Any], problems: Problems) -> Doc:
        cents = asked(params.get("amount"), problems)
        taken = sum(kept_of(call, row["partial_ids"]))
        if row["type"] != "sale" or row["status"] not in ("authorized", "settlement_pending"):
            problems.add("915103", "base")
        elif cents + taken > row["cents"]:
            problems.add("91522", "amount")
        sale_rules.check_order_id(params, problems)
        problems.stop()
        child = _child(call, row, "sale", cents, judge.APPROVED, str(params.get("order_id") or ""), part_of=row["id"])
        transactions.keep(call, row | {"partial_ids": [*row["partial_ids"], child["id"]]})
        return transactions.move(call, child, "submitted_for_settlement")

    return created("transaction", transaction(_change(call, act)[0], call.now))


def refund(call: Call) -> Answer:
    row, params = _change(call, lambda row, params, problems: _refund(call, row, params, problems))
    return answer(call, row, params)


def _refund(call: Call, row: Doc, params: dict[str, Any], problems: Problems) -> Doc:
    left = row["cents"] - sum(kept_of(call, row["refund_ids"]))
    cents = asked(params["amount"], problems) if params.get("amount") else left
    for code, attribute in _no_refund(row, cents, left):
        problems.add(code, attribute)
    sale_rules.check_order_id(params, problems)
    sale_rules.check_account(params, problems)
    problems.stop()
    verdict = judge.refund(cents)
    child = _child(call, row, "credit", cents, verdict, str(params.get("order_id") or ""), refund_of=row["id"])
    if not verdict.approved:
        return child
    transactions.keep(call, row | {"refund_ids": [*row["refund_ids"], child["id"]]})
    additional = "2046 : Declined" if cents == 2046_00 else None
    return transactions.move(call, child, "submitted_for_settlement", additional=additional)


def _no_refund(row: Doc, cents: int, left: int) -> list[tuple[str, str]]:
    if row["type"] == "credit":
        return [("91505", "base")]
    if row["status"] not in REFUNDABLE:
        return [("91506", "base")]
    if left <= 0:
        return [("91512", "base")]
    return [("91521", "amount")] if cents > left else []


def reverse(call: Call) -> Answer:
    """Void what can be voided, else refund all of it."""

    def act(row: Doc, params: dict[str, Any], problems: Problems) -> Doc:
        if row["status"] in VOIDABLE:
            return transactions.move(call, row, "voided")
        if row["status"] not in REFUNDABLE or row["refund_ids"] or row["type"] == "credit":
            problems.add("915282", "base")
        problems.stop()
        return _refund(call, row, params, problems)

    return answer(call, *_change(call, act))


def kept_of(call: Call, ids: list[str]) -> list[int]:
    """The cents of these transactions, without those that came to nothing."""
    rows = [call.need("transaction", id) for id in ids]
    return [row["cents"] for row in rows if row["status"] not in NOTHING_CAME]


def _child(call: Call, row: Doc, kind: str, cents: int, verdict: judge.Verdict, order_id: str, **kin: str) -> Doc:
    source = Source(row["card"], row["checks"], row["billing"], using=row["created_using"])
    facts = {"account": row["account"], "customer_id": row["customer_id"], "order_id": order_id or row["order_id"]}
    facts |= {name: row[name] for name in ("person", "shipping") if name in row}
    return transactions.new(call, kind, cents, source, verdict, **facts, **kin)


def _simulate(status: str) -> Callable[[Call], Answer]:
    """The calls that exist for tests only: jump to the end of a settlement."""

    def act(call: Call) -> Answer:
        row = transactions.need(call)
        problems = Problems("transaction", {})
        if row["status"] not in SETTLEABLE:
            problems.add("91575", "base")
        problems.stop()
        row = transactions.settle(call, row) if status == "settled" else transactions.move(call, row, status)
        if (row["type"], status) == ("credit", "settlement_declined"):
            webhooks.announce(call.store, "refund_failed", row["id"])
        return found("transaction", transaction(row, call.now))

    return act


settled, confirmed = _simulate("settled"), _simulate("settlement_confirmed")
settlement_declined, settlement_pending = _simulate("settlement_declined"), _simulate("settlement_pending")
