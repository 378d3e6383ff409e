"""The columns of our own: how cents, words, instants and lists are kept, and what each refuses."""

import json
import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from peewee import Check, Model, TextField

from money import whole_cents


def new_key() -> str:
    """128 random bits for URLs; row ids never leave the server."""
    return secrets.token_urlsafe(16)


class OwnField(TextField):
    """A field of ours; on a row its value is a plain one, which a type checker cannot see by itself."""

    if TYPE_CHECKING:

        def __get__(self, row: object, owner: type) -> Any: ...


class CheckedField(OwnField):
    """A field whose CHECK needs its column name."""

    def bind(self, model: type[Model], name: str, set_attribute: bool = True) -> None:
        super().bind(model, name, set_attribute)
        self.constraints: list[Any] = [*(self.constraints or []), Check(self.rule(self.column_name))]

    def rule(self, column: str) -> str:
        raise AssertionError("each checked field states its rule")


class CentsField(CheckedField):
    """Whole cents; anything but `int` raises `TypeError` here and fails a CHECK in the database."""

    field_type = "INTEGER"

    def rule(self, column: str) -> str:
        return f"typeof({column}) IN ('integer', 'null')"

    def db_value(self, value: object) -> int | None:
        return None if value is None else whole_cents(value, self.name)

    def python_value(self, value: int | None) -> int | None:
        return value


class ChoiceField(CheckedField):
    """One of an enumeration's words; another word fails here and a CHECK in the database."""

    def __init__(self, choices: type[StrEnum], **options: Any) -> None:
        self.words = choices
        super().__init__(**options)

    def rule(self, column: str) -> str:
        return f"{column} IN ({', '.join(repr(str(word)) for word in self.words)})"

    def db_value(self, value: str | None) -> str | None:
        return None if value is None else str(self.words(value))

    def python_value(self, value: str | None) -> StrEnum | None:
        return None if value is None else self.words(value)


class UTCField(OwnField):
    """An instant, kept as fixed-width UTC text so that it sorts; a datetime without a zone raises `ValueError`."""

    def db_value(self, value: datetime | None) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{self.name} takes an instant with a zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def python_value(self, value: str | None) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class JSONField(OwnField):
    """A list or dictionary as canonical JSON text."""

    def db_value(self, value: object) -> str | None:
        return None if value is None else canonical_json(value)

    def python_value(self, value: str | None) -> Any:
        return None if value is None else json.loads(value)


def canonical_json(value: object) -> str:
    """The same value is always the same text: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
