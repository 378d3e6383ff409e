"""/verifications: asking the bank about a card without taking money."""

from typing import Any

from sandbox import addresses, clock, judge, merchants, nonces, sources
from sandbox.call import Answer, Call, created, found, fresh_id, refused
from sandbox.errors import Problems
from sandbox.money import cents, limited
from sandbox.sources import Source
from sandbox.store import Doc
from sandbox.wire_card import verification

AMOUNT = {"negative": "94201", "format": "94202", "large": "94207"}


def check(call: Call, source: Source, amount: int = 0, account: str = "", **facts: Any) -> Doc:
    """Ask, and remember the answer whatever it is."""
    verdict, id = judge.verification(amount, source.card, source.checks, call.rules), fresh_id(8)
    row: Doc = {"id": id, "status": verdict.status, "code": verdict.code, "rejection": verdict.rejection}
    row |= {"text": verdict.text, "type": verdict.type, "checks": source.checks, "card": source.card}
    row |= {"billing": source.billing, "cents": amount, "account": account or merchants.DEFAULT_ACCOUNT, **facts}
    return call.put("verification", id, row | {"created_at": clock.text(call.now)})


def of_vault(call: Call, customer_id: str, source: Source, options: dict[str, Any]) -> Doc:
    """Ask about a card that is to be kept."""
    amount = cents(str(options.get("verification_amount") or "0"))
    account = str(options.get("verification_merchant_account_id") or "")
    return check(call, source, amount, account, customer_id=customer_id)


def attach(call: Call, row: Doc, card: Doc) -> None:
    """The check belongs to this card of the vault from now on."""
    call.put("verification", row["id"], row | {"card": card, "customer_id": card["customer_id"]}, link=card["token"])


def create(call: Call) -> Answer:
    params = call.part("verification")
    problems = Problems("verification", params)
    options = params.get("options") or {}
    amount = limited(options.get("amount"), AMOUNT, problems, "amount", "options")
    account = options.get("merchant_account_id") or merchants.DEFAULT_ACCOUNT
    if account not in merchants.ACCOUNTS:
        problems.add("94204", "merchant_account_id", "options")
    source = _source(call, params, problems)
    problems.stop()
    assert source is not None
    return _answer(call, check(call, source, amount, account), problems)


def _source(call: Call, params: dict[str, Any], problems: Problems) -> Source | None:
    if params.get("payment_method_nonce"):
        source = sources.from_nonce(call, params, problems)
        if source and source.nonce:
            nonces.consume(call, source.nonce)
        return source
    typed = params.get("credit_card") or {}
    billing = addresses.read(typed.get("billing_address") or {}, problems, "credit_card", "billing_address")
    card = sources.typed_card(call, typed, problems, "credit_card")
    return Source(card, judge.checks(card, billing, typed.get("cvv"), {}), billing) if card else None


def _answer(call: Call, row: Doc, problems: Problems) -> Answer:
    shown = verification(row, call.now)
    if row["status"] == "verified":
        return created("verification", shown)
    message = f"Gateway Rejected: {row['rejection']}" if row["rejection"] else row["text"]
    return refused(problems.content() | {"message": message, "verification": shown})


def find(call: Call) -> Answer:
    return found("verification", verification(call.need("verification", call.args["id"]), call.now))
