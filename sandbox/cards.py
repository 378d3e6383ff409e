"""Cards: the published test numbers, what each does, and what is kept of a card.

A number or a security code is looked at here and never stored: what remains is brand, first
and last digits, expiry, flags, a behaviour tag and a keyed fingerprint.
"""

import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

BRANDS = (
    ("Elo", r"401178|401179|438935|457631|457632|431274|451416|504175|5067|509[0-9]|627780|636297|636368", (16,)),
    ("Hiper", r"637095|637568|637599|637609|637612", (16,)),
    ("Hipercard", r"606282", (16,)),
    ("Visa", r"4", (13, 16, 19)),
    ("MasterCard", r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    ("American Express", r"3[47]", (15,)),
    ("Discover", r"6011|64[4-9]|65", (16, 19)),
    ("UnionPay", r"62", (16, 17, 18, 19)),
    ("JCB", r"35(2[89]|[3-8])", (16,)),
    ("Diners Club", r"36|38|39|30[0-5]", (14,)),
    ("Maestro", r"5018|5020|5038|6304|6759|676[1-3]", (12, 13, 14, 15, 16, 17, 18, 19)),
)
LONGEST_HOLDER = 175
FLAGS = (
    "business", "commercial", "consumer", "corporate", "country_of_issuance", "debit", "durbin_regulated",
    "healthcare", "issuing_bank", "payroll", "prepaid", "prepaid_reloadable", "product_id", "purchase",
)  # fmt: skip

# Published test numbers, <https://developer.paypal.com/braintree/docs/reference/general/testing>.
APPROVED = [
    "4111111111111111",
    "4012888888881881",
    "4005519200000004",
    "4009348888881881",
    "4012000033330026",
    "4012000077777777",
    "4217651111111119",
    "4500600000000061",
    "5555555555554444",
    "2223000048400011",
    "378282246310005",
    "371449635398431",
    "6011111111111117",
    "6011000991300009",
    "3530111333300000",
    "36259600000004",
    "6304000000000000",
]
FLAGGED = {
    "4111111111111210": {"prepaid": "Yes"},
    "4229989900000002": {"prepaid": "Yes", "prepaid_reloadable": "Yes"},
    "4111111111131010": {"commercial": "Yes"},
    "4229989800000003": {"business": "Yes"},
    "4229989700000004": {"consumer": "Yes"},
    "4229989100000000": {"corporate": "Yes"},
    "4229989500000006": {"purchase": "Yes"},
    "4117101010101010": {"debit": "Yes"},
    "4111161010101010": {"durbin_regulated": "Yes"},
    "4111111510101010": {"healthcare": "Yes"},
    "4111111114101010": {"payroll": "Yes"},
    "4111111111310101": {},
    "4111111111112101": {},
    "4111111111121102": {"country_of_issuance": "USA"},
    "4111111141010101": {"issuing_bank": "NETWORK ONLY"},
}
TAGS = {
    "4000111111111115": "verify:2000",
    "5105105105105100": "verify:2000",
    "378734493671000": "verify:2000",
    "6011000990139424": "verify:2000",
    "3566002020360505": "verify:3000",
    "4000111111111511": "rule:fraud",
    "4111130000000003": "rule:risk_threshold",
    "4023898493988028": "dispute",
}
TEST_NUMBERS = frozenset(APPROVED) | frozenset(FLAGGED) | frozenset(TAGS)


def brand_of(number: str) -> str:
    return next((name for name, prefix, _ in BRANDS if re.match(prefix, number)), "Unknown")


def luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def length_fits(number: str) -> bool:
    lengths = next((lengths for _, prefix, lengths in BRANDS if re.match(prefix, number)), range(12, 20))
    return len(number) in lengths


def number_error(number: str) -> str | None:
    """The error number of a card number, or None when it is good."""
    if not number:
        return "81714"
    if not number.isascii() or not number.isdigit():
        return "81715"
    if not 12 <= len(number) <= 19:
        return "81716"
    if not (luhn(number) and length_fits(number)):
        return "81715"
    return "81703" if brand_of(number) == "Unknown" else None


def too_long(holder: str | None) -> bool:
    return len(holder or "") > LONGEST_HOLDER


def month_and_year(card: dict[str, Any]) -> tuple[str, str] | None:
    """Expiry as ("07", "2029") from either spelling, or None when it is no date."""
    month, year = card.get("expiration_month", ""), card.get("expiration_year", "")
    if date := card.get("expiration_date"):
        month, _, year = str(date).partition("/")
    month, year = str(month).strip(), str(year).strip()
    if not (re.fullmatch(r"0?[1-9]|1[0-2]", month) and re.fullmatch(r"[0-9]{2}|[1-9][0-9]{3}", year)):
        return None
    return f"{int(month):02}", year if len(year) == 4 else f"20{year}"


def fingerprint(secret: bytes, number: str) -> str:
    return hmac.new(secret, number.encode(), hashlib.sha256).hexdigest()[:32]


def from_number(secret: bytes, number: str, expiry: tuple[str, str], holder: str | None = None) -> dict[str, Any]:
    """What is kept of a card that was typed."""
    kept = described(brand_of(number), number[:8], number[-4:], expiry, **FLAGGED.get(number, {}))
    kept["fingerprint"] = fingerprint(secret, number)
    return kept | {"tag": TAGS.get(number, ""), "cardholder_name": holder}


def described(brand: str, bin8: str, last4: str, expiry: tuple[str, str], **flags: str) -> dict[str, Any]:
    """A card known by its description only, as the sandbox's own test cards are."""
    return {
        "brand": brand,
        "bin8": bin8,
        "last4": last4,
        "month": expiry[0],
        "year": expiry[1],
        "flags": flags,
        "tag": "",
        "cardholder_name": None,
        "fingerprint": f"{brand}-{bin8}-{last4}",
    }


def expired(card: dict[str, Any], now: datetime) -> bool:
    return (int(card["year"]), int(card["month"])) < (now.year, now.month)


def flags(card: dict[str, Any]) -> dict[str, str]:
    return {name: card["flags"].get(name, "Unknown") for name in FLAGS}
