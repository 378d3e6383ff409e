"""Rows of another system's report of payments, held against ours: by client, nothing is posted.

Payments belong to accounts. Clients who share an account are compared together.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from billing.payment_filters import midnight
from choices import EntryKind
from exchange import cells
from exchange.known import Known
from exchange.mapping import Column
from exchange.rows import Fate, Row, hashed
from models import Account, Entry, Imported, Payment, Practice
from money import Cents

COLUMNS = (
    Column("payment_id", cells.text(120)),
    Column("client_id", cells.text(64)),
    Column("client_name", cells.text(161)),
    Column("date", cells.instant_day, dated=True),
    Column("from", cells.past_day, dated=True),
    Column("to", cells.past_day, dated=True),
    Column("amount", cells.dollars),
    Column("client_paid", cells.dollars),
    Column("client_refunded", cells.dollars),
    Column("insurance_paid", cells.dollars),
)
SUMS = ("amount", "client_paid", "client_refunded", "insurance_paid")
EITHER = (("client_id", "client_name"), ("date", "from"), ("date", "to"), SUMS)
ASKS = ("from", "to")  # days that a person names where the file has none
KEY = ("client_id", "client_name", "date", "amount")
DAY = "date"
EXAMPLE = {"client_id": "C-17", "from": "2026-10-01", "to": "2026-10-31", "client_paid": "45.00"}
BACK = (EntryKind.REFUND, EntryKind.VOID, EntryKind.RETURN, EntryKind.CHARGEBACK)


@dataclass(frozen=True)
class Found:
    """One sum of one client, or of several who share accounts: theirs and ours, in cents. `line` is the first."""

    line: int
    who: str
    what: str
    theirs: Cents
    ours: Cents

    @property
    def differs(self) -> bool:
        return self.theirs != self.ours


def resolve(row: Row, known: Known) -> None:
    """Which accounts this client is on."""
    client = row.ask("client_id", known.client, row.values, of=("client_name",))
    if client is None:
        return
    row.facts = {"accounts": known.accounts_of(client)}
    row.content = hashed(row.line, *(row.values.get(name, 0) for name in SUMS))


def together(rows: list[Row], known: Known) -> None:
    """Add up what they have of each client, and what we have."""
    groups: dict[frozenset[int], list[Row]] = defaultdict(list)
    for row in rows:
        if not row.problems:
            row.fate = Fate.SAME
            groups[row.facts["accounts"]].append(row)
    days = _days(row for group in groups.values() for row in group)
    for accounts, group in groups.items():
        group[0].facts["compared"] = _compared(accounts, group, days)


def between(first: date, last: date) -> Any:
    """Nothing was ever made."""
    return Imported.select(Imported.made).where(Imported.id.is_null())


def _days(rows: Iterable[Row]) -> tuple[date, date]:
    """The first and last day that the file is about."""
    values = [row.values for row in rows]
    first = [each.get("from") or each.get("date") for each in values]
    last = [each.get("to") or each.get("date") for each in values]
    return min(filter(None, first), default=date.min), max(filter(None, last), default=date.min)


def _compared(accounts: frozenset[int], group: list[Row], days: tuple[date, date]) -> list[Found]:
    here = [name for name in SUMS if any(name in row.values for row in group)]
    theirs = {name: sum(row.values.get(name, 0) for row in group) for name in here}
    ours, who = _ours(accounts, *days), _who(accounts)
    return [Found(group[0].line, who, name, theirs[name], ours[name]) for name in here]


def _ours(accounts: frozenset[int], first: date, last: date) -> dict[str, Cents]:
    """What came in in these days, what went back, and what plans paid."""
    zone = Practice.the().time_zone
    days = (Payment.paid_at >= midnight(first, zone)) & (Payment.paid_at < midnight(last + timedelta(days=1), zone))
    paid = Payment.select(fn.COALESCE(fn.SUM(Payment.amount), 0)).where(Payment.account.in_(list(accounts)) & days)
    about = Entry.account.in_(list(accounts)) & Entry.on.between(first, last)
    sums = dict(Entry.select(Entry.kind, fn.SUM(Entry.amount)).where(about).group_by(Entry.kind).tuples())
    came, back = int(paid.scalar()), sum(sums.get(kind, 0) for kind in BACK) - sums.get(EntryKind.CHARGEBACK_WON, 0)
    plans = sums.get(EntryKind.INSURANCE_PAYMENT, 0) - sums.get(EntryKind.INSURANCE_REVERSAL, 0)
    return {"amount": came - back, "client_paid": came, "client_refunded": back, "insurance_paid": plans}


def _who(accounts: frozenset[int]) -> str:
    numbers = Account.select(Account.number).where(Account.id.in_(list(accounts))).order_by(Account.number)
    return ", ".join(number for (number,) in numbers.tuples())
