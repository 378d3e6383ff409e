"""What every file that goes out is: which days were asked for, and a sheet whose rows are read while it is sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import SQL

from billing.sheets import Cell
from billing.transactions import midnight


@dataclass(frozen=True)
class Asked:
    """Which days, both included; an end that is None is open. `until` is the last entry of the ledger to look at.

    `after` is an entry before which nothing is asked for, `posted` whether the days are those of posting, `names`
    whether people are named.
    """

    zone: str
    until: int
    from_on: date | None = None
    to_on: date | None = None
    posted: bool = False
    names: bool = False
    after: int = 0

    def days(self, column: Any) -> Any:
        """The condition for a column of days."""
        return _between(column, self.from_on, self._end)

    def instants(self, column: Any) -> Any:
        """The condition for a column of instants."""
        first = midnight(self.from_on, self.zone) if self.from_on else None
        return _between(column, first, midnight(self._end, self.zone) if self._end else None)

    @property
    def _end(self) -> date | None:
        """The day after the last one."""
        return self.to_on + timedelta(days=1) if self.to_on else None


@dataclass(frozen=True)
class Sheet:
    """A header row, how many rows follow, and the rows, each read when it is sent."""

    header: list[str]
    count: int
    rows: Iterator[list[Cell]]


def read(query: Any) -> Iterator[Any]:
    """Row by row. It is asked when the first is needed: a file that nobody fetches keeps no writer waiting."""
    yield from query.namedtuples().iterator()


def _between(column: Any, first: Any, end: Any) -> Any:
    """An end that is open is true of all."""
    begun = SQL("1") if first is None else column >= first
    return begun & (SQL("1") if end is None else column < end)
