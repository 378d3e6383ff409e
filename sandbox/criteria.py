"""What a search asks for, made into one question to a row.

A field is a function from what is wanted to a question. Every criterion is read before the first
row is looked at, so nonsense is refused even where nothing is stored.
"""

import operator
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from sandbox import cards, clock
from sandbox.money import cents
from sandbox.store import Doc

PAGE, MOST = 50, 20_000
Question = Callable[[Doc], bool]
Field = Callable[[Any], Question]
Reader = Callable[[Doc], Any]

OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "is": str.__eq__,
    "is_not": str.__ne__,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
}
LIMITS: dict[str, Callable[[Any, Any], bool]] = {"is": operator.eq, "min": operator.ge, "max": operator.le}


class Unsearchable(Exception):
    """A field or operator nobody knows, or a value that is no amount or time."""


def within(section: str, name: str) -> Reader:
    """A word of a section of the row, such as its billing address."""
    return lambda row: row.get(section, {}).get(name)


def question(fields: dict[str, Field], criteria: dict[str, Any]) -> Question:
    """Does a row fit all of it? Raises Unsearchable."""
    asked = [_field(fields, name)(wanted) for name, wanted in criteria.items()]
    return lambda row: all(fits(row) for fits in asked)


def _field(fields: dict[str, Field], name: str) -> Field:
    if name not in fields:
        raise Unsearchable(f"{name} is not a searchable field")
    return fields[name]


def _operators(wanted: Any, known: Iterable[str]) -> dict[str, str]:
    """What is asked with each operator, as text. Raises Unsearchable."""
    if not isinstance(wanted, dict) or set(wanted) - set(known):
        raise Unsearchable(f"expected {', '.join(known)}")
    if any(isinstance(value, dict | list) for value in wanted.values()):
        raise Unsearchable("expected text")
    return {name: str(value) for name, value in wanted.items()}


def text(read: Reader) -> Field:
    """Words, whatever their case. Of several, one that fits is enough; `is_not` means none of them."""

    def field(wanted: Any) -> Question:
        asked = {name: value.casefold() for name, value in _operators(wanted, OPERATORS).items()}
        return lambda row: all(_reads(name, _words(read(row)), value) for name, value in asked.items())

    return field


def _words(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(word or "").casefold() for word in values] or [""]


def _reads(name: str, words: list[str], value: str) -> bool:
    every_or_any = all if name == "is_not" else any
    return every_or_any(OPERATORS[name](word, value) for word in words)


def listed(read: Reader) -> Field:
    """One of the values in a list; a text criterion is understood as well."""

    def field(wanted: Any) -> Question:
        if not isinstance(wanted, list):
            return text(read)(wanted)
        among = {str(value) for value in wanted}
        return lambda row: str(read(row) or "") in among

    return field


def flag(read: Callable[[Doc], bool]) -> Field:
    def field(wanted: Any) -> Question:
        if str(wanted).lower() not in ("true", "false"):
            raise Unsearchable("expected true or false")
        return lambda row: read(row) is (str(wanted).lower() == "true")

    return field


def amount(read: Callable[[Doc], list[int]]) -> Field:
    return _range(read, cents)


def instant(read: Callable[[Doc], list[datetime]]) -> Field:
    """Times count to the minute."""
    return _range(lambda row: [_minute(at) for at in read(row)], lambda value: _minute(clock.read(value)))


def day(read: Callable[[Doc], list[date]]) -> Field:
    """Days as the SDK sends them (midnight UTC), or as its callers write them (03/09/2026)."""
    return _range(read, _day)


def _day(value: str) -> date:
    month, _, rest = value.partition("/")
    day, _, year = rest.partition("/")
    return date(int(year), int(month), int(day)) if year else clock.read(value).date()


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _range(read: Callable[[Doc], list[Any]], parse: Callable[[str], Any]) -> Field:
    """`min`, `max` and `is`, all included; of several values one that fits is enough."""

    def field(wanted: Any) -> Question:
        try:
            limits = [(LIMITS[name], parse(value)) for name, value in _operators(wanted, LIMITS).items()]
        except ValueError as error:
            raise Unsearchable(str(error)) from None
        return lambda row: any(all(holds(value, limit) for holds, limit in limits) for value in read(row))

    return field


def number(secret: bytes, read: Callable[[Doc], list[Doc]]) -> Field:
    """Card numbers: whole ones by their fingerprint, parts by the digits that are kept."""

    def field(wanted: Any) -> Question:
        asked = [
            (name, value, cards.fingerprint(secret, value)) for name, value in _operators(wanted, OPERATORS).items()
        ]
        return lambda row: all(_has_number(name, read(row), value, mark) for name, value, mark in asked)

    return field


def _has_number(name: str, held: list[Doc], value: str, mark: str) -> bool:
    if name == "is_not":
        return not _has_number("is", held, value, mark)
    return any(card["fingerprint"] == mark or _shows(name, card, value) for card in held)


def _shows(name: str, card: Doc, value: str) -> bool:
    first, last = card["bin8"], card["last4"]
    return {
        "is": value == f"{first[:6]}******{last}",
        "starts_with": first.startswith(value) or (value.startswith(first) and len(value) < 12),
        "ends_with": last.endswith(value),
        "contains": value in first or value in last,
    }[name]
