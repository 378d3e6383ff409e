"""Deposits for QuickBooks: three columns, a few lines for each deposit, which together are what the bank shows.

Three columns because the vendor's help and others disagree on Credit and Debit in the form with four. No names.
https://quickbooks.intuit.com/learn-support/en-uk/help-article/bank-transactions/format-csv-files-excel-get-bank-transactions/L4BjLWckq_GB_en_GB
"""

from collections.abc import Iterable, Iterator

from billing.sheets import Cell, sheet
from exchange.outgoing import Asked
from models import Deposit
from money import Cents, plain_dollars

HEADER = ["Date", "Description", "Amount"]
MOST_ROWS, MOST_BYTES = 1_000, 350_000  # of one file


def files(asked: Asked) -> list[str]:
    """The deposits of these days in as few files as QuickBooks takes; at least one, if only its header."""
    pages: list[list[str]] = [[]]
    head = "".join(sheet(HEADER, []))
    room = MOST_BYTES - len(head.encode())
    for deposit in Deposit.select().where(asked.days(Deposit.day)).order_by(Deposit.day, Deposit.id):
        lines = list(sheet(HEADER, _rows(deposit)))[1:]
        if len(pages[-1]) + len(lines) > MOST_ROWS - 1 or _bytes([*pages[-1], *lines]) > room:
            pages.append([])
        pages[-1] += lines
    return [head + "".join(page) for page in pages]


def _bytes(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) for line in lines)


def _rows(deposit: Deposit) -> Iterator[list[Cell]]:
    for name, cents in _parts(deposit):
        if cents:
            yield [f"{deposit.day:%m/%d/%Y}", f"{name} {deposit.number}", plain_dollars(cents)]


def _parts(deposit: Deposit) -> list[tuple[str, Cents]]:
    """They come to the net; what the processor did not explain is among the last."""
    parts = [
        ("Client payments", deposit.gross), ("Disputes", -deposit.disputes), ("Processor fees", -deposit.fees),
        ("Refunds", -deposit.refunds),
    ]  # fmt: skip
    return [*parts, ("Other", deposit.net - sum(cents for _, cents in parts))]
