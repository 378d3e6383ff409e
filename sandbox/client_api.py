"""What a page in the browser calls by REST: configuration, stored cards and tokenising."""

import json
from typing import Any

from sandbox import browser_card, cards, client_token, nonces, vault
from sandbox.browser_card import BadFingerprint, CardRefused, NotAllowed, camel
from sandbox.call import Answer, Call
from sandbox.errors import sentence
from sandbox.store import Doc

JSON = "application/json; charset=utf-8"
UNKNOWN_CALLER = (BadFingerprint, NotAllowed)


def as_json(content: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode(), JSON)


def unauthorized() -> Answer:
    return as_json({"error": {"message": "Authentication credentials are invalid."}}, 401)


def _asking(call: Call) -> dict[str, Any]:
    """The scope of a GET request. Raises BadFingerprint, NotAllowed."""
    either = call.query.get("authorizationFingerprint") or call.query.get("authorization_fingerprint")
    return browser_card.scope_of(call, either)


def configuration(call: Call) -> Answer:
    return as_json(client_token.configuration(call, _asking(call)["account"]))


def stored_methods(call: Call) -> Answer:
    """The cards of the customer a token was made for, each as a nonce; nobody's without one."""
    customer = _asking(call)["customer"]
    held = vault.held(call, customer) if customer else []
    rows = [nonces.issue(call, card, vault.checks_of(card), card["billing"]) for card in held]
    return as_json({"paymentMethods": [_card(row) for row in rows]})


def tokenize(call: Call) -> Answer:
    scope, given = browser_card.scope_of(call, call.params.get("authorization_fingerprint")), call.part("credit_card")
    validate = bool((given.get("options") or {}).get("validate", True))
    try:
        row = browser_card.tokenize(call, scope, given, validate)
    except CardRefused as refused:
        return as_json({"error": {"message": "Credit card is invalid"}, "fieldErrors": _field_errors(refused)}, 422)
    return as_json({"creditCards": [_card(row)]}, 201 if validate else 202)


def _field_errors(refused: CardRefused) -> list[dict[str, Any]]:
    """Nested like the card itself."""
    tree: dict[str, Any] = {"fieldErrors": []}
    for path, code in refused.fields:
        node = tree
        for step in ("credit_card", *path[:-1]):
            node = _below(node, camel(step))
        node["fieldErrors"].append({"field": camel(path[-1]), "code": code, "message": sentence(code)})
    errors: list[dict[str, Any]] = tree["fieldErrors"]
    return errors


def _below(node: dict[str, Any], field: str) -> dict[str, Any]:
    for row in node["fieldErrors"]:
        if row["field"] == field and "fieldErrors" in row:
            found: dict[str, Any] = row
            return found
    made: dict[str, Any] = {"field": field, "fieldErrors": []}
    node["fieldErrors"].append(made)
    return made


def _card(row: Doc) -> dict[str, Any]:
    card = row["card"]
    return {
        "type": "CreditCard",
        "nonce": row["nonce"],
        "description": f"ending in {card['last4'][-2:]}",
        "default": card.get("default", False),
        "isLocked": False,
        "securityQuestions": ["cvv"],
        "consumed": False,
        "threeDSecureInfo": None,
        "hasSubscription": False,
        "details": {
            "bin": card["bin8"][:6],
            "cardType": card["brand"],
            "lastTwo": card["last4"][-2:],
            "lastFour": card["last4"],
            "cardholderName": card["cardholder_name"],
            "expirationMonth": card["month"],
            "expirationYear": card["year"],
        },
        "binData": {camel(name): value for name, value in cards.flags(card).items()},
    }
