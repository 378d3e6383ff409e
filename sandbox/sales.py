"""POST /transactions: sales, and credits without a sale."""

from datetime import timedelta
from typing import Any

from sandbox import (
    addresses,
    clock,
    customers,
    disputes,
    incoming,
    judge,
    merchants,
    nonces,
    request_keys,
    sale_rules,
    sources,
    transactions,
    vault,
)
from sandbox.call import Answer, Call, created, refused
from sandbox.errors import Problems, echo
from sandbox.judge import Verdict
from sandbox.money import asked
from sandbox.sources import Source
from sandbox.store import Doc
from sandbox.wire_transaction import transaction

DOUBLE_WITHIN = timedelta(seconds=30)
# Kept and shown, and nothing else is done with them.
WORDS = (
    "channel", "purchase_order_number", "tax_amount", "tax_exempt", "discount_amount", "shipping_amount",
    "shipping_tax_amount", "ships_from_postal_code", "descriptor",
)  # fmt: skip


def create(call: Call) -> Answer:
    params = call.part("transaction")
    call.order_id = str(params.get("order_id") or "")
    problems = Problems("transaction", params)
    return answer(call, request_keys.once(call, params, problems, lambda: _make(call, params, problems)), params)


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
    cents, source, shipping = _read(call, params, problems)
    verdict = _verdict(call, params, cents, source)
    if verdict.approved and cents == judge.PARTLY_ASKED and params.get("accept_partial_authorization") == "true":
        cents, verdict = cents // 2, judge.PARTLY
    if source.nonce:
        nonces.consume(call, source.nonce)
    source.card = _vaulted(call, params, source, shipping, verdict)
    if source.card["tag"] == "silent":
        call.lag = max(call.lag, SILENCE)
    row = transactions.new(call, params["type"], cents, source, verdict, **_facts(call, params, source, shipping))
    options = params.get("options") or {}
    if verdict.approved and source.card["tag"] == "dispute" and params["type"] == "sale":
        return disputes.of_card(call, row)
    if verdict.approved and (options.get("submit_for_settlement") or params["type"] == "credit"):
        row = transactions.move(call, row, "submitted_for_settlement")
    return row


# How long a search misses the sale of a card that never answers: long enough to see the waiting page.
SILENCE = 8.0


def _read(call: Call, params: dict[str, Any], problems: Problems) -> tuple[int, Source, dict[str, Any]]:
    """Amount, card and shipping address. Raises Refused with everything that is wrong at once."""
    cents = asked(params.get("amount"), problems)
    sale_rules.check(call, params, problems)
    source = sources.of_sale(call, params, problems)
    shipping = _shipping(call, params, problems)
    incoming.check_token(call, (params.get("credit_card") or {}).get("token") or "", problems, "credit_card")
    problems.stop()
    assert source is not None
    return cents, source, shipping


def _shipping(call: Call, params: dict[str, Any], problems: Problems) -> dict[str, Any]:
    if id := params.get("shipping_address_id"):
        return addresses.look(call, params.get("customer_id") or "", id) or {}
    given = params.get("shipping") or {}
    method = {name: given[name] for name in ("shipping_method",) if given.get(name)}
    return addresses.read(given, problems, "shipping") | method


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
        and row["status"] != "gateway_rejected"
        and row["card"]["fingerprint"] == card["fingerprint"]
        and row["response_type"] == "approved"
        and clock.read(row["created_at"]) >= since
        for row in transactions.of_order(call, call.order_id)
    )


def _vaulted(call: Call, params: dict[str, Any], source: Source, shipping: dict[str, Any], verdict: Verdict) -> Doc:
    """The card, kept when the sale asked for it; without a customer a new one is made."""
    options, person = params.get("options") or {}, params.get("customer") or {}
    if not (options.get("store_in_vault") or (verdict.approved and options.get("store_in_vault_on_success"))):
        return source.card
    card, billing = source.card, _billing_to_keep(options, source)
    if not card.get("token"):
        words = customers.facts(person)
        customer_id = params.get("customer_id") or vault.new_customer(call, person.get("id") or "", **words)["id"]
        card = vault.keep(call, customer_id, card, billing, (params.get("credit_card") or {}).get("token") or "")
    elif billing:
        card = vault.save(call, card | {"billing": vault.entered(call, card["customer_id"], billing)})
    if shipping and options.get("store_shipping_address_in_vault"):
        vault.entered(call, card["customer_id"], shipping)
    return card


def _billing_to_keep(options: dict[str, Any], source: Source) -> dict[str, Any]:
    """What was typed into the card fields; the sale's own billing address only when it says so."""
    if options.get("add_billing_address_to_payment_method"):
        return source.billing
    return source.nonce["billing"] if source.nonce and not source.card.get("token") else {}


def _facts(call: Call, params: dict[str, Any], source: Source, shipping: dict[str, Any]) -> dict[str, Any]:
    owner = source.card.get("customer_id") or params.get("customer_id")
    known = call.get("customer", owner) if owner else None
    return {
        "order_id": call.order_id,
        "account": params.get("merchant_account_id") or merchants.DEFAULT_ACCOUNT,
        "customer_id": owner,
        "person": customers.facts(known or params.get("customer") or {}),
        "shipping": shipping,
        "words": {name: params[name] for name in WORDS if params.get(name)},
        "custom_fields": params.get("custom_fields") or {},
        "transaction_source": params.get("transaction_source") or "",
    }
