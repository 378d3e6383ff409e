"""/payment_methods: keep, find, change, forget cards; and the checks before keeping one."""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox import judge, nonces, sources, vault, verifications
from sandbox.call import Answer, Call, NotFound, created, found
from sandbox.errors import Problems, Refused
from sandbox.store import Doc
from sandbox.wire_card import nonce as shown_nonce
from sandbox.wire_card import vaulted, verification


@dataclass
class Incoming:
    """A card on its way into the vault."""

    card: Doc
    checks: dict[str, Any]
    billing: dict[str, Any]
    nonce: Doc | None = None
    token: str = ""
    options: dict[str, Any] = field(default_factory=dict)


def card_of(call: Call, params: dict[str, Any], problems: Problems, root: str) -> Incoming | None:
    """The card of a customer request, if it brings one."""
    nested = params.get("credit_card")
    if isinstance(nested, dict):
        return read(call, nested, problems, "credit_card")
    if params.get("payment_method_nonce"):
        return read(call, {"payment_method_nonce": params["payment_method_nonce"]}, problems, "credit_card")
    return None


def read(call: Call, params: dict[str, Any], problems: Problems, *inner: str) -> Incoming | None:
    """A card by nonce or number; None after adding what is wrong to `problems`."""
    billing = params.get("billing_address") or {}
    token, options = params.get("token") or "", params.get("options") or {}
    _check_token(call, token, problems, *inner)
    if value := params.get("payment_method_nonce"):
        row = nonces.usable(call, value)
        if isinstance(row, str):
            problems.add("91731" if row == nonces.CONSUMED else "91732", "payment_method_nonce", *inner)
            return None
        if row["card"]["tag"] == "luhn":
            problems.add("81715", "number", *inner)
            return None
        return Incoming(row["card"], row["checks"], {**row["billing"], **billing}, row, token, options)
    card = sources.typed_card(call, params, problems, *inner)
    checks = judge.checks(card, billing, params.get("cvv"), {}) if card else {}
    return Incoming(card, checks, billing, None, token, options) if card else None


def _check_token(call: Call, token: str, problems: Problems, *inner: str) -> None:
    for broken, code in (
        (len(token) > 36, "91720"),
        (not re.fullmatch(r"[A-Za-z0-9_-]*", token), "91718"),
        (token in ("all", "new"), "91721"),
        (bool(token) and call.get("card", token) is not None, "91719"),
    ):
        if broken:
            problems.add(code, "token", *inner)


def store(call: Call, customer_id: str, incoming: Incoming, problems: Problems) -> Doc:
    """Check with the bank when asked, then keep. Raises Refused, and then nothing is kept."""
    options = incoming.options
    _refuse_doubles(call, customer_id, incoming, problems)
    if incoming.nonce:
        nonces.consume(call, incoming.nonce)
    checked = verifications.check(call, incoming.card, incoming.checks) if options.get("verify_card") else None
    if checked and checked["status"] != "verified":
        raise Refused(_failed(call, checked, problems))
    default = bool(options.get("make_default"))
    return vault.keep(call, customer_id, incoming.card, incoming.billing, incoming.token, default)


def _failed(call: Call, checked: Doc, problems: Problems) -> dict[str, Any]:
    message = f"Gateway Rejected: {checked['rejection']}" if checked["rejection"] else checked["text"]
    return problems.content() | {"message": message, "verification": verification(checked, call.now)}


def _refuse_doubles(call: Call, customer_id: str, incoming: Incoming, problems: Problems) -> None:
    options = incoming.options
    if options.get("fail_on_duplicate_payment_method") and vault.same_card(call, incoming.card):
        problems.add("81724", "number")
    own = vault.same_card(call, incoming.card, customer_id)
    if options.get("fail_on_duplicate_payment_method_for_customer") and own:
        problems.add("81763", "number")
    problems.stop()


def create(call: Call) -> Answer:
    params = call.part("payment_method") or call.part("credit_card")
    problems = Problems("credit_card", params)
    customer_id = params.get("customer_id") or ""
    if not customer_id:
        problems.add("91704", "customer_id")
    elif call.get("customer", customer_id) is None:
        problems.add("91705", "customer_id")
    incoming = read(call, params, problems)
    problems.stop()
    assert incoming is not None
    return created("credit_card", vaulted(store(call, customer_id, incoming, problems), call.now))


def find(call: Call) -> Answer:
    return found("credit_card", vaulted(call.need("card", call.args["token"]), call.now))


def update(call: Call) -> Answer:
    """New details keep the token."""
    card = call.need("card", call.args["token"])
    params = call.part("payment_method") or call.part("credit_card")
    problems = Problems("credit_card", params)
    if params.get("number") or params.get("payment_method_nonce"):
        card = _renewed(call, card, params, problems)
    if (params.get("options") or {}).get("make_default"):
        card = vault.make_default(call, card)
    return found("credit_card", vaulted(card, call.now))


def _renewed(call: Call, card: Doc, params: dict[str, Any], problems: Problems) -> Doc:
    incoming = read(call, {name: value for name, value in params.items() if name != "token"}, problems)
    problems.stop()
    assert incoming is not None
    if incoming.nonce:
        nonces.consume(call, incoming.nonce)
    return vault.save(call, {**card, **incoming.card, "billing": incoming.billing or card["billing"]})


def delete(call: Call) -> Answer:
    vault.forget(call, call.need("card", call.args["token"]))
    return Answer()


def new_nonce(call: Call) -> Answer:
    card = call.need("card", call.args["token"])
    row = nonces.issue(call, card, vault.checks_of(card), card["billing"])
    return created("payment_method_nonce", shown_nonce(row))


def find_nonce(call: Call) -> Answer:
    if (row := nonces.look(call, call.args["nonce"])) is None:
        raise NotFound(call.args["nonce"])
    return found("payment_method_nonce", shown_nonce(row))


def from_nonce(call: Call) -> Answer:
    """The vaulted card a nonce stands for; consumed ones are gone."""
    row = nonces.usable(call, call.args["nonce"])
    if isinstance(row, str) or not row["card"].get("token"):
        raise NotFound(call.args["nonce"])
    return found("credit_card", vaulted(call.need("card", row["card"]["token"]), call.now))
