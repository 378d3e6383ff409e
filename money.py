"""Money is whole cents, held in `int`; dollars exist only where people type and read them.

Percentages round half-up, once. Splits give every cent away: the largest remainders get the odd ones.
"""

import re
from collections.abc import Sequence

Cents = int
LARGEST_TYPED: Cents = 99_999_999_99

_TYPED = re.compile(r"\$?\s*([1-9]\d{0,2}(?:,\d{3})+|\d{1,12})(?:\.(\d{1,2}))?")


def whole_cents(value: object, name: str = "amount") -> Cents:
    """Return `value` when it is an `int`; a float, bool, text or Decimal raises `TypeError`.

    Refusing beats rounding: `int(19.99 * 100)` is 1998.
    """
    if type(value) is not int:
        raise TypeError(f"{name} takes whole cents, not {value!r}")
    return value


def parse_dollars(text: str) -> Cents:
    """Read an amount a person typed: `45`, `45.00`, `$45`, `1,200.00`, with spaces around.

    Raises:
        ValueError: negative, more than two decimals, letters, `1.200,00`, `0,500`, empty, or over $99,999,999.99.
    """
    typed = _TYPED.fullmatch(text.strip()) if text.isascii() else None
    if typed is None:
        raise ValueError(f"not an amount in dollars and cents: {text!r}")
    cents = int(typed[1].replace(",", "")) * 100 + int((typed[2] or "").ljust(2, "0"))
    if cents > LARGEST_TYPED:
        raise ValueError("amount over $99,999,999.99")
    return cents


def format_dollars(cents: Cents) -> str:
    """Show `cents` as "$1,234.50"; money owed to the reader as "-$30.00"."""
    sign = "-" if cents < 0 else ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{sign}${dollars:,}.{rest:02d}"


def plain_dollars(cents: Cents) -> str:
    """Show `cents` for machines and money fields: "1234.50", no symbol, no commas."""
    return format_dollars(cents).replace("$", "").replace(",", "")


def share_by(total: Cents, weights: Sequence[int]) -> list[Cents]:
    """Split `total` in proportion to `weights`; the parts sum to `total`.

    Odd cents go to the largest fractions, then to the first listed: 18501 at 60/40 is 11101 + 7400.

    Raises:
        ValueError: no weight, or one below zero, or all zero.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be positive")
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -remainders[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def tenths_of_percent(cents: Cents, rate: int) -> Cents:
    """`rate` tenths of a percent of `cents`, half-up: 2.9 % of 100.00 is `tenths_of_percent(100_00, 29)`."""
    return (cents * rate * 2 + 1000) // 2000
