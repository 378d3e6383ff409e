"""Rows that belong to a client-side user or to a member of staff, never to both."""

from typing import Any

from models import Row, Staff, User

Person = User | Staff


def columns(person: Person) -> dict[str, Person]:
    """For a new row: whose it is."""
    return {"user": person} if isinstance(person, User) else {"staff": person}


def rows_of(model: type[Row], person: Person) -> Any:
    """The condition that finds this person's rows of a table with both columns."""
    table: Any = model
    return table.user == person if isinstance(person, User) else table.staff == person


def name(person: Person) -> str:
    """In the ledger's and the log's words: "user:3" or "staff:7"."""
    return f"{'user' if isinstance(person, User) else 'staff'}:{person.id}"
