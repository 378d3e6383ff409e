"""POST /transactions: sales, and credits without a sale."""

from datetime import timedelta
from typing import Any

from sandbox import clock, disputes, judge, merchants, nonces, request_keys, sources, transactions, vault
from sandbox.call import Answer, Call, created, refused
from sandbox.errors import Problems, Refused, echo
from sandbox.judge import Verdict
from sandbox.money import asked
from sandbox.sources import Source
from sandbox.store import Doc
from sandbox.wire_transaction import transaction

SOURCES = (
    "recurring_first", "recurring", "installment_first", "installment", "merchant", "moto", "unscheduled", "estimated",
)  # fmt: skip
DOUBLE_WITHIN = timedelta(seconds=30)


def create(call: Call) -> Answer:
    params = call.part("transaction")
    call.order_id = str(params.get("order_id") or "")
    problems = Problems("transaction", params)
    try:
        row = request_keys.once(call, params, problems, lambda: _make(call, params, problems))
    except Refused:
        if not any(code.startswith("9152") for _, code, _ in problems.found):
            request_keys.remember(call, params, "")
        raise
    return answer(call, row, params)


def answer(call: Call, row: Doc, params: dict[str, Any]) -> Answer:
    """201, or 422 with the transaction when bank or gateway said no."""
    shown = transaction(row, call.now)
    if row["status"] not in ("processor_declined", "failed", "gateway_rejected"):
        return Answer(**{**vars(created("transaction", shown)), "drop": row["card"]["tag"] == "silent"})
    message = f"Gateway Rejected: {row['rejection']}" if row["rejection"] else row["text"]
    no_errors = Problems("transaction", params).content()["errors"]
    echoed = echo({"transaction": params})
    return refused({"errors": no_errors, "params": echoed, "message": message, "transaction": shown})


def _make(call: Call, params: dict[str, Any], problems: Problems) -> Doc:
    cents, source = _read(call, params, problems)
    verdict = _verdict(call, params, cents, source)
    if source.nonce:
        nonces.consume(call, source.nonce)
    source.card = _vaulted(call, params, source, verdict)
    if source.card["tag"] == "silent":
        call.lag = max(call.lag, SILENCE)
    row = transactions.new(call, params["type"], cents, source, verdict, **_facts(params, source))
    options = params.get("options") or {}
    if verdict.approved and source.card["tag"] == "dispute" and params["type"] == "sale":
        return disputes.of_card(call, row)
    if verdict.approved and (options.get("submit_for_settlement") or params["type"] == "credit"):
        row = transactions.move(call, row, "submitted_for_settlement")
    return row


# How long a search misses the sale of a card that never answers: long enough to see the waiting page.
SILENCE = 8.0


def _read(call: Call, params: dict[str, Any], problems: Problems) -> tuple[int, Source]:
    """Amount and card. Raises Refused with everything that is wrong at once."""
    kind = params.get("type")
    if kind not in ("sale", "credit"):
        problems.add("91523" if kind else "91524", "type")
    cents = asked(params.get("amount"), problems)
    _check_words(call, params, problems)
    source = sources.of_sale(call, params, problems)
    problems.stop()
    assert source is not None
    return cents, source


def _check_words(call: Call, params: dict[str, Any], problems: Problems) -> None:
    if len(call.order_id) > 255:
        problems.add("91501", "order_id")
    if params.get("merchant_account_id", merchants.DEFAULT_ACCOUNT) not in merchants.ACCOUNTS:
        problems.add("91513", "merchant_account_id")
    if params.get("transaction_source") not in (None, "", *SOURCES):
        problems.add("915133", "transaction_source")
    if set(params.get("custom_fields") or ()) - set(merchants.CUSTOM_FIELDS):
        problems.add("91526", "custom_fields")
    if (customer := params.get("customer_id")) and call.get("customer", customer) is None:
        problems.add("91510", "customer_id")
    _check_external_vault(params.get("external_vault") or {}, problems)


def _check_external_vault(given: dict[str, Any], problems: Problems) -> None:
    status, previous = given.get("status"), given.get("previous_network_transaction_id")
    if status not in (None, "vaulted", "will_vault"):
        problems.add("915175", "status", "external_vault")
    if previous and status == "will_vault":
        problems.add("915177", "status", "external_vault")
    if previous and not (previous.isdigit() and len(previous) == 15):
        problems.add("915179", "previous_network_transaction_id", "external_vault")


def _verdict(call: Call, params: dict[str, Any], cents: int, source: Source) -> Verdict:
    if params["type"] == "credit":
        return judge.refund(cents)
    if call.rules["duplicate_checking"] and _is_double(call, cents, source.card):
        return judge.rejected("duplicate")
    return judge.sale(cents, source.card, source.checks, call.rules)


def _is_double(call: Call, cents: int, card: Doc) -> bool:
    """Same amount, order id and card within 30 seconds of a success."""
    since = call.now - DOUBLE_WITHIN
    return any(
        row["cents"] == cents
        and row["card"]["fingerprint"] == card["fingerprint"]
        and row["response_type"] == "approved"
        and clock.read(row["created_at"]) >= since
        for row in transactions.of_order(call, call.order_id)
    )


def _vaulted(call: Call, params: dict[str, Any], source: Source, verdict: Verdict) -> Doc:
    """The card, kept when the sale asked for it; without a customer a new one is made."""
    options = params.get("options") or {}
    wanted = options.get("store_in_vault") or (verdict.approved and options.get("store_in_vault_on_success"))
    if not wanted or source.card.get("token"):
        return source.card
    customer_id = params.get("customer_id") or vault.new_customer(call)["id"]
    return vault.keep(call, customer_id, source.card, source.billing)


def _facts(params: dict[str, Any], source: Source) -> dict[str, Any]:
    return {
        "order_id": str(params.get("order_id") or ""),
        "account": params.get("merchant_account_id") or merchants.DEFAULT_ACCOUNT,
        "customer_id": source.card.get("customer_id") or params.get("customer_id"),
        "custom_fields": params.get("custom_fields") or {},
        "transaction_source": params.get("transaction_source") or "",
    }
