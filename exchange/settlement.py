"""The processor's files about payouts: gross, fees and net of each transfer, and its transactions.

Two are read. The Disbursement & Fee Report has a summary row for each transfer and a row for each transaction, each
kind below its own header; what flows to the practice is above zero, and so fees are below
(https://developer.paypal.com/braintree/articles/guides/disbursement-fee-report/report-structure, read 2026-11).
A transaction search names transactions and the day each was paid out, but neither transfers nor fees.

Names, emails and digits of cards in these files are never read.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing.deposits import Payout, Told
from choices import DepositLineKind, DepositSource
from exchange import cells
from exchange.cells import Refused, Way
from exchange.mapping import plain
from exchange.reading import Record, Sheet, Unreadable
from exchange.rows import Problem
from money import Cents

K = DepositLineKind
FRAME = ("RH", "RF")  # the first and the last row of a report
NAMED_DAY = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
ID, IDS = cells.text(64), cells.text(1000)
# The columns by which the header of details, of the summary and of a transaction search is known.
KNOWN_BY = (
    {"recordid", "transferid", "grosssettlementamount"},
    {"transferids", "netdisbursedamount"},
    {"transactionid", "transactiontype", "disbursementdate"},
)


@dataclass
class Report:
    """What a file tells. With `problems` nothing of it may be taken; `skipped` rows are others' or not paid out yet."""

    payouts: list[Payout] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: int = 0


@dataclass(frozen=True)
class _Line:
    """One row below its header."""

    record: Record
    columns: dict[str, int]
    way: Way

    def __call__(self, *names: str) -> str:
        """The first of these columns that the file has and that is not empty."""
        cells_ = self.record.cells
        places = (self.columns[plain(name)] for name in names if plain(name) in self.columns)
        return next((cells_[place] for place in places if place < len(cells_) and cells_[place]), "")

    def has(self, *names: str) -> bool:
        return {plain(name) for name in names} <= set(self.columns)

    def need(self, name: str, reader: Callable[[str, Way], Any]) -> Any:
        """Raises Refused when it is empty or cannot be read."""
        if not self(name):
            raise Refused("empty", column=name)
        return self.read(name, reader)

    def cents(self, name: str) -> Cents | None:
        found: Cents | None = self.read(name, cells.dollars) if self(name) else None
        return found

    def read(self, name: str, reader: Callable[[str, Way], Any]) -> Any:
        """Raises Refused, which names the column."""
        try:
            return reader(self(name), self.way)
        except Refused as refused:
            refused.values["column"] = name
            raise


@dataclass(frozen=True)
class _Row:
    """One transaction with the transfer or the day it belongs to, and what came of it."""

    told: Told
    transfer_id: str
    day: date | None
    net: Cents | None


def read(sheet: Sheet, way: Way, file_name: str = "", merchant_account: str = "") -> Report:
    """What a file of the processor tells, transfer by transfer.

    Raises:
        Unreadable: it has none of the columns by which we know such a file.
    """
    report, rows = Report(), list[_Row]()
    nets: dict[str, Cents] = {}
    lines = list(_lines(sheet, way))
    if not lines:
        raise Unreadable("pr.rec.file.unknown")
    for line in lines:
        try:
            _foreign(line, merchant_account)
            if line.has("Transfer ID(s)") and not line.has("Record ID"):
                nets |= _net_of(line)
            elif row := _row(line):
                rows.append(row)
            else:
                report.skipped += 1
        except _Foreign:
            report.skipped += 1
        except Refused as refused:
            column = refused.values.pop("column", "")
            report.problems.append(Problem(line.record.line, column, refused.code, refused.values))
    report.payouts = [] if report.problems else list(_payouts(rows, nets, _day_in(file_name)))
    return report


class _Foreign(Exception):
    """A row of another merchant account."""


def _foreign(line: _Line, merchant_account: str) -> None:
    named = line("Merchant Account ID", "Merchant Account")
    if merchant_account and named and named != merchant_account:
        raise _Foreign
    for column in ("Currency", "Currency ISO Code"):
        if line(column) not in ("", "USD"):
            raise Refused("pr.rec.file.currency", value=cells.shown(line(column)), column=column)


