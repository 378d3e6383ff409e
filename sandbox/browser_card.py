"""A card typed into a page: who the page is, and the nonce it gets, or what is wrong with each field."""

from typing import Any

from sandbox import addresses, client_token, incoming, judge, nonces, sources
from sandbox.call import Call
from sandbox.errors import Problems, Refused, sentence
from sandbox.store import Doc

# Which field a rule of the merchant rejects, and the number for it.
REJECTED: dict[str, list[tuple[tuple[str, ...], str]]] = {
    "cvv": [(("cvv",), "81736")],
    "avs": [(("billing_address", "postal_code"), "81737")],
    "avs_and_cvv": [(("cvv",), "81736"), (("billing_address", "postal_code"), "81737")],
}


class BadFingerprint(Exception):
    """Forged, expired or missing."""


class NotAllowed(Exception):
    """The customer the fingerprint was made for is gone."""


class CardRefused(Exception):
    """`fields` are the ways to the fields of the card that are wrong, each with its error number."""

    def __init__(self, message: str, fields: list[tuple[tuple[str, ...], str]]) -> None:
        super().__init__(message)
        self.fields = fields


def scope_of(call: Call, given: Any) -> dict[str, Any]:
    """Merchant, customer, options and account of a fingerprint; the call is that merchant's from here on.

    Raises BadFingerprint, NotAllowed.
    """
    scope = client_token.scope_of(call, str(given or ""))
    if scope is None or scope["merchant"] != call.args.get("merchant", scope["merchant"]):
        raise BadFingerprint
    call.merchant = scope["merchant"]
    if scope["customer"] and call.get("customer", scope["customer"]) is None:
        raise NotAllowed
    return scope


def tokenize(call: Call, scope: dict[str, Any], given: dict[str, Any], validate: bool) -> Doc:
    """A nonce for a typed card; with a customer's token and validation, vaulted first. Raises CardRefused."""
    problems = Problems("credit_card", given)
    card = sources.typed_card(call, given, problems)
    billing = addresses.read(given.get("billing_address") or {}, problems, "billing_address")
    if problems or card is None:
        raise _refusal(problems)
    checks = judge.checks(card, billing, given.get("cvv"), {})
    if validate and scope["customer"]:
        card = _kept(call, scope, incoming.Incoming(card, checks, billing, options=scope["options"]), problems)
    return nonces.issue(call, card, checks, billing)


def _kept(call: Call, scope: dict[str, Any], card: incoming.Incoming, problems: Problems) -> Doc:
    try:
        return incoming.store(call, scope["customer"], card, problems)
    except Refused as refused:
        if problems:
            raise _refusal(problems) from None
        reason = str(refused.content["verification"]["gateway_rejection_reason"])
        raise CardRefused(refused.content["message"], REJECTED.get(reason, [])) from None


def _refusal(problems: Problems) -> CardRefused:
    fields = [((*path[1:], attribute), code) for path, code, attribute in problems.found]
    return CardRefused(sentence(fields[0][1]), fields)


def camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
