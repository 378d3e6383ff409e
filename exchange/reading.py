"""A file as it came: from bytes to records, each with the line it begins on. Nothing but CSV text is read.

Files that spreadsheets and record systems write differ in alphabet, delimiter and line ends (RFC 4180 names one way).
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from billing.errors import BillingError

MOST_BYTES = 20_000_000
MOST_ROWS = 50_000
MOST_COLUMNS = 500
LONGEST_CELL = 5_000  # letters; a cell in no column of ours may be long
DELIMITERS = (",", ";", "\t")
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2066-\u2069\ufeff]")
# What our own sheets write before a cell that a spreadsheet would run (billing/sheets.py).
_GUARDED = re.compile(r"'(?=[=+\-@\t\r\n])")


class Unreadable(BillingError):
    """The file as a whole cannot be taken; nothing of it was."""

    field = "file"


@dataclass(frozen=True, slots=True)
class Record:
    """One row. `line` is the line of the file that it begins on; the first line is 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """A whole file. `notices` are keys of sentences about how it was read."""

    header: list[str]
    records: list[Record]
    notices: tuple[str, ...] = ()


def taken(stream: BinaryIO) -> bytes:
    """The bytes of an upload. Raises Unreadable for too many, without reading on, and for none."""
    data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreadable("pr.import.err.large")
    if not data.strip():
        raise Unreadable("pr.import.err.nothing")
    return data


def read(data: bytes) -> Sheet:
    """The records of a file.

    Raises:
        Unreadable: it is no text, no CSV from a line on, has no rows, or more than we take.
    """
    text, notices = _text(data)
    delimiter = _delimiter(text)
    records = _records(text, delimiter)
    first = next(records, None)
    if first is None:
        raise Unreadable("pr.import.err.nothing")
    rows = list(islice(records, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise Unreadable("pr.import.err.rows")
    if not rows:
        raise Unreadable("pr.import.err.header")
    return Sheet(first.cells, rows, notices)


def _text(data: bytes) -> tuple[str, tuple[str, ...]]:
    if data.startswith(UTF16):
        return _decoded(data, "utf-16"), ()
    if b"\x00" in data:
        raise _no_csv(data.count(b"\n", 0, data.index(b"\x00")) + 1)
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        return _decoded(data, "cp1252"), ("pr.import.cp1252",)


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        lines = data[: error.start].decode(encoding, "replace").count("\n")
        raise _no_csv(lines + 1) from None


def _delimiter(text: str) -> str:
    """The one that cuts the header into the most columns."""
    return max(DELIMITERS, key=lambda each: _columns(text, each))


def _columns(text: str, delimiter: str) -> int:
    try:
        first = next(_records(text, delimiter), None)
    except Unreadable:
        return text.partition("\n")[0].count(delimiter)
    return len(first.cells) if first else 0


def _records(text: str, delimiter: str) -> Iterator[Record]:
    """Each row that holds anything, tidied; cells of a spreadsheet's empty rows are left out."""
    rows, line = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error:
            raise _no_csv(line) from None
        if len(cells) > MOST_COLUMNS:
            raise _no_csv(line)
        if any(map(str.strip, cells)):
            yield Record(line, [_cell(cell, line) for cell in cells])
        line = rows.line_num + 1


def _cell(text: str, line: int) -> str:
    """Without what cannot be seen, and without the mark that keeps a spreadsheet from running it."""
    if len(text) > LONGEST_CELL:
        raise _no_csv(line)
    seen = _CONTROL.sub("", text)
    return _GUARDED.sub("", seen, count=1) if seen.startswith("'") else seen.strip()


def _no_csv(line: int) -> Unreadable:
    return Unreadable("pr.import.unread", n=str(line))
