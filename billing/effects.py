"""What each kind of entry does to an account's balance, on plain values and as SQL."""

from typing import Any

from peewee import Case

from choices import EntryKind, Payer
from models import Charge, Entry
from money import Cents

K = EntryKind
CLIENT_ONLY = {K.CHARGE: 1, K.CHARGE_VOID: -1, K.ADJUSTMENT: -1, K.ADJUSTMENT_REVERSAL: 1}
ALWAYS = {
    K.TRANSFER: 1, K.TRANSFER_REVERSAL: -1, K.PAYMENT: -1, K.VOID: 1, K.REFUND: 1, K.RETURN: 1, K.CHARGEBACK: 1,
    K.CHARGEBACK_WON: -1,
}  # fmt: skip


def effect(kind: EntryKind, amount: Cents, payer: str | None) -> Cents:
    """What an entry of `amount` cents adds to the balance; `payer` is of its charge, None without one."""
    signs = {**ALWAYS, **CLIENT_ONLY} if payer == Payer.CLIENT else ALWAYS
    return signs.get(kind, 0) * amount


def effect_in_sql() -> Any:
    """The same for a query of entries that is joined with their charges."""
    clients = Charge.payer == str(Payer.CLIENT)
    cases = [(Entry.kind == kind, sign * Entry.amount) for kind, sign in ALWAYS.items()]
    cases += [((Entry.kind == kind) & clients, sign * Entry.amount) for kind, sign in CLIENT_ONLY.items()]
    return Case(None, cases, 0)
