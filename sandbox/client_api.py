"""What a page in the browser calls: configuration and tokenising, by REST and by GraphQL."""

import json
from typing import Any

from sandbox import cards, client_token, incoming, judge, nonces, shapes, sources
from sandbox.call import Answer, Call
from sandbox.errors import Problems, Refused, sentence
from sandbox.store import Doc

JSON = "application/json; charset=utf-8"
BRAND_CODES = {
    "Visa": "VISA",
    "MasterCard": "MASTERCARD",
    "American Express": "AMERICAN_EXPRESS",
    "Discover": "DISCOVER",
    "JCB": "JCB",
    "Diners Club": "DINERS",
    "Maestro": "INTERNATIONAL_MAESTRO",
}
FIELDS = {"expiration_date": "expirationDate", "number": "number", "cvv": "cvv"}


class BadFingerprint(Exception):
    """Forged, expired or missing."""


def as_json(content: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(content).encode(), JSON)


def _scope(call: Call, given: Any) -> dict[str, Any]:
    """Raises BadFingerprint."""
    scope = client_token.scope_of(call, str(given or ""))
    if scope is None:
        raise BadFingerprint
    call.merchant, call.browser = scope["merchant"], True
    return scope


def unauthorized() -> Answer:
    return as_json({"error": {"message": "Authentication credentials are invalid."}}, 401)


def configuration(call: Call) -> Answer:
    _scope(call, call.query.get("authorizationFingerprint") or call.query.get("authorization_fingerprint"))
    return as_json(client_token.configuration(call))


def stored_methods(call: Call) -> Answer:
    """GET payment_methods: nothing is shown before the client agreed to anything."""
    _scope(call, call.query.get("authorizationFingerprint") or call.query.get("authorization_fingerprint"))
    return as_json({"paymentMethods": []})


def tokenize_rest(call: Call) -> Answer:
    scope = _scope(call, call.params.get("authorization_fingerprint"))
    given = call.part("credit_card")
    validate = (given.get("options") or {}).get("validate", True)
    try:
        row = _tokenize(call, scope, given, validate)
    except Refused as refused:
        return as_json({"error": {"message": "Credit card is invalid"}, "fieldErrors": _field_errors(refused)}, 422)
    return as_json({"creditCards": [_rest_card(row)]}, 201 if validate else 202)


def _tokenize(call: Call, scope: dict[str, Any], given: dict[str, Any], validate: bool) -> Doc:
    """A nonce for a typed card; with a customer's token and validation, vaulted first. Raises Refused."""
    problems = Problems("credit_card", given)
    card = sources.typed_card(call, given, problems)
    problems.stop()
    assert card is not None
    billing = given.get("billing_address") or {}
    checks = judge.checks(card, billing, given.get("cvv"), {})
    if validate and scope["customer"]:
        kept = incoming.Incoming(card, checks, billing, options=scope["options"])
        card = incoming.store(call, scope["customer"], kept, problems)
    return nonces.issue(call, card, checks, billing)


def _found(refused: Refused) -> list[dict[str, str]]:
    return list(refused.content["errors"]["credit_card"]["errors"].items)


def _field_errors(refused: Refused) -> list[dict[str, Any]]:
    errors = [{"field": FIELDS[row["attribute"]], **_code(row)} for row in _found(refused)]
    return [{"field": "creditCard", "fieldErrors": errors}]


def _code(row: dict[str, str]) -> dict[str, str]:
    return {"code": row["code"], "message": sentence(row["code"])}


def _rest_card(row: Doc) -> dict[str, Any]:
    card = row["card"]
    return {
        "type": "CreditCard",
        "nonce": row["nonce"],
        "description": f"ending in {card['last4'][-2:]}",
        "default": False,
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
        "binData": {_camel(name): value for name, value in cards.flags(card).items()},
    }


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def graphql(call: Call) -> Answer:
    """By operation name; the library's query text is not read."""
    operation = call.params.get("operation_name")
    try:
        scope = _scope(call, call.args.get("bearer"))
    except BadFingerprint:
        return _graphql_error("Invalid credentials.", {"errorClass": "AUTHENTICATION"})
    if operation == "ClientConfiguration":
        return as_json({"data": {"clientConfiguration": _graphql_configuration(call)}})
    if operation == "TokenizeCreditCard":
        return _graphql_tokenize(call, scope)
    return _graphql_error("Unknown operation.", {"errorClass": "VALIDATION"})


def _graphql_error(message: str, extensions: dict[str, Any], **where: Any) -> Answer:
    return as_json({"data": None, "errors": [{"message": message, **where, "extensions": extensions}]})


def _graphql_configuration(call: Call) -> dict[str, Any]:
    return {
        "analyticsUrl": f"{client_token.host(call)}/client-analytics/{call.merchant}",
        "environment": "SANDBOX",
        "merchantId": call.merchant,
        "assetsUrl": "https://assets.braintreegateway.com",
        "clientApiUrl": client_token.api_url(call),
        "creditCard": {
            "supportedCardBrands": ["VISA", "MASTERCARD", "DISCOVER", "AMERICAN_EXPRESS"],
            "challenges": ["CVV"],
            "threeDSecureEnabled": False,
            "threeDSecure": None,
        },
        "supportedFeatures": ["TOKENIZE_CREDIT_CARDS"],
    }


def _graphql_tokenize(call: Call, scope: dict[str, Any]) -> Answer:
    given = shapes.section(call.part("variables").get("input"))
    try:
        validate = bool((given.get("options") or {}).get("validate"))
        row = _tokenize(call, scope, given.get("credit_card") or {}, validate)
    except Refused as refused:
        first = _found(refused)[0]
        where = ["input", "creditCard", FIELDS[first["attribute"]]]
        extensions = {"errorClass": "VALIDATION", "errorType": "user_error", "legacyCode": first["code"]}
        return _graphql_error(sentence(first["code"]), extensions | {"inputPath": where}, path=["tokenizeCreditCard"])
    data = {"token": row["nonce"], "creditCard": _graphql_card(row["card"])}
    return as_json({"data": {"tokenizeCreditCard": data}, "extensions": {"requestId": row["nonce"][-3:]}})


def _graphql_card(card: Doc) -> dict[str, Any]:
    indicators = ("prepaid", "healthcare", "debit", "durbin_regulated", "commercial", "payroll")
    rest = ("issuing_bank", "country_of_issuance", "product_id", "business", "consumer", "purchase", "corporate")
    known = {_camel(name): card["flags"].get(name, "Unknown").upper() for name in indicators}
    return {
        "bin": card["bin8"][:6],
        "brandCode": BRAND_CODES.get(card["brand"], "UNKNOWN"),
        "last4": card["last4"],
        "cardholderName": card["cardholder_name"],
        "expirationMonth": card["month"],
        "expirationYear": card["year"],
        "binData": known | {_camel(name): card["flags"].get(name) for name in rest},
    }
