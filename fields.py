"""The columns of our own: how cents, words, instants, lists and secrets are kept, and what each refuses."""

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

from peewee import Check, FieldAccessor, Model, TextField

import sealing
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


@dataclass(frozen=True, slots=True)
class Closed:
    """A sealed value as it came from the database."""

    kept: str | bytes


class Opening(FieldAccessor):
    """Opens a sealed value when somebody asks the row for it: a list pays nothing for columns it does not show."""

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        value = super().__get__(row, owner)
        if isinstance(value, Closed):
            value = row.__data__[self.name] = self.field.opened(value.kept)
        return value


def _beyond_the_database(field: "SealedText", *others: object, **options: object) -> NoReturn:
    raise TypeError(f"{field.where} is sealed: the database cannot compare, search or sort it. Do it in Python.")


class SealedText(OwnField):
    """Text sealed for its own column (sealing.py). An empty text is sealed too: that it is empty says something, and
    nobody can empty it unnoticed. None says that nothing is on file, and is kept as it is.

    The database may ask whether it is null; anything else raises TypeError.
    """

    accessor_class = Opening
    __hash__ = TextField.__hash__
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _beyond_the_database
    __lshift__ = __mod__ = __pow__ = in_ = not_in = like = ilike = regexp = iregexp = _beyond_the_database
    contains = startswith = endswith = between = concat = asc = desc = distinct = _beyond_the_database

    @property
    def where(self) -> str:
        return f"{self.model._meta.table_name}.{self.column_name}"

    def db_value(self, value: Any) -> Any:
        if value is None or isinstance(value, Closed):
            return value.kept if value else None
        return self.sealed(value)

    def python_value(self, value: Any) -> Any:
        return None if value is None else Closed(value)

    def sealed(self, value: Any) -> str | bytes:
        return sealing.seal_text(self.written(value), self.where)

    def opened(self, kept: Any) -> Any:
        return self.read(sealing.open_text(kept, self.where))

    def written(self, value: Any) -> str:
        """The value as text."""
        return str(value)

    def read(self, text: str) -> Any:
        return text


class SealedDate(SealedText):
    """A plain date; text is taken when it is one."""

    def written(self, value: date | str) -> str:
        return (date.fromisoformat(value) if isinstance(value, str) else value).isoformat()

    def read(self, text: str) -> date:
        return date.fromisoformat(text)


class SealedJSON(SealedText):
    """A list or dictionary as canonical JSON text."""

    def written(self, value: object) -> str:
        return canonical_json(value)

    def read(self, text: str) -> Any:
        return json.loads(text)


class SealedBlob(SealedText):
    """Bytes."""

    field_type = "BLOB"

    def sealed(self, value: bytes) -> bytes:
        return sealing.seal_bytes(value, self.where)

    def opened(self, kept: bytes) -> bytes:
        return sealing.open_bytes(kept, self.where)
