"""Credits to return: money of clients that pays nothing, with its age from the day it arose.

It never expires by itself. Some states want it back within 30 days of learning of it, long-unclaimed credit goes to
the state (https://www.texmed.org/Template.aspx?id=33085); so the list warns from day 25.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from peewee import Case

from billing.figures import PaymentFigures
from billing.ledger import payment_figures_of
from choices import IN_FLIGHT, EntryKind
from models import Account, Entry, MoneyBack, OpenCredit, Payment
from money import Cents

WARN_FROM_DAY = 25
K = EntryKind
PLUS = (K.PAYMENT, K.RELEASE, K.CHARGEBACK_WON)
MINUS = (K.ALLOCATION, K.REFUND, K.VOID, K.RETURN, K.CHARGEBACK)
SIGNED = Case(None, [(Entry.kind.in_(PLUS), Entry.amount), (Entry.kind.in_(MINUS), 0 - Entry.amount)], 0)


@dataclass(frozen=True)
class Credit:
    """One account's credit in cents, since when without a break, and the payments that hold it, newest first.

    `under_way`: payment id -> the try to give it back that may still take it.
    """

    account: Account
    amount: Cents
    since: date
    days: int
    held: tuple[PaymentFigures, ...]
    under_way: Mapping[int, MoneyBack]

    @property
    def warn(self) -> bool:
        return self.days >= WARN_FROM_DAY


def to_return(today: date) -> list[Credit]:
    """Every account with credit, the oldest credit first, in four queries."""
    rows = list(OpenCredit.select(OpenCredit, Account).join(Account))
    accounts, amounts = {row.account_id: row.account for row in rows}, Counter[int]()
    for row in rows:
        amounts[row.account_id] += row.unapplied
    held: dict[int, list[PaymentFigures]] = defaultdict(list)
    for figures in payment_figures_of(row.payment_id for row in rows):
        held[figures.payment.account_id].insert(0, figures)
    since, under_way = _since(accounts), _under_way(accounts)
    found = [
        Credit(account, amounts[id], since[id], (today - since[id]).days, tuple(held[id]), under_way)
        for id, account in accounts.items()
    ]
    return sorted(found, key=lambda row: (row.since, row.account.number))


def _under_way(ids: Iterable[int]) -> dict[int, MoneyBack]:
    mine = (MoneyBack.payment == Payment.id) | (MoneyBack.attempt == Payment.attempt)
    rows = MoneyBack.select(MoneyBack, Payment.id.alias("of")).join(Payment, on=mine)
    rows = rows.where(Payment.account.in_(list(ids)) & MoneyBack.state.in_(IN_FLIGHT))
    return {row.of: row for row in rows.objects()}


def _since(ids: Iterable[int]) -> dict[int, date]:
    """Account id -> the posting day from which it has had credit until now."""
    running: dict[int, Cents] = defaultdict(int)
    since: dict[int, date] = {}
    entries = Entry.select(Entry.account_id, Entry.on, SIGNED).where(Entry.account.in_(list(ids))).order_by(Entry.id)
    for id, on, change in entries.tuples():
        running[id] += change
        if running[id] <= 0:
            since.pop(id, None)
        else:
            since.setdefault(id, on)
    return since
