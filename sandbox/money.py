"""Amounts of the wire ("125.00") and the whole cents kept here."""

import re
from typing import Any

from sandbox.errors import Problems

LARGEST = 9_999_999_99


def dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


def cents(text: str) -> int:
    """Raises ValueError for anything but digits and at most two decimals."""
    if not re.fullmatch(r"-?\d{1,12}(\.\d{1,2})?", text, re.ASCII):
        raise ValueError(text)
    whole, _, rest = text.removeprefix("-").partition(".")
    return (-1 if text.startswith("-") else 1) * (int(whole) * 100 + int(rest.ljust(2, "0") or 0))


def asked(value: Any, problems: Problems) -> int:
    """The amount of a request in cents; adds what is wrong with it to `problems`."""
    code, amount = _judged(value)
    if code:
        problems.add(code, "amount")
    return amount


def _judged(value: Any) -> tuple[str, int]:
    if value in (None, ""):
        return "81502", 0
    try:
        amount = cents(str(value))
    except ValueError:
        return "81503", 0
    if amount <= 0:
        return "81501" if amount < 0 else "81531", amount
    return "81528" if amount > LARGEST else "", amount


def limited(value: Any, codes: dict[str, str], problems: Problems, attribute: str, *inner: str) -> int:
    """An optional amount that may be zero. `codes` are the error numbers for "format", "negative" and "large"."""
    try:
        amount = cents(str(value or "0"))
    except ValueError:
        problems.add(codes["format"], attribute, *inner)
        return 0
    if amount < 0 or amount > LARGEST:
        problems.add(codes["negative" if amount < 0 else "large"], attribute, *inner)
    return amount
