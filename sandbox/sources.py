"""Where a sale's card comes from: a nonce, the vault, or typed numbers."""

from dataclasses import dataclass
from typing import Any

from sandbox import addresses, cards, judge, nonces, vault
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
    token, typed = params.get("payment_method_token"), params.get("credit_card") or {}
    if params.get("payment_method_nonce"):
        return from_nonce(call, params, problems)
    if typed and not (token and not typed.get("number")):
        return _from_typed(call, params, problems)
    if token or params.get("customer_id"):
        return _from_vault(call, params, token, problems)
    problems.add("91508", "base")
    return None


def from_nonce(call: Call, params: dict[str, Any], problems: Problems) -> Source | None:
    row = nonces.usable(call, params["payment_method_nonce"])
    if isinstance(row, str):
        problems.add("91564" if row == nonces.CONSUMED else "91565", "payment_method_nonce")
        return None
    if row["card"]["tag"] == "luhn":
        problems.add("81715", "number", "credit_card")
        return None
    if not _belongs(params, row["card"], problems):
        return None
    billing = {**row["billing"], **_billing(params, problems)}
    return Source(row["card"], _rechecked(row, billing, params), billing, row)


def _belongs(params: dict[str, Any], card: Doc, problems: Problems) -> bool:
    """A stored card is charged for its own customer only."""
    fits = params.get("customer_id") in (None, "", card.get("customer_id")) or not card.get("customer_id")
    if not fits:
        problems.add("91516", "payment_method_token")
    return fits


def _rechecked(row: Doc, billing: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Address answers for the address as it is now; the security code was judged when typed."""
    options = params.get("options") or {}
    if row["card"].get("token"):
        return vault.checks_of(row["card"], None, options)
    checks = judge.checks(row["card"], billing, None, options)
    return checks if options.get("skip_cvv") else checks | {"cvv": row["checks"]["cvv"]}


def _from_typed(call: Call, params: dict[str, Any], problems: Problems) -> Source | None:
    card, billing = params["credit_card"], _billing(params, problems)
    kept = typed_card(call, card, problems, "credit_card")
    if kept is None:
        return None
    return Source(kept, judge.checks(kept, billing, card.get("cvv"), params.get("options") or {}), billing)


def _from_vault(call: Call, params: dict[str, Any], token: str | None, problems: Problems) -> Source | None:
    card = call.get("card", token) if token else vault.default_card(call, params["customer_id"])
    if card is None:
        problems.add("91518" if token else "91511", "payment_method_token" if token else "customer_id")
    elif _belongs(params, card, problems):
        typed, options = params.get("credit_card") or {}, params.get("options") or {}
        billing = {**(card.get("billing") or {}), **_billing(params, problems)}
        return Source(card, vault.checks_of(card, typed.get("cvv"), options), billing, using="token")
    return None


def _billing(params: dict[str, Any], problems: Problems) -> dict[str, Any]:
    return addresses.read(params.get("billing") or {}, problems, "billing")


def typed_card(call: Call, card: dict[str, Any], problems: Problems, *inner: str) -> Doc | None:
    """A card from its typed number and date; None after adding what is wrong to `problems`."""
    number, expiry = str(card.get("number") or "").replace(" ", ""), cards.month_and_year(card)
    wrong = [*_dated_wrong(card), *_typed_wrong(card)]
    if code := number_error(call, number):
        wrong.insert(0, (code, "number"))
    for code, attribute in wrong:
        problems.add(code, attribute, *inner)
    if wrong or expiry is None:
        return None
    return cards.from_number(call.store.secret, number, expiry, card.get("cardholder_name"))


def _dated_wrong(card: dict[str, Any]) -> list[tuple[str, str]]:
    if cards.month_and_year(card):
        return []
    return [("81710" if dated(card) else "81709", "expiration_date")]


def dated(card: dict[str, Any]) -> bool:
    return any(card.get(name) for name in ("expiration_date", "expiration_month", "expiration_year"))


def _typed_wrong(card: dict[str, Any]) -> list[tuple[str, str]]:
    code = cvv_error(str(card.get("cvv") or ""))
    found = [(code, "cvv")] if code else []
    return [*found, ("81723", "cardholder_name")] if cards.too_long(card.get("cardholder_name")) else found


def retyped(card: Doc, params: dict[str, Any], problems: Problems, *inner: str) -> Doc:
    """A kept card with a new date or holder, its number as it was."""
    wrong = [*(_dated_wrong(params) if dated(params) else []), *_typed_wrong(params)]
    for code, attribute in wrong:
        problems.add(code, attribute, *inner)
    month, year = cards.month_and_year(params) or (card["month"], card["year"])
    return {
        **card,
        "month": month,
        "year": year,
        "cardholder_name": params.get("cardholder_name", card["cardholder_name"]),
    }


def number_error(call: Call, number: str) -> str | None:
    """A page in a browser may send published test numbers only."""
    code = cards.number_error(number)
    return "81717" if not code and call.browser and number not in cards.TEST_NUMBERS else code


def cvv_error(cvv: str) -> str | None:
    return "81707" if cvv and not (cvv.isascii() and cvv.isdigit() and len(cvv) in (3, 4)) else None
