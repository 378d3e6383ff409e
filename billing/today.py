"""What the practice's first page tells: what came in this month and last, and what waits for somebody.

All of it is of what this person may see, and costs the same however much there is in the books.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import JOIN, Case, fn

from billing import deposits, disputes_list, refunds, reports, staffing, tasks, unsure
from billing.reports import Month
from billing.staffing import Act
from billing.superbill_gaps import gaps
from choices import BACK, EntryKind, StaffRole
from models import Account, BankLine, Deposit, Entry, OpenCharge, OpenCredit, Staff, WaitingPayment
from money import Cents

MONTHS = 6


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


def months(asking: Asking) -> list[Month]:
    """The last ones and this one until now; a therapist's two are of own accounts."""
    if asking.staff.role == StaffRole.THERAPIST:
        return _of_own(asking)
    return reports.collected(MONTHS, asking.today)


def owed(asking: Asking) -> Cents:
    """What clients can still be asked for on the accounts this person decides about."""
    if asking.staff.role != StaffRole.THERAPIST:
        return reports.receivable().open
    own = OpenCharge.account.in_(_own(asking.staff))
    return int(OpenCharge.select(_total(OpenCharge.open)).where(own).scalar())


def matters(asking: Asking) -> list[Matter]:
    """What waits for a decision of this person, what is most pressing first."""
    asked = (look(asking) for act, look in _LOOKS if staffing.may(asking.staff, act))
    return [matter for matter in asked if matter.count]


def _of_own(asking: Asking) -> list[Month]:
    this = asking.today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    came, went = ((Entry.kind == EntryKind.PAYMENT), Entry.kind.in_(BACK))
    signed = Case(Entry.kind, [(EntryKind.CHARGEBACK_WON, 0 - Entry.amount)], Entry.amount)
    sums = [_total(Case(None, [(came, Entry.amount)], 0)), _total(Case(None, [(went, signed)], 0))]
    mine = Entry.select(*sums).where(Entry.account.in_(_own(asking.staff)))
    spans = ((last, Entry.on.between(last, this - timedelta(days=1))), (this, Entry.on >= this))
    return [Month(first, *mine.where(span).tuples()[0]) for first, span in spans]


def _own(staff: Staff) -> Any:
    return staffing.own_accounts(staff).select(Account.id)


def _total(amounts: Any) -> Any:
    return fn.COALESCE(fn.SUM(amounts), 0)


def _disputes(asking: Asking) -> Matter:
    count, due = disputes_list.to_answer()
    return Matter("disputes", count, due=due)


def _unknown(asking: Asking) -> Matter:
    found = unsure.long_unsure(asking.now)
    return Matter("unknown", len(found), sum(each.amount for each in found))


def _tasks(asking: Asking) -> Matter:
    return Matter("tasks", tasks.count() + len(refunds.waiting()))


def _to_post(asking: Asking) -> Matter:
    found = WaitingPayment.select(fn.COUNT(WaitingPayment.id), _total(WaitingPayment.amount))
    return Matter("to_post", *found.where(WaitingPayment.payment.is_null()).tuples()[0])


def _credits(asking: Asking) -> Matter:
    count, amount = OpenCredit.select(fn.COUNT(OpenCredit.account.distinct()), _total(OpenCredit.unapplied)).tuples()[0]
    return Matter("credits", count, amount)


def _deposits(asking: Asking) -> Matter:
    """Those that the bank does not show as they should be, or not in time."""
    open_ = Deposit.select(Deposit, BankLine).join(BankLine, JOIN.LEFT_OUTER).where(Deposit.matched_at.is_null())
    return Matter("deposits", sum(deposits.state(row, asking.today) in _WRONG for row in open_))


def _gaps(asking: Asking) -> Matter:
    return Matter("gaps", len(gaps(asking.staff, asking.now)))


_WRONG = (deposits.State.OFF, deposits.State.LATE)
_LOOKS: tuple[tuple[Act, Callable[[Asking], Matter]], ...] = (
    (Act.SEE_DISPUTES, _disputes),
    (Act.SEE_TASKS, _unknown),
    (Act.SEE_TASKS, _tasks),
    (Act.SEE_POSTING, _to_post),
    (Act.SEE_CREDITS, _credits),
    (Act.SEE_DEPOSITS, _deposits),
    (Act.SEE_ACCOUNTS, _gaps),
)
