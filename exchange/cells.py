"""One cell: text becomes a day, cents, a word. What cannot be taken says so with a code and what was written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.errors import BillingError
from billing.formats import FieldRefused, Rule
from billing.notes import holds_card_number
from money import Cents, parse_dollars

SHOWN = 60  # letters of a cell that are told back
MONTH_FIRST, DAY_FIRST = "month_first", "day_first"
YES, NO = ("yes", "y", "true", "1", "sí", "si", "x"), ("no", "n", "false", "0")
SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2}|\d{4})", re.ASCII)
ISO = re.compile(r"\d{4}-\d\d?-\d\d?", re.ASCII)
SHORTEST_CARD = 13  # digits
OLDEST, LATEST = 1900, 2199  # years; some programs write 12/31/9999 for a day that nobody knows
_TIME = re.compile(r"[T, ]+\d{1,2}:\d\d.*$", re.DOTALL)


class Refused(Exception):
    """This cell cannot be taken: a code of the catalogue, `pr.import.err.<code>`, and what fills its sentence."""

    def __init__(self, code: str, **values: str) -> None:
        self.code, self.values = code, values
        super().__init__(code)


@dataclass(frozen=True)
class Way:
    """How this file writes what can be written in several ways, and the day it is read on."""

    today: date
    order: str = MONTH_FIRST


Reader = Callable[[str, Way], Any]


def shown(value: str) -> str:
    """What was written, short enough for a sentence."""
    return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"


def text(most: int) -> Reader:
    """One line of at most `most` letters. A card number is kept nowhere."""

    def read(value: str, way: Way) -> str:
        tidy = " ".join(value.split())
        if len(tidy) > most:
            raise Refused("too_long", n=str(most))
        if len(tidy) >= SHORTEST_CARD and holds_card_number(tidy):
            raise Refused("card")
        return tidy

    return read


def shaped(rule: Rule, code: str) -> Reader:
    """Text of a form that `billing.formats` knows."""

    def read(value: str, way: Way) -> str:
        try:
            return rule(value)
        except FieldRefused:
            raise Refused(code, value=shown(value)) from None

    return read


def typed(rule: Rule) -> Reader:
    """As `shaped`, told in the words that a form has for it."""

    def read(value: str, way: Way) -> str:
        try:
            return rule(value)
        except BillingError as refusal:
            raise Refused(refusal.key, **refusal.values) from None

    return read


def day(value: str, way: Way) -> date:
    """ "2026-10-19", "10/19/2026", "10/19/26", "Oct 19, 2026"; spreadsheets add midnight to them."""
    written = re.sub(r"[T ]00?:00(:00)?( AM)?$", "", value)
    slashed = SLASHED.fullmatch(written)
    read = _slashed(slashed, way) if slashed else _plain(written) if ISO.fullmatch(written) else _named(written)
    if read is None or not OLDEST <= read.year <= LATEST:
        raise Refused("not_date", value=shown(value))
    return read


def past_day(value: str, way: Way) -> date:
    """A day that is not after today."""
    read = day(value, way)
    if read > way.today:
        raise Refused("future_service", date=read.isoformat())
    return read


def instant_day(value: str, way: Way) -> date:
    """The day, not after today, of what may have a time of day beside it, as the file writes it."""
    return past_day(_TIME.sub("", value), way)


def dollars(value: str, way: Way) -> Cents:
    """ "185", "$1,200.00"; "(45.00)" and "-45.00" are below zero."""
    bare = re.fullmatch(r"\((?P<inner>[^()-]+)\)|-(?P<minus>[^()-]+)|\$-(?P<late>[^()-]+)", value)
    try:
        return -parse_dollars(bare[bare.lastgroup or 0]) if bare else parse_dollars(value)
    except ValueError:
        raise Refused("not_money", value=shown(value)) from None


def price(value: str, way: Way) -> Cents:
    """An amount above zero."""
    cents = dollars(value, way)
    if cents <= 0:
        raise Refused("not_above", value=shown(value))
    return cents


def whole(value: str, way: Way) -> int:
    """A whole number from 1 to 999."""
    if not re.fullmatch(r"[1-9]\d{0,2}(\.0+)?", value, re.ASCII):
        raise Refused("not_whole", value=shown(value))
    return int(value.split(".")[0])


def yes(value: str, way: Way) -> bool:
    if value.lower() not in (*YES, *NO):
        raise Refused("not_word", value=shown(value), words="yes, no")
    return value.lower() in YES


def word(*words: str) -> Reader:
    """One of some words, however it is spelled."""

    def read(value: str, way: Way) -> str:
        plain = value.lower().replace(" ", "_").replace("-", "_")
        if plain not in words:
            raise Refused("not_word", value=shown(value), words=", ".join(words))
        return plain

    return read


def several(reader: Reader, most: int) -> Reader:
    """Up to `most` values with spaces or commas between."""

    def read(value: str, way: Way) -> list[Any]:
        parts = re.split(r"[\s,:]+", value.strip())
        if len(parts) > most:
            raise Refused("too_many", n=str(most))
        return [reader(part, way) for part in parts]

    return read


def order_of(values: list[str]) -> str | None:
    """Which of month and day comes first in these days; None when that cannot be told."""
    days = (SLASHED.fullmatch(_TIME.sub("", value)) for value in values)
    pairs = [(int(found[1]), int(found[2])) for found in days if found]
    if not pairs or any(second > 12 for _, second in pairs) or all(first == second for first, second in pairs):
        return MONTH_FIRST
    return DAY_FIRST if any(first > 12 for first, _ in pairs) else None


def _slashed(found: re.Match[str], way: Way) -> date | None:
    first, second, year = (int(part) for part in found.groups())
    month, on = (first, second) if way.order == MONTH_FIRST else (second, first)
    if len(found[3]) == 2:
        year += 2000 if year <= way.today.year % 100 + 1 else 1900
    return _real(year, month, on)


def _plain(written: str) -> date | None:
    return _real(*map(int, written.split("-")))


def _real(year: int, month: int, on: int) -> date | None:
    try:
        return date(year, month, on)
    except ValueError:
        return None


def _named(value: str) -> date | None:
    for pattern in ("%b %d, %Y", "%B %d, %Y"):
        try:
            return datetime.strptime(value, pattern).date()  # noqa: DTZ007 – a plain day, in no zone
        except ValueError:
            continue
    return None
