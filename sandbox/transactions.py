"""Transaction rows: made here, changed here, so that every one is complete."""

import hashlib
from datetime import timedelta
from typing import Any

from sandbox import clock, stages
from sandbox.call import Call, NotFound, fresh_id
from sandbox.judge import Verdict
from sandbox.sources import Source
from sandbox.store import Doc

AUTHORIZATION_LIFE = timedelta(days=7)


def new(call: Call, kind: str, cents: int, source: Source, verdict: Verdict, **facts: Any) -> Doc:
    """A transaction with its first status. `facts` are the fields that differ from plain."""
    at, id = clock.text(call.now), fresh_id(8)
    row = {
        "id": id,
        "type": kind,
        "cents": cents,
        "created_at": at,
        "history": [],
        "card": source.card,
        "checks": source.checks,
        "billing": source.billing,
        "created_using": source.using,
        **_judged(call, verdict),
        **_plain(call),
        **facts,
    }
    return move(call, row, verdict.status)


def _judged(call: Call, verdict: Verdict) -> dict[str, Any]:
    approved, declined = verdict.approved, verdict.type not in ("", "approved")
    return {
        "code": verdict.code or None,
        "text": verdict.text or None,
        "response_type": verdict.type,
        "additional": f"{verdict.code} : {verdict.text}" if declined else None,
        "rejection": verdict.rejection,
        "authorization_code": fresh_id(6).upper() if approved else None,
        "expires_at": clock.text(call.now + AUTHORIZATION_LIFE) if approved else None,
    }


def _plain(call: Call) -> dict[str, Any]:
    return {
        "order_id": "",
        "account": "sandbox_credit_card",
        "customer_id": None,
        "person": {},
        "shipping": {},
        "words": {},
        "custom_fields": {},
        "transaction_source": "",
        "refund_ids": [],
        "refund_of": None,
        "disputes": {},
        "partial_ids": [],
        "part_of": None,
        "batch_id": None,
        "settled_at": None,
        "disbursed_on": None,
        "network_id": str(int.from_bytes(fresh_id(6).encode()))[:15],
        "hidden_until": clock.text(call.now + timedelta(seconds=call.lag)) if call.lag else None,
    }


def move(call: Call, row: Doc, status: str, **facts: Any) -> Doc:
    """The next status, remembered in the history."""
    at = clock.text(call.now)
    event = {"at": at, "status": status, "cents": row["cents"]}
    return keep(call, {**row, **facts, "status": status, "history": [*row["history"], event]})


def settle(call: Call, row: Doc) -> Doc:
    """Settled now, in today's batch of its account."""
    day = call.now.date().isoformat()
    mark = hashlib.sha256(f"{call.merchant} {row['account']} {day}".encode()).hexdigest()[:8]
    facts = {"settled_at": clock.text(call.now), "batch_id": f"{day}_{row['account']}_{mark}"}
    return move(call, row, "settled", **facts)


def keep(call: Call, row: Doc) -> Doc:
    return put(call, row | {"updated_at": clock.text(call.now)})


def put(call: Call, row: Doc) -> Doc:
    """Store as it is, to be found by its order id in either case and when its next step is due."""
    call.store.schedule("transaction", call.merchant, row["id"], stages.due_at(row))
    return call.put("transaction", row["id"], row, link=row["order_id"].lower())


def of_order(call: Call, order_id: str) -> list[Doc]:
    return call.all("transaction", order_id.lower())


def need(call: Call) -> Doc:
    """The transaction of the path. Raises NotFound."""
    if (row := call.get("transaction", call.args["id"])) is None:
        raise NotFound(call.args["id"])
    return row
