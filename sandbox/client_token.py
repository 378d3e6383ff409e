"""Client tokens: what a server hands its page, and the fingerprint the page shows us."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any

from sandbox import clock, merchants
from sandbox.call import Answer, Call, created
from sandbox.errors import Problems
from sandbox.store import Store

LIFE = timedelta(hours=24)
BRAINTREE_API = "https://api.sandbox.braintreegateway.com"
BRAINTREE_GRAPHQL = "https://payments.sandbox.braintree-api.com/graphql"
CARD_TYPES = ["American Express", "Discover", "JCB", "MasterCard", "Visa"]
NEED_CUSTOMER = {
    "make_default": "92801",
    "verify_card": "92802",
    "fail_on_duplicate_payment_method": "92803",
    "fail_on_duplicate_payment_method_for_customer": "92805",
}


def create(call: Call) -> Answer:
    params = call.part("client_token")
    problems = Problems("client_token", params)
    version = str(params.get("version") or "2")
    _check(call, params, version, problems)
    problems.stop()
    token = json.dumps(content(call, params, int(version)))
    return created("client_token", {"value": token if version == "1" else base64.b64encode(token.encode()).decode()})


def _check(call: Call, params: dict[str, Any], version: str, problems: Problems) -> None:
    customer, options = params.get("customer_id"), params.get("options") or {}
    domains = params.get("domains") or []
    if version not in ("1", "2", "3"):
        problems.add("92806", "version")
    for option, code in NEED_CUSTOMER.items():
        if options.get(option) and not customer:
            problems.add(code, option)
    if customer and call.get("customer", customer) is None:
        problems.add("92804", "customer_id")
    if params.get("merchant_account_id", merchants.DEFAULT_ACCOUNT) not in merchants.ACCOUNTS:
        problems.add("92807", "merchant_account_id")
    if len(domains) > 5:
        problems.add("92810", "domains")
    if not all(re.fullmatch(r"(?i)[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?", domain) for domain in domains):
        problems.add("92011", "domains")


def content(call: Call, params: dict[str, Any], version: int) -> dict[str, Any]:
    """What the browser library reads from a token."""
    account = params.get("merchant_account_id") or merchants.DEFAULT_ACCOUNT
    scope = {"customer": params.get("customer_id"), "options": params.get("options") or {}, "account": account}
    print_ = fingerprint(call.store, call.merchant, scope, clock.text(call.now + LIFE))
    api = api_url(call)
    return configuration(call, account) | {
        "version": version,
        "authorizationFingerprint": print_,
        "configUrl": f"{api}/v1/configuration",
        "authUrl": "https://auth.venmo.sandbox.braintreegateway.com",
    }


def configuration(call: Call, account: str) -> dict[str, Any]:
    """The part of a token that is also answered by `configuration`."""
    return {
        "clientApiUrl": api_url(call),
        "assetsUrl": "https://assets.braintreegateway.com",
        "environment": "sandbox",
        "merchantId": call.merchant,
        "merchantAccountId": account,
        "challenges": ["cvv"],
        "graphQL": {"url": graphql_url(call), "date": "2018-05-08", "features": ["tokenize_credit_cards"]},
        "creditCards": {
            "supportedCardTypes": CARD_TYPES,
            "supportedGateways": [{"name": "clientApi"}, {"name": "graphQL"}],
            "collectDeviceData": False,
        },
        "analytics": {"url": f"{host(call)}/client-analytics/{call.merchant}"},
        "threeDSecureEnabled": False,
        "paypalEnabled": False,
        "venmo": "off",
        "kount": {"kountMerchantId": None},
    }


def browser_hosts(store: Store) -> str:
    """`loopback`, or `braintree` for tests that route Braintree's hosts to us."""
    return str(store.setting("browser_hosts", "loopback"))


def host(call: Call) -> str:
    return BRAINTREE_API if browser_hosts(call.store) == "braintree" else call.base_url


def api_url(call: Call) -> str:
    return f"{host(call)}/merchants/{call.merchant}/client_api"


def graphql_url(call: Call) -> str:
    return BRAINTREE_GRAPHQL if browser_hosts(call.store) == "braintree" else f"{call.base_url}/graphql"


def fingerprint(store: Store, merchant: str, scope: dict[str, Any], until: str) -> str:
    payload = base64.urlsafe_b64encode(json.dumps({"merchant": merchant, "until": until, **scope}).encode()).decode()
    return f"{_sign(store, payload)}|{payload}"


def scope_of(call: Call, given: str) -> dict[str, Any] | None:
    """Merchant, customer and options of a fingerprint we signed; None when forged or too old."""
    signature, _, payload = given.partition("|")
    if not hmac.compare_digest(signature.encode(), _sign(call.store, payload).encode()):
        return None
    try:
        scope: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload))
    except (binascii.Error, ValueError):
        return None
    return scope if clock.read(scope["until"]) > call.now else None


def _sign(store: Store, payload: str) -> str:
    return hmac.new(store.secret, payload.encode(), hashlib.sha256).hexdigest()
