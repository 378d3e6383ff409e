"""The practice's reports: each is one function below, and its menu entry, page, picture and file follow from it.

Lines are read in blocks along an index, totals from sums that the database keeps: neither costs more the more there is
in the books. Nothing here asks who reads.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import dropwhile, islice
from typing import Any

from peewee import Case, fn

from billing.credits import to_return
from billing.waiting import unposted
from models import Account, MonthTotal, OpenCharge, OpenCredit, OpenDay
from money import Cents

MONTHS = 12
UNTIL = (30, 60, 90)  # days; what is older has no end
PER_PAGE = 50
BLOCK = PER_PAGE + 1  # one more tells that a page follows


class Kind(StrEnum):
    """What stands in a column."""

    MONTH = "month"  # its first day
    DAY = "day"
    INSTANT = "instant"
    DAYS = "days"  # how many
    ACCOUNT = "account"
    CARD = "card"  # the attempt it paid
    CENTS = "cents"


@dataclass(frozen=True)
class Column:
    """`key` ends a catalogue key."""

    key: str
    kind: Kind


@dataclass(frozen=True)
class Line:
    """A cell for each column; the next block begins after `place`. `warn`: look at it soon."""

    cells: tuple[Any, ...]
    place: int
    warn: bool = False


@dataclass(frozen=True)
class Table:
    """What a report found: `totals` are of its columns in cents, and cost nothing of what `lines` cost."""

    lines: Iterable[Line]
    totals: tuple[Cents, ...]


Finding = Callable[[date, int], Table]


@dataclass(frozen=True)
class Report:
    """`find` is given today and the place after which to begin; `headline` is the column whose total tells most.

    `bars` are the columns drawn line by line, two at most; or, with `by_column`, their totals beside each other.
    """

    key: str
    columns: tuple[Column, ...]
    find: Finding
    headline: str
    bars: tuple[str, ...]
    by_column: bool

    def total(self, table: Table, key: str) -> Cents:
        """Of this column."""
        return dict(zip(self.sums, table.totals, strict=True))[key]

    @property
    def sums(self) -> list[str]:
        """The columns in cents."""
        return [column.key for column in self.columns if column.kind == Kind.CENTS]


REPORTS: dict[str, Report] = {}


def report(
    key: str, *columns: tuple[str, Kind], headline: str, bars: tuple[str, ...] = (), by_column: bool = False
) -> Callable[[Finding], Finding]:
    """Enter this function as a report."""

    def enter(find: Finding) -> Finding:
        named = tuple(Column(name, kind) for name, kind in columns)
        REPORTS[key] = Report(key, named, find, headline, bars, by_column)
        return find

    return enter


def page(table: Table) -> tuple[list[Line], int]:
    """The lines of one page, and after which place the next begins; 0 when none follows."""
    found = list(islice(table.lines, BLOCK))
    return found[:PER_PAGE], found[PER_PAGE - 1].place if len(found) == BLOCK else 0


# --- Figures that the first page shows too ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Month:
    """What came in and went back by posting date, in cents; `first` is its first day."""

    first: date
    received: Cents
    back: Cents

    @property
    def net(self) -> Cents:
        return self.received - self.back


@dataclass(frozen=True)
class Receivable:
    """Of one account or of all: open to clients, waiting on plans, and owed to clients, in cents."""

    open: Cents = 0
    pending: Cents = 0
    credit: Cents = 0

    @property
    def balance(self) -> Cents:
        return self.open - self.credit


def collected(months: int, today: date) -> list[Month]:
    """The last so many months, this one last; one without money too."""
    firsts = [_months_before(today, ago) for ago in reversed(range(months))]
    rows = MonthTotal.select().where(MonthTotal.month >= f"{firsts[0]:%Y-%m}")
    kept = {row.month: (row.received, row.back) for row in rows}
    return [Month(first, *kept.get(f"{first:%Y-%m}", (0, 0))) for first in firsts]


def aging(today: date) -> tuple[Cents, ...]:
    """What is open by age of the client's part: up to 30, 60, 90 days, and older."""
    age = _age(OpenDay.since, today)
    rows = OpenDay.select(age, fn.SUM(OpenDay.open)).where(OpenDay.since != "").group_by(age)
    return _in_order(dict(rows.tuples()))


def receivable() -> Receivable:
    """Of all accounts together."""
    open_, pending = OpenDay.select(_total(OpenDay.open), _total(OpenDay.pending)).tuples()[0]
    return Receivable(open_, pending, OpenCredit.select(_total(OpenCredit.unapplied)).scalar())


def _months_before(today: date, months: int) -> date:
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _age(since: Any, today: date) -> Any:
    """Which of the ages, counted from 0; days are compared as the text that lies in the database."""
    starts = [(today - timedelta(days=days)).isoformat() for days in UNTIL]
    return Case(None, [(since.cast("TEXT") >= start, number) for number, start in enumerate(starts)], len(starts))


def _in_order(ages: dict[int, Cents]) -> tuple[Cents, ...]:
    return tuple(ages.get(number, 0) for number in range(len(UNTIL) + 1))


def _total(amounts: Any) -> Any:
    return fn.COALESCE(fn.SUM(amounts), 0)