def _lines(sheet: Sheet, way: Way) -> Iterator[_Line]:
    """Each row with the header above it. A report has several headers; its frame has none."""
    columns: dict[str, int] = {}
    for record in (Record(1, sheet.header), *sheet.records):
        names = {plain(cell): place for place, cell in enumerate(record.cells) if cell}
        if _is_header(names):
            columns = names
        elif columns and record.cells[0] not in FRAME:
            yield _Line(record, columns, way)


def _is_header(names: dict[str, int]) -> bool:
    return any(known <= set(names) for known in KNOWN_BY)


def _net_of(line: _Line) -> dict[str, Cents]:
    """The net of one transfer, as the summary has it; of one sent in parts, which names each, the rows tell."""
    net = line.cents("Net Disbursed Amount")
    return {} if net is None else {line.need("Transfer ID(s)", IDS): net}


def _row(line: _Line) -> _Row | None:
    return _detail(line) if line.has("Record ID") else _found(line)


def _detail(line: _Line) -> _Row:
    """A row of the report."""
    gross = line.need("Gross Settlement Amount", cells.dollars)
    fees, net = line.cents("Total Net Fees"), line.cents("Net Disbursed Amount")
    reference, about = line.need("Record ID", ID), line.read("Original Record ID", ID)
    kind = _kind(line("Record Type"), gross)
    told = Told(reference, kind, gross, _fee(gross, fees, net), line.read("Order ID", ID), about)
    day = line.read("Disbursement Date", cells.day) if line("Disbursement Date") else None
    return _Row(told, line.need("Transfer ID", ID), day, net)


def _found(line: _Line) -> _Row | None:
    """A row of a transaction search; None for what was not paid out yet."""
    if not line("Disbursement Date"):
        return None
    amount = "Settlement Amount" if line("Settlement Amount") else "Amount Submitted For Settlement"
    cents = abs(line.need(amount, cells.dollars))
    credit = line.need("Transaction Type", cells.word("sale", "credit")) == "credit"
    about = line.read("Refunded Transaction ID", ID)
    kind, reference = K.REFUND if credit else K.SALE, line.need("Transaction ID", ID)
    told = Told(reference, kind, -cents if credit else cents, None, line.read("Order ID", ID), about)
    return _Row(told, "", line.read("Disbursement Date", cells.day), None)


def _kind(word: str, gross: Cents) -> DepositLineKind:
    """What a row is by its type, and by its sign where the type says nothing."""
    name = word.casefold()
    if "refund" in name or (not name and gross < 0):
        return K.REFUND
    if "sale" in name or (not name and gross > 0):
        return K.SALE
    if "dispute" in name or "chargeback" in name:
        return K.DISPUTE if gross < 0 else K.DISPUTE_WON
    return K.ADJUSTMENT


def _fee(gross: Cents, fees: Cents | None, net: Cents | None) -> Cents | None:
    """What the processor kept; the row's net shows which sign this file gives to fees."""
    if fees is None:
        return None
    if net is not None and gross + fees == net:
        return -fees
    return fees if net is not None and gross - fees == net else abs(fees)


def _payouts(rows: list[_Row], nets: dict[str, Cents], day: date | None) -> Iterator[Payout]:
    groups: dict[tuple[str, date | None], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.transfer_id, row.day if not row.transfer_id else None), []).append(row)
    for (transfer_id, _), group in groups.items():
        when = next((row.day for row in group if row.day), day)
        lines = tuple(row.told for row in group)
        yield Payout(when, lines, DepositSource.REPORT, transfer_id, nets.get(transfer_id, _net(group)))


def _net(group: list[_Row]) -> Cents | None:
    """The sum of the rows' own nets, where each has one."""
    nets = [row.net for row in group if row.net is not None]
    return sum(nets) if len(nets) == len(group) else None


def _day_in(file_name: str) -> date | None:
    """Reports carry the day of the payout in their name."""
    found = NAMED_DAY.search(file_name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
