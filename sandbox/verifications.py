"""/verifications: asking the bank about a card without taking money."""

from typing import Any

from sandbox import clock, judge, merchants, sources
from sandbox.call import Answer, Call, created, found, fresh_id, refused
from sandbox.errors import Problems
from sandbox.store import Doc
from sandbox.wire_card import verification


def check(call: Call, card: Doc, checks: dict[str, Any]) -> Doc:
    """Ask, and remember the answer whatever it is."""
    verdict, id = judge.verification(card, checks, call.rules), fresh_id(8)
    row: Doc = {"id": id, "status": verdict.status, "code": verdict.code, "rejection": verdict.rejection}
    row |= {"text": verdict.text, "type": verdict.type, "checks": checks, "card": card}
    return call.put(
        "verification", id, row | {"account": merchants.DEFAULT_ACCOUNT, "created_at": clock.text(call.now)}
    )


def create(call: Call) -> Answer:
    params = call.part("verification")
    problems = Problems("verification", params)
    typed = params.get("credit_card") or {}
    card = sources.typed_card(call, typed, problems, "credit_card")
    problems.stop()
    assert card is not None
    row = check(call, card, judge.checks(card, typed.get("billing_address") or {}, typed.get("cvv"), {}))
    shown = verification(row, call.now)
    if row["status"] == "verified":
        return created("verification", shown)
    return refused(problems.content() | {"message": row["text"], "verification": shown})


def find(call: Call) -> Answer:
    return found("verification", verification(call.need("verification", call.args["id"]), call.now))
