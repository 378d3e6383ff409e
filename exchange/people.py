"""What rows about people and prices have in common: a change is an update, shown as old -> new."""

from datetime import date
from typing import Any

from peewee import ForeignKeyField

from exchange.rows import Row, hashed
from tables import Row as Table


def content(row: Row) -> str:
    """What the row says, so that the same row again is known."""
    return hashed(*(f"{name}={value}" for name, value in sorted(row.values.items())))


def differences(stands: Table, facts: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Column -> what stands there and what the file says. An empty cell says nothing."""
    both = {name: (plain(stands, name), value) for name, value in facts.items()}
    return {name: (old, new) for name, (old, new) in both.items() if old != new}


def kept(model: type[Table], row: Row) -> str:
    """Create or update what the row is about; "client:5"."""
    if not row.stands:
        return f"{model._meta.table_name}:{model.create(**row.facts).id}"
    changed = {name: new for name, (_, new) in row.changes.items()}
    model.update(changed).where(model.id == int(row.stands.split(":")[1])).execute()
    return row.stands


def put_back(model: type[Table], id: int, before: dict[str, Any]) -> None:
    """Give columns the values they had; days come as text."""
    model.update({name: _read(name, value) for name, value in before.items()}).where(model.id == id).execute()


def written(value: Any) -> Any:
    """A value as JSON keeps it."""
    return value.isoformat() if isinstance(value, date) else value


def plain(stands: Table, name: str) -> Any:
    """What stands in a column; of a reference, the id."""
    field = stands._meta.fields[name]
    return stands.__data__.get(name) if isinstance(field, ForeignKeyField) else getattr(stands, name)


def _read(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name == "date_of_birth" and value else value