# --- The reports -----------------------------------------------------------------------------------------------------


@report(
    "collected",
    ("month", Kind.MONTH), ("received", Kind.CENTS), ("back", Kind.CENTS), ("net", Kind.CENTS),
    headline="net", bars=("received", "back"),
)  # fmt: skip
def _collected(today: date, after: int) -> Table:
    """The last twelve months by posting date, from the first of them in which anything came."""
    *before, now = collected(MONTHS, today)
    begun = dropwhile(lambda row: not (row.received or row.back), before)
    cells = [(row.first, row.received, row.back, row.net) for row in (*begun, now)]
    return Table(_numbered(cells, after), tuple(map(sum, list(zip(*cells, strict=True))[1:])))


AGES = ("days30", "days60", "days90", "older")


@report(
    "aging",
    ("account", Kind.ACCOUNT), *((age, Kind.CENTS) for age in AGES), ("open", Kind.CENTS),
    headline="open", bars=AGES, by_column=True,
)  # fmt: skip
def _aging(today: date, after: int) -> Table:
    """What each account owes, by age."""
    ages = aging(today)
    return Table(_aging_lines(today, after), (*ages, sum(ages)))


@report(
    "credits",
    ("account", Kind.ACCOUNT), ("since", Kind.DAY), ("days", Kind.DAYS), ("amount", Kind.CENTS),
    headline="amount",
)  # fmt: skip
def _credits(today: date, after: int) -> Table:
    """What is to be returned, the oldest first."""
    rows = to_return(today)
    cells = [(row.account, row.since, row.days, row.amount) for row in rows]
    return Table(_numbered(cells, after, [row.warn for row in rows]), (sum(row.amount for row in rows),))


@report(
    "unposted",
    ("at", Kind.INSTANT), ("account", Kind.ACCOUNT), ("card", Kind.CARD), ("amount", Kind.CENTS),
    headline="amount",
)  # fmt: skip
def _unposted(today: date, after: int) -> Table:
    """What was received and waits to be posted, the oldest first."""
    cells = [(row.received_at, row.account, row.attempt, row.amount) for row in unposted()]
    return Table(_numbered(cells, after), (sum(amount for *_, amount in cells),))


@report(
    "receivable",
    ("account", Kind.ACCOUNT), ("pending", Kind.CENTS), ("open", Kind.CENTS), ("credit", Kind.CENTS),
    ("balance", Kind.CENTS),
    headline="balance",
)  # fmt: skip
def _receivable(today: date, after: int) -> Table:
    """Where each account stands that is not even."""
    all_ = receivable()
    return Table(_receivable_lines(after), (all_.pending, all_.open, all_.credit, all_.balance))


def _numbered(cells: list[Any], after: int, warn: list[bool] | None = None) -> list[Line]:
    """The lines of a report that is read as a whole."""
    marks = warn or [False] * len(cells)
    return [Line(*line) for line in zip(cells, range(1, len(cells) + 1), marks, strict=True)][after:]


def _aging_lines(today: date, after: int) -> Iterator[Line]:
    age = _age(OpenCharge.since, today)
    for accounts in _blocks(lambda last: _ids(OpenCharge, last, OpenCharge.open != 0), after):
        rows = OpenCharge.select(OpenCharge.account_id, age, fn.SUM(OpenCharge.open))
        found: dict[int, dict[int, Cents]] = {account.id: {} for account in accounts}
        for id, number, cents in (
            rows.where(OpenCharge.account.in_(accounts)).group_by(OpenCharge.account, age).tuples()
        ):
            found[id][number] = cents
        for account in accounts:
            ages = _in_order(found[account.id])
            yield Line((account, *ages, sum(ages)), account.id)


def _receivable_lines(after: int) -> Iterator[Line]:
    for accounts in _blocks(lambda last: _ids(OpenCharge, last) | _ids(OpenCredit, last), after):
        open_ = _by_account(OpenCharge, accounts, OpenCharge.open, OpenCharge.pending)
        credit = _by_account(OpenCredit, accounts, OpenCredit.unapplied)
        for account in accounts:
            row = Receivable(*open_.get(account.id, (0, 0)), *credit.get(account.id, (0,)))
            yield Line((account, row.pending, row.open, row.credit, row.balance), account.id)


def _ids(table: Any, last: int, *which: Any) -> Any:
    """The next accounts that have such rows, in the order they were opened."""
    rows = table.select(table.account_id).where(table.account_id > last, *which).distinct()
    return set(rows.order_by(table.account_id).limit(BLOCK).tuples())


def _by_account(table: Any, accounts: list[Account], *columns: Any) -> dict[int, tuple[Cents, ...]]:
    sums = table.select(table.account_id, *map(fn.SUM, columns)).where(table.account.in_(accounts))
    return {row[0]: row[1:] for row in sums.group_by(table.account).tuples()}


def _blocks(following: Callable[[int], Any], after: int) -> Iterator[list[Account]]:
    """Accounts, a few at a time, until none follows."""
    ids = [after]
    while ids:
        ids = sorted(id for (id,) in following(ids[-1]))[:BLOCK]
        yield list(Account.select().where(Account.id.in_(ids)).order_by(Account.id))
        ids = ids[BLOCK - 1 :]
