"""A card on its way into the vault: read, checked with the bank, kept."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox import addresses, judge, merchants, nonces, sources, vault, verifications
from sandbox.call import Call
from sandbox.errors import Problems, Refused
from sandbox.money import limited
from sandbox.sources import Source
from sandbox.store import Doc
from sandbox.wire_card import verification


@dataclass
class Incoming:
    """What came with a card. `inner` is where the request has it, for errors found later."""

    card: Doc
    checks: dict[str, Any]
    billing: dict[str, Any]
    nonce: Doc | None = None
    token: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    inner: tuple[str, ...] = ()


def of_customer(call: Call, params: dict[str, Any], problems: Problems) -> Incoming | None:
    """The card of a customer request, if it brings one."""
    nonce = {name: params[name] for name in ("payment_method_nonce",) if params.get(name)}
    given = {**nonce, **params.get("credit_card", {})}
    return read(call, given, problems, "credit_card") if given else None


def read(call: Call, params: dict[str, Any], problems: Problems, *inner: str, owner: str = "") -> Incoming | None:
    """A card by nonce or number; None after adding what is wrong to `problems`."""
    token, options = params.get("token") or "", params.get("options") or {}
    check_token(call, token, problems, *inner)
    check_options(options, problems, *inner, "options")
    billing = billing_of(call, params, problems, *inner, owner=owner)
    if value := params.get("payment_method_nonce"):
        return _from_nonce(call, value, Incoming({}, {}, billing, None, token, options, inner), problems)
    card = sources.typed_card(call, params, problems, *inner)
    checks = judge.checks(card, billing, params.get("cvv"), {}) if card else {}
    return Incoming(card, checks, billing, None, token, options, inner) if card else None


def _from_nonce(call: Call, value: str, incoming: Incoming, problems: Problems) -> Incoming | None:
    row = nonces.usable(call, value)
    if isinstance(row, str):
        problems.add("91731" if row == nonces.CONSUMED else "91732", "payment_method_nonce", *incoming.inner)
        return None
    if row["card"]["tag"] == "luhn":
        problems.add("81715", "number", *incoming.inner)
        return None
    incoming.card, incoming.checks, incoming.nonce = row["card"], row["checks"], row
    incoming.billing = {**row["billing"], **incoming.billing}
    return incoming


def billing_of(call: Call, params: dict[str, Any], problems: Problems, *inner: str, owner: str = "") -> dict[str, Any]:
    """The billing address that is given, or the owner's that is named."""
    if id := params.get("billing_address_id"):
        if row := addresses.look(call, owner, id):
            return row
        problems.add("91702", "billing_address_id", *inner)
    return addresses.read(params.get("billing_address") or {}, problems, *inner, "billing_address")


def check_token(call: Call, token: str, problems: Problems, *inner: str) -> None:
    for broken, code in (
        (len(token) > 36, "91720"),
        (not re.fullmatch(r"[A-Za-z0-9_-]*", token), "91718"),
        (token in ("all", "new"), "91721"),
        (bool(token) and call.get("card", token) is not None, "91719"),
    ):
        if broken:
            problems.add(code, "token", *inner)


def check_options(options: dict[str, Any], problems: Problems, *inner: str) -> None:
    """How much the bank is asked about, and through which account."""
    codes = {"format": "91740", "negative": "91739", "large": "91752"}
    limited(options.get("verification_amount"), codes, problems, "verification_amount", *inner)
    if options.get("verification_merchant_account_id", merchants.DEFAULT_ACCOUNT) not in merchants.ACCOUNTS:
        problems.add("91728", "verification_merchant_account_id", *inner)


def vet(call: Call, customer_id: str, incoming: Incoming, problems: Problems) -> Doc | None:
    """Doubles and, when asked, the bank's opinion. Raises Refused, and then nothing is kept."""
    _refuse_doubles(call, customer_id, incoming, problems)
    if incoming.nonce:
        nonces.consume(call, incoming.nonce)
    if not incoming.options.get("verify_card"):
        return None
    checked = verifications.of_vault(call, customer_id, source_of(incoming), incoming.options)
    if checked["status"] != "verified":
        raise Refused(refusal(call, checked, problems))
    return checked


def source_of(incoming: Incoming) -> Source:
    return Source(incoming.card, incoming.checks, incoming.billing)


def refusal(call: Call, checked: Doc, problems: Problems) -> dict[str, Any]:
    """What is answered when the bank, or a rule of the merchant, does not like a card."""
    message = f"Gateway Rejected: {checked['rejection']}" if checked["rejection"] else checked["text"]
    return problems.content() | {"message": message, "verification": verification(checked, call.now)}


def _refuse_doubles(call: Call, customer_id: str, incoming: Incoming, problems: Problems) -> None:
    options = incoming.options
    if options.get("fail_on_duplicate_payment_method") and vault.same_card(call, incoming.card):
        problems.add("81724", "number", *incoming.inner)
    own = bool(customer_id) and vault.same_card(call, incoming.card, customer_id)
    if options.get("fail_on_duplicate_payment_method_for_customer") and own:
        problems.add("81763", "number", *incoming.inner)
    problems.stop()


def keep(call: Call, customer_id: str, incoming: Incoming, checked: Doc | None) -> Doc:
    """Into the vault, with the check that was made of it."""
    default = bool(incoming.options.get("make_default"))
    card = vault.keep(call, customer_id, incoming.card, incoming.billing, incoming.token, default)
    if checked:
        verifications.attach(call, checked, card)
    return card


def store(call: Call, customer_id: str, incoming: Incoming, problems: Problems) -> Doc:
    """Vetted and kept. Raises Refused, and then nothing is kept."""
    return keep(call, customer_id, incoming, vet(call, customer_id, incoming, problems))
