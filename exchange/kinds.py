"""The kinds of files and what each can do: one line here for each, one module for its rows."""

from dataclasses import dataclass
from types import ModuleType

from choices import ImportKind
from exchange import (
    account_rows,
    adjustment_rows,
    charge_rows,
    client_rows,
    compare_rows,
    fee_rows,
    payment_rows,
)
from exchange.mapping import Column

EVENLY = "evenly"  # the profile of our own templates


@dataclass(frozen=True)
class Kind:
    """One kind of file. `rows` is the module that knows its rows; `id` the field that names a row for good.

    `slice`: how many rows of a long file are written at a time, so that nobody waits (docs/decisions/0018).
    """

    word: ImportKind
    rows: ModuleType
    id: str
    money: bool
    slice: int

    @property
    def columns(self) -> tuple[Column, ...]:
        found: tuple[Column, ...] = self.rows.COLUMNS
        return found


KINDS = {
    kind.word: kind
    for kind in (
        Kind(ImportKind.FEES, fee_rows, "fee_key", money=False, slice=100),
        Kind(ImportKind.CLIENTS, client_rows, "client_id", money=False, slice=100),
        Kind(ImportKind.ACCOUNTS, account_rows, "", money=False, slice=100),
        Kind(ImportKind.CHARGES, charge_rows, "charge_id", money=True, slice=200),
        Kind(ImportKind.ADJUSTMENTS, adjustment_rows, "entry_id", money=True, slice=100),
        Kind(ImportKind.PAY_LINK, payment_rows, "payment_id", money=True, slice=20),
        Kind(ImportKind.COMPARE, compare_rows, "payment_id", money=True, slice=100),
    )
}
