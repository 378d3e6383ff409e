"""Tables as files for a spreadsheet: UTF-8 with a mark, commas, CRLF, and no cell that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime

MARK = "\ufeff"
NUMBER = re.compile(r"-?\d+\.\d{2}")
# How a cell begins that a spreadsheet takes for a formula (OWASP, CSV injection).
RUN = ("=", "+", "-", "@", "\t", "\r", "\n")
Cell = str | date | None


def sheet(header: list[str], rows: Iterable[list[Cell]]) -> Iterator[str]:
    """The file in pieces, a line each; the header row always."""
    yield MARK + _line([_text(name) for name in header])
    for row in rows:
        yield _line([_text(cell) for cell in row])


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(cell, date):
        return cell.isoformat()
    text = cell or ""
    return f"'{text}" if text.startswith(RUN) and not NUMBER.fullmatch(text) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
