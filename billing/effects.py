"""What each kind of entry does to the balance of its account, on plain values and in the database."""

from typing import Any

from peewee import Case

from choices import EntryKind, Payer
from models import Charge, Entry

# On a charge that the health plan is asked for, these move nothing of what the client owes.
ON_CLIENTS = {
    EntryKind.CHARGE: 1, EntryKind.CHARGE_VOID: -1, EntryKind.ADJUSTMENT: -1, EntryKind.ADJUSTMENT_REVERSAL: 1,
}  # fmt: skip
ALWAYS = {
    EntryKind.TRANSFER: 1, EntryKind.TRANSFER_REVERSAL: -1, EntryKind.PAYMENT: -1, EntryKind.VOID: 1,
    EntryKind.REFUND: 1, EntryKind.RETURN: 1, EntryKind.CHARGEBACK: 1, EntryKind.CHARGEBACK_WON: -1,
}  # fmt: skip


def sign(kind: str, payer: str | None) -> int:
    """1 when an entry of this kind raises what is owed, -1 when it lowers it, 0 when it does neither.

    `payer` is that of its charge, None for an entry without one.
    """
    if payer == Payer.CLIENT and kind in ON_CLIENTS:
        return ON_CLIENTS[EntryKind(kind)]
    return ALWAYS.get(EntryKind(kind), 0)


def effect() -> Any:
    """The same in SQL, times the amount in cents; for queries that join each entry's charge where there is one."""
    clients = [((Entry.kind == kind) & (Charge.payer == Payer.CLIENT), sign) for kind, sign in ON_CLIENTS.items()]
    always = [(Entry.kind == kind, sign) for kind, sign in ALWAYS.items()]
    return Entry.amount * Case(None, [*clients, *always], 0)
