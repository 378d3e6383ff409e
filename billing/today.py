"""What the practice's first page tells: what came in this month and last, and what waits for somebody.

All of it is of what this person may see, and costs the same however much there is in the books.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import Case, fn

from billing import refunds, staffing, tasks, unsure
from billing.staffing import Act
from billing.superbill_gaps import gaps
from choices import BACK, DisputeState, EntryKind, StaffRole
from models import Account, Dispute, Entry, MonthTotal, OpenCharge, OpenCredit, Staff, WaitingPayment
from money import Cents


@dataclass(frozen=True)
class Matter:
    """Something that waits: `what` ends a catalogue key, `count` is how many, `amount` their cents, `due` by when."""

    what: str
    count: int
    amount: Cents | None = None
    due: date | None = None


@dataclass(frozen=True)
class Asking:
    """Who looks, when, and on which day of the practice."""

    staff: Staff
    now: datetime
    today: date


@dataclass(frozen=True)
class Months:
    """What came in less what went back, in cents, by posting date, with the first and last days of both months."""

    this_from: date
    last_from: date
    last_until: date
    this: Cents
    last: Cents


def months(asking: Asking) -> Months:
    """This month until now, and all of the last; a therapist's are of own accounts."""
    this_from = asking.today.replace(day=1)
    last_until = this_from - timedelta(days=1)
    last_from = last_until.replace(day=1)
    read = _of_own if asking.staff.role == StaffRole.THERAPIST else _of_all
    found = read(asking.staff, last_from)
    sums = (found.get(_name(first), 0) for first in (this_from, last_from))
    return Months(this_from, last_from, last_until, *sums)


def owed(asking: Asking) -> Cents:
    """What clients can still be asked for on the accounts this person decides about."""
    rows = OpenCharge.select(_total(OpenCharge.open))
    if asking.staff.role == StaffRole.THERAPIST:
        rows = rows.where(OpenCharge.account.in_(_own(asking.staff)))
    return int(rows.scalar())


def to_post() -> tuple[int, Cents]:
    """How many payments wait to be posted, and their sum."""
    found = WaitingPayment.select(fn.COUNT(WaitingPayment.id), _total(WaitingPayment.amount))
    count, amount = found.where(WaitingPayment.payment.is_null()).tuples()[0]
    return count, amount


def matters(asking: Asking) -> list[Matter]:
    """What waits for a decision of this person, what is most pressing first."""
    asked = (look(asking) for act, look in _LOOKS if staffing.may(asking.staff, act))
    return [matter for matter in asked if matter.count]


def _of_all(staff: Staff, since: date) -> dict[str, Cents]:
    rows = MonthTotal.select().where(MonthTotal.month >= _name(since))
    return {row.month: row.received - row.back for row in rows}


def _of_own(staff: Staff, since: date) -> dict[str, Cents]:
    month = fn.substr(Entry.on, 1, 7)
    gone = tuple(kind for kind in BACK if kind != EntryKind.CHARGEBACK_WON)
    came = (EntryKind.PAYMENT, EntryKind.CHARGEBACK_WON)
    sum_ = Case(None, [(Entry.kind.in_(came), Entry.amount), (Entry.kind.in_(gone), 0 - Entry.amount)], 0)
    rows = Entry.select(month, fn.SUM(sum_)).where(Entry.account.in_(_own(staff)) & (Entry.on >= since))
    return dict(rows.group_by(month).tuples())


def _name(first: date) -> str:
    return f"{first:%Y-%m}"


def _own(staff: Staff) -> Any:
    return staffing.own_accounts(staff).select(Account.id)


def _total(amounts: Any) -> Any:
    return fn.COALESCE(fn.SUM(amounts), 0)


def _disputes(asking: Asking) -> Matter:
    """Those that wait for our answer, and the first day by which the bank wants one."""
    ours = (Dispute.state == DisputeState.OPEN) & Dispute.answer.is_null() & Dispute.answered_at.is_null()
    count, due = Dispute.select(fn.COUNT(Dispute.id), fn.MIN(Dispute.evidence_due_on)).where(ours).tuples()[0]
    return Matter("disputes", count, due=date.fromisoformat(due) if due else None)


def _unknown(asking: Asking) -> Matter:
    found = unsure.long_unsure(asking.now)
    return Matter("unknown", len(found), sum(each.amount for each in found))


def _tasks(asking: Asking) -> Matter:
    return Matter("tasks", tasks.count() + len(refunds.waiting()))


def _to_post(asking: Asking) -> Matter:
    return Matter("to_post", *to_post())


def _credits(asking: Asking) -> Matter:
    count, amount = OpenCredit.select(fn.COUNT(OpenCredit.account.distinct()), _total(OpenCredit.unapplied)).tuples()[0]
    return Matter("credits", count, amount)


def _gaps(asking: Asking) -> Matter:
    return Matter("gaps", len(gaps(asking.staff, asking.now)))


_LOOKS: tuple[tuple[Act, Callable[[Asking], Matter]], ...] = (
    (Act.SEE_DISPUTES, _disputes),
    (Act.SEE_TASKS, _unknown),
    (Act.SEE_TASKS, _tasks),
    (Act.SEE_POSTING, _to_post),
    (Act.SEE_CREDITS, _credits),
    (Act.SEE_ACCOUNTS, _gaps),
)
