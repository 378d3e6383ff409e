"""What every table stands on: the one database, the base of all rows, and how columns are written in SQL."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from peewee import (
    SCOPE_VALUES,
    SQL,
    Check,
    Context,
    Field,
    FieldAlias,
    ForeignKeyField,
    Model,
    SqliteDatabase,
    WrappedNode,
    __exception_wrapper__,
)

from choices import AttemptState
from config import DEMO
from sealing import KEY_ROWS, DataKeyRow, ring

PRAGMAS = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1, "busy_timeout": 10_000, "secure_delete": 1}


class PlainColumns(Context):
    """Writes `"t1"."name"` at once: peewee's own way over four nested scopes took a fifth of the time of every page."""

    def sql(self, obj: Any) -> Any:
        if not isinstance(obj, Field) or isinstance(obj, FieldAlias):
            return super().sql(obj)
        column = f'"{obj.column_name}"'
        if self.scope == SCOPE_VALUES:
            return self.literal(column)
        return self.literal(f'"{self.alias_manager[obj.model._meta.table]}".{column}')


class Worded(WrappedNode):
    """An expression put into words once for each way that tables are called around it, and repeated after that.

    For those that never change: wording sums of many cases anew took a tenth of the time of every page.
    """

    def __init__(self, node: Any) -> None:
        super().__init__(node)
        self.said: dict[Any, tuple[str, list[Any], int, dict[Any, str]]] = {}

    def __sql__(self, ctx: Context) -> Context:
        names, state = ctx.alias_manager, ctx.state
        known = tuple(tuple(level.items()) for level in names._mapping[: names._current_index])
        key = (known, names._counter, state.scope, state.parentheses, *map(state.settings.get, _WORDING))
        if key not in self.said:
            self.said[key] = self._worded(ctx)
            return ctx
        sql, values, names._counter, aliases = self.said[key]
        names.mapping.update(aliases)
        ctx._values.extend(values)
        return ctx.literal(sql)

    def _worded(self, ctx: Context) -> tuple[str, list[Any], int, dict[Any, str]]:
        words, values = len(ctx._sql), len(ctx._values)
        ctx.sql(self.node)
        names = ctx.alias_manager
        return "".join(ctx._sql[words:]), ctx._values[values:], names._counter, dict(names.mapping)


# What around an expression decides how it is written.
_WORDING = ("subquery", "in_expr", "in_function", "in_projection", "bare_subquery", "converter")


_GIVEN = object()  # stands for a list of ids, in words that are the same for all lists


def given() -> SQL:
    """The ids that `asked` will be given, as a list for `in_`."""
    return SQL("(SELECT value FROM json_each(?))", [_GIVEN])


def asked(query: tuple[str, list[Any]], ids: list[int]) -> list[tuple[Any, ...]]:
    """The rows of a statement that was put into words before, for these ids."""
    sql, values = query
    return list(db.execute_sql(sql, [json.dumps(ids) if value is _GIVEN else value for value in values]).fetchall())


class Database(SqliteDatabase):
    context_class = PlainColumns


db = Database(None, lock_type="IMMEDIATE", pragmas=PRAGMAS)


class Row(Model):
    """What all tables share."""

    class Meta:
        database = db
        legacy_table_names = False


def link_to(model: type[Model] | str, **options: Any) -> ForeignKeyField:
    """A reference that keeps what it points at: nothing with a past is deleted."""
    return ForeignKeyField(model, on_delete="RESTRICT", **{"backref": "+", **options})


def one_person() -> Any:
    """A row that belongs to a client-side user or to a member of staff, never to both."""
    return Check("(user_id IS NULL) <> (staff_id IS NULL)")


def compare_and_set(row: Any, before: Iterable[AttemptState], after: AttemptState, facts: dict[str, Any]) -> bool:
    """Move an attempt or a money-back to `after` with `facts`, only from `before`; the row then shows what is kept."""
    model = type(row)
    unmoved = (model.id == row.id) & model.state.in_(list(before))
    moved = model.update(state=after, **facts).where(unmoved).execute() == 1
    row.__data__ = model.get_by_id(row.id).__data__
    return bool(moved)


def insert_all(rows: Sequence[Row]) -> None:
    """Insert rows of one table with one statement, inside the caller's transaction; sealed values go as they lie.

    peewee words its statement anew for each batch, value by value: most of the time of a file of 50,000 lines.
    """
    if not rows:
        return
    fields = type(rows[0])._meta.sorted_fields
    names = ", ".join(f'"{field.column_name}"' for field in fields)
    sql = f'INSERT INTO "{rows[0]._meta.table_name}" ({names}) VALUES ({", ".join("?" * len(fields))})'  # noqa: S608
    values = [[field.db_value(row.__data__.get(field.name)) for field in fields] for row in rows]
    with __exception_wrapper__:
        db.connection().executemany(sql, values)


def open_database(path: str, master_keys: Callable[[], Sequence[bytes]] = DEMO.master_keys) -> None:
    """Point the models at the practice's file, whose data keys are wrapped with a master key; the demo's by default."""
    db.init(path, pragmas=PRAGMAS)
    ring.unlock(master_keys)


ring.rows = lambda: map(DataKeyRow._make, db.execute_sql(KEY_ROWS).fetchall())
