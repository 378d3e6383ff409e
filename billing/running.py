"""The running ledger of one account: every entry in posting order with the balance after it, a page at a time."""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from billing.effects import effect, effect_in_sql
from billing.entry_keys import is_called, key_of
from billing.ledger import left_of, net_allocation
from billing.timeline import names_of
from choices import EntryKind, Method
from models import Account, Charge, Client, Entry, Payment
from money import Cents

PER_PAGE = 25


@dataclass(frozen=True)
class Line:
    """One entry: what it adds to the balance, the balance after it, and the name of who posted it."""

    entry: Entry
    effect: Cents
    balance: Cents
    by: str

    @property
    def key(self) -> str:
        return key_of(self.entry)


@dataclass(frozen=True)
class Page:
    """Lines in posting order; `opening` is the balance before the first, `older` where the page before it ends."""

    lines: list[Line]
    opening: Cents
    older: str
    newest: bool


def find(account: Account, key: str) -> Entry:
    """The entry of this account with this key; `DoesNotExist` for any other."""
    found: Entry = _entries().where((Entry.account == account) & is_called(key)).get()
    return found


def page(account: Account, before: str = "") -> Page:
    """The newest entries, or those before the one with this key, in five queries however many there are."""
    mine = Entry.account == account
    here = mine & (Entry.id < find(account, before).id) if before else mine
    found = list(_entries().where(here).order_by(Entry.id.desc()).limit(PER_PAGE + 1))
    shown = found[:PER_PAGE][::-1]
    opening = _balance_before(account, shown[0].id) if len(found) > PER_PAGE else 0
    older = key_of(shown[0]) if len(found) > PER_PAGE else ""
    return Page(_lines(shown, opening), opening, older, newest=not before)


def of_charge(charge: Charge) -> list[Line]:
    """What happened to one charge, in posting order; the balance beside it is the charge's account's no more."""
    found = list(_entries().where(Entry.charge == charge).order_by(Entry.id))
    return _lines(found, 0)


def line_of(entry: Entry) -> Line:
    """One entry by itself, with no balance."""
    return _lines([entry], 0)[0]


def left(entry: Entry) -> Cents:
    """What of an entry can still be taken back at the desk; money that came in goes back by a refund or a void."""
    if entry.kind == EntryKind.ALLOCATION:
        return min(int(entry.amount), net_allocation(entry.payment, entry.charge))
    if entry.kind == EntryKind.CHARGE:
        gone = Entry.select().where((Entry.charge == entry.charge) & (Entry.kind == EntryKind.CHARGE_VOID))
        return 0 if gone.exists() else int(entry.amount)
    undoable = (EntryKind.ADJUSTMENT, EntryKind.INSURANCE_PAYMENT, EntryKind.TRANSFER)
    return left_of(entry) if entry.kind in undoable else 0


def bankable(payment: Payment | None) -> bool:
    """Whether a person may say that this money is in the bank: it came by hand, and neither settled nor went back."""
    if payment is None or payment.attempt_id or payment.method not in (Method.CASH, Method.CHECK, Method.EXTERNAL):
        return False
    over = (EntryKind.SETTLEMENT, EntryKind.VOID, EntryKind.RETURN)
    return not Entry.select().where((Entry.payment == payment) & Entry.kind.in_(over)).exists()


def _lines(entries: list[Entry], balance: Cents) -> list[Line]:
    names, lines = names_of(entries), []
    for entry in entries:
        change = effect(entry.kind, entry.amount, entry.charge.payer if entry.charge else None)
        balance += change
        lines.append(Line(entry, change, balance, names.get(entry.by, "")))
    return lines


def _balance_before(account: Account, id: int) -> Cents:
    earlier = (Entry.account == account) & (Entry.id < id)
    total = Entry.select(fn.COALESCE(fn.SUM(effect_in_sql()), 0)).left_outer_join(Charge).where(earlier)
    return int(total.scalar())


def _entries() -> Any:
    """Entries with what they name, so that a line asks nothing more."""
    return (
        Entry.select(Entry, Charge, Client, Payment)
        .left_outer_join(Charge).left_outer_join(Client)
        .switch(Entry).left_outer_join(Payment)
    )  # fmt: skip
