"""What a page in the browser calls by GraphQL, by operation name; the library's query text is not read."""

from typing import Any

from sandbox import browser_card, client_token, shapes
from sandbox.browser_card import BadFingerprint, CardRefused, NotAllowed, camel
from sandbox.call import Answer, Call
from sandbox.client_api import as_json
from sandbox.store import Doc

BRAND_CODES = {
    "Visa": "VISA",
    "MasterCard": "MASTERCARD",
    "American Express": "AMERICAN_EXPRESS",
    "Discover": "DISCOVER",
    "JCB": "JCB",
    "Diners Club": "DINERS",
    "Maestro": "INTERNATIONAL_MAESTRO",
    "UnionPay": "UNION_PAY",
    "Elo": "ELO",
    "Hiper": "HIPER",
    "Hipercard": "HIPERCARD",
}


def answer(call: Call) -> Answer:
    try:
        scope = browser_card.scope_of(call, call.args.get("bearer"))
    except BadFingerprint:
        return _error("Invalid credentials.", {"errorClass": "AUTHENTICATION"})
    except NotAllowed:
        return _error("The customer is gone.", {"errorClass": "AUTHORIZATION"})
    operation = call.params.get("operation_name")
    if operation == "ClientConfiguration":
        return as_json({"data": {"clientConfiguration": _configuration(call)}})
    if operation == "TokenizeCreditCard":
        return _tokenize(call, scope)
    return _error("Unknown operation.", {"errorClass": "VALIDATION"})


def _error(message: str, extensions: dict[str, Any], **where: Any) -> Answer:
    return as_json({"data": None, "errors": [{"message": message, **where, "extensions": extensions}]})


def _configuration(call: Call) -> dict[str, Any]:
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


def _tokenize(call: Call, scope: dict[str, Any]) -> Answer:
    given = shapes.section(call.part("variables").get("input"))
    validate = bool((given.get("options") or {}).get("validate"))
    try:
        row = browser_card.tokenize(call, scope, given.get("credit_card") or {}, validate)
    except CardRefused as refused:
        where = {"path": ["tokenizeCreditCard"]}
        return _error(str(refused), {"errorClass": "VALIDATION", "errorType": "user_error", **_first(refused)}, **where)
    data = {"token": row["nonce"], "creditCard": _card(row["card"])}
    return as_json({"data": {"tokenizeCreditCard": data}, "extensions": {"requestId": row["nonce"][-3:]}})


def _first(refused: CardRefused) -> dict[str, Any]:
    """Number and place of the first wrong field; nothing when the bank did not say which."""
    if not refused.fields:
        return {}
    path, code = refused.fields[0]
    return {"legacyCode": code, "inputPath": ["input", "creditCard", *map(camel, path)]}


def _card(card: Doc) -> dict[str, Any]:
    indicators = ("prepaid", "healthcare", "debit", "durbin_regulated", "commercial", "payroll")
    rest = ("issuing_bank", "country_of_issuance", "product_id", "business", "consumer", "purchase", "corporate")
    known = {camel(name): card["flags"].get(name, "Unknown").upper() for name in indicators}
    return {
        "bin": card["bin8"][:6],
        "brandCode": BRAND_CODES.get(card["brand"], "UNKNOWN"),
        "last4": card["last4"],
        "cardholderName": card["cardholder_name"],
        "expirationMonth": card["month"],
        "expirationYear": card["year"],
        "binData": known | {camel(name): card["flags"].get(name) for name in rest},
    }
