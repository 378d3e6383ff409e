"""Changing a table in a way that SQLite's ALTER TABLE cannot: build it anew beside the old one and take its place.

https://www.sqlite.org/lang_altertable.html#otheralter gives the order of steps. A migration that calls this sets
`atomic = False`: foreign keys cannot be turned off inside a transaction.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_foreign_keys(db: Any) -> Iterator[None]:
    """One transaction in which tables may take each other's place; a reference left dangling undoes it all."""
    db.execute_sql("PRAGMA foreign_keys = OFF")
    try:
        with db.atomic():
            yield
            dangling = db.execute_sql("PRAGMA foreign_key_check").fetchall()
            if dangling:
                raise ValueError(f"rows would point at nothing: {dangling}")
    finally:
        db.execute_sql("PRAGMA foreign_keys = ON")


def drop_triggers(db: Any) -> None:
    """Those that name a table while it is away would refuse its return; `migrate` lays all of them anew afterwards."""
    for [name] in db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute_sql(f"DROP TRIGGER {name}")


def rebuild(db: Any, table: str, sql: str, new: Mapping[str, str]) -> None:
    """Give `table` the shape of `sql` (a CREATE TABLE); `new` maps each added column to an expression over the old row;
    one that is there already keeps what it holds.

    Indexes and triggers go with the old table: the migration makes the indexes again.
    """
    kept = [column.name for column in db.get_columns(table)]
    db.execute_sql(sql.replace(f"CREATE TABLE {table}", f"CREATE TABLE {table}_new", 1))
    new = {name: value for name, value in new.items() if name not in kept}
    into, values = ", ".join([*kept, *new]), ", ".join([*kept, *new.values()])
    db.execute_sql(f"INSERT INTO {table}_new ({into}) SELECT {values} FROM {table}")  # noqa: S608 (our own names)
    db.execute_sql(f"DROP TABLE {table}")
    db.execute_sql(f"ALTER TABLE {table}_new RENAME TO {table}")
