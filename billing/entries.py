"""The one door to the ledger: every entry is chained to the one before it."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from billing.stamp import Stamp
from choices import EntryKind
from fields import canonical_json
from models import Account, Charge, Entry, Payment, db
from money import Cents
from tables import insert_all

GENESIS = "0" * 64


def post(
    kind: EntryKind,
    account: Account,
    amount: Cents,
    stamp: Stamp,
    *,
    charge: Charge | None = None,
    payment: Payment | None = None,
    names: Entry | None = None,
    category: str = "",
    reason: str = "",
    reference: str = "",
) -> Entry:
    """Append one entry of `amount` cents, above zero. The caller has checked that it is allowed.

    Must run inside a transaction that holds the write lock: the chain has one end.
    """
    assert db.in_transaction(), "an entry is posted inside a transaction"
    last = Entry.select(Entry.hash).order_by(Entry.id.desc()).first()
    entry = Entry(
        kind=kind, account=account, amount=amount, charge=charge, payment=payment, names=names,
        category=category, reason=reason, reference=reference, by=stamp.by, on=stamp.on, at=stamp.at,
        prev_hash=last.hash if last else GENESIS,
    )  # fmt: skip
    entry.hash = digest(entry)
    entry.save(force_insert=True)
    return entry


def post_all(facts: Iterable[Mapping[str, Any]], stamp: Stamp, reason: str = "") -> list[int]:
    """Append an entry for each of `facts` (kind, account, charge, amount …), chained in that order; returns their ids.

    As `post`, for many at once: one question for the end of the chain, and each reason sealed once. `reason` and the
    posting day are those of all whose facts name none.
    """
    assert db.in_transaction(), "entries are posted inside a transaction"
    last = Entry.select(Entry.id, Entry.hash).order_by(Entry.id.desc()).first()
    end, sealed, rows = last.hash if last else GENESIS, dict[str, Any](), []
    for id, each in enumerate(facts, last.id + 1 if last else 1):
        about = {"reason": reason, "by": stamp.by, "on": stamp.on, "at": stamp.at, **each}
        entry = Entry(id=id, prev_hash=end, **about)
        entry.hash = end = digest(entry)
        entry.__data__["reason"] = _sealed_once(about["reason"], sealed)
        rows.append(entry)
    insert_all(rows)
    return [entry.id for entry in rows]


def _sealed_once(reason: str, kept: dict[str, Any]) -> Any:
    if reason not in kept:
        kept[reason] = Entry.reason.python_value(Entry.reason.db_value(reason))
    return kept[reason]


FACTS = (
    "kind", "account_id", "charge_id", "payment_id", "names_id", "amount",
    "category", "reason", "reference", "by", "on", "at",
)  # fmt: skip


def digest(entry: Entry) -> str:
    """SHA-256 over the previous hash and the entry's own facts."""
    facts = {name: _text(getattr(entry, name)) for name in FACTS}
    return hashlib.sha256((entry.prev_hash + canonical_json(facts)).encode()).hexdigest()


def _text(value: object) -> object:
    if isinstance(value, datetime):
        return Entry.at.db_value(value)
    return value.isoformat() if isinstance(value, date) else value
