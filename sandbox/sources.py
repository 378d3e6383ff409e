"""Where a sale's card comes from: a nonce, the vault, or typed numbers."""

from dataclasses import dataclass
from typing import Any

from sandbox import cards, judge, nonces, vault
from sandbox.call import Call
from sandbox.errors import Problems
from sandbox.store import Doc


@dataclass
class Source:
    """A card ready to be charged, and what was typed with it."""

    card: Doc
    checks: dict[str, Any]
    billing: dict[str, Any]
    nonce: Doc | None = None
    using: str = "full_information"


def of_sale(call: Call, params: dict[str, Any], problems: Problems) -> Source | None:
    """The one source a sale names; None after adding what is wrong to `problems`."""
    if value := params.get("payment_method_nonce"):
        return _from_nonce(call, params, value, problems)
    if isinstance(params.get("credit_card"), dict):
        return _from_typed(call, params, problems)
    token = params.get("payment_method_token")
    if token or params.get("customer_id"):
        return _from_vault(call, params, token, problems)
    problems.add("91508", "base")
    return None


def _from_nonce(call: Call, params: dict[str, Any], value: str, problems: Problems) -> Source | None:
    row = nonces.usable(call, value)
    if isinstance(row, str):
        problems.add("91564" if row == nonces.CONSUMED else "91565", "payment_method_nonce")
        return None
    if row["card"]["tag"] == "luhn":
        problems.add("81715", "number", "credit_card")
        return None
    billing = {**row["billing"], **_billing(params)}
    return Source(row["card"], _rechecked(row, billing), billing, row)


def _rechecked(row: Doc, billing: dict[str, Any]) -> dict[str, Any]:
    """Address answers for the address as it is now; the security code was judged when typed."""
    return judge.checks(row["card"], billing, None, {}) | {"cvv": row["checks"]["cvv"]}


def _from_typed(call: Call, params: dict[str, Any], problems: Problems) -> Source | None:
    card = params["credit_card"]
    kept = typed_card(call, card, problems, "credit_card")
    if kept is None:
        return None
    return Source(
        kept, judge.checks(kept, _billing(params), card.get("cvv"), params.get("options") or {}), _billing(params)
    )


def _from_vault(call: Call, params: dict[str, Any], token: str | None, problems: Problems) -> Source | None:
    card = call.get("card", token) if token else vault.default_card(call, params["customer_id"])
    if card is None:
        problems.add("91518" if token else "91511", "payment_method_token" if token else "customer_id")
    elif params.get("customer_id") not in (None, "", card["customer_id"]):
        problems.add("91516", "payment_method_token")
    else:
        return Source(card, vault.checks_of(card), card.get("billing") or {}, using="token")
    return None


def _billing(params: dict[str, Any]) -> dict[str, Any]:
    given = params.get("billing")
    return given if isinstance(given, dict) else {}


def typed_card(call: Call, card: dict[str, Any], problems: Problems, *inner: str) -> Doc | None:
    """A card from its typed number and date; None after adding what is wrong to `problems`."""
    number, expiry = str(card.get("number") or "").replace(" ", ""), cards.month_and_year(card)
    if code := number_error(call, number):
        problems.add(code, "number", *inner)
    if expiry is None:
        dated = any(card.get(name) for name in ("expiration_date", "expiration_month", "expiration_year"))
        problems.add("81710" if dated else "81709", "expiration_date", *inner)
    if code := cvv_error(str(card.get("cvv") or "")):
        problems.add(code, "cvv", *inner)
    if problems or expiry is None:
        return None
    return cards.from_number(call.store.secret, number, expiry, card.get("cardholder_name"))


def number_error(call: Call, number: str) -> str | None:
    """A page in a browser may send published test numbers only."""
    code = cards.number_error(number)
    return "81717" if not code and call.browser and number not in cards.TEST_NUMBERS else code


def cvv_error(cvv: str) -> str | None:
    return "81707" if cvv and not (cvv.isascii() and cvv.isdigit() and len(cvv) in (3, 4)) else None
