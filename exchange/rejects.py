"""The same file back, with only the rows that were rejected and why, to be put right and brought in again."""

from collections.abc import Iterator
from datetime import date, datetime

from billing.sheets import sheet
from exchange.reading import read
from exchange.rows import Fate, Row
from exchange.trying import file_of, planned
from models import Import

ADDED = ["error_line", "error"]


def rejected(batch: Import, now: datetime, language: str) -> Iterator[str]:
    """The file in pieces; the header is theirs, with two columns more. Raises Unreadable, OrderUnknown."""
    file = read(file_of(batch))
    rows = [row for row in planned(batch, now, file).rows if row.fate == Fate.REJECTED]
    width = len(file.header)
    return sheet([*file.header, *ADDED], (_line(row, width, language) for row in rows))


def _line(row: Row, width: int, language: str) -> list[str | date | None]:
    cells = (row.cells + [""] * width)[:width]
    why = "; ".join(f"{each.column}: {each.message(language)}".removeprefix(": ") for each in row.problems)
    return [*cells, str(row.line), why]
