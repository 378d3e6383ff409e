"""A form that was sent twice is booked once.

A page with a form of money carries the end of the account's ledger as it was drawn. What the form asks for is there
already when the same person has written the same thing since: whoever means it twice looks at the account anew.
"""

from dataclasses import dataclass
from typing import Any

from billing.entry_keys import is_called, key_of
from billing.stamp import Stamp
from choices import EntryKind
from models import Account, Entry, db
from money import Cents


@dataclass(frozen=True)
class Ask:
    """Who writes and when, and up to where of the ledger their page had `seen`."""

    stamp: Stamp
    seen: str


def end_of(account: Account) -> str:
    """What the account's last entry is called; empty when it has none."""
    last = Entry.select(Entry.hash).where(Entry.account == account).order_by(Entry.id.desc()).first()
    return key_of(last) if last else ""


def written(ask: Ask, account: Account, kind: EntryKind, amount: Cents, **names: Any) -> bool:
    """Whether this person has posted such an entry on the account since the page was drawn.

    `names` are the charge, payment or reference it is about. Must run in the transaction that then writes.
    """
    assert db.in_transaction(), "asked before the lock is held, two answers could both be no"
    drawn = Entry.get_or_none(is_called(ask.seen))
    since = (Entry.account == account) & (Entry.id > (drawn.id if drawn else 0)) & (Entry.by == ask.stamp.by)
    same = (Entry.kind == kind) & (Entry.amount == amount)
    for name, row in names.items():
        same &= getattr(Entry, name) == row
    return bool(Entry.select().where(since & same).exists())
