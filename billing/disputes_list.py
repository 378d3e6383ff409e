"""Disputes as staff see them: what to do first on top, with the days that are left."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from peewee import Case, fn

from billing import staffing
from choices import DisputeState, EntryKind
from models import Account, AuditEntry, Dispute, Entry, Hold, Payment, Staff
from money import Cents

PER_PAGE = 50
NEAR, VERY_NEAR = 7, 2  # days
CHOICES = ("ask", "write_off")  # after a loss
# The networks' reasons for taking money back,
# <https://developer.paypal.com/braintree/docs/reference/response/dispute#reason>
REASONS = (
    "cancelled_recurring_transaction", "credit_not_processed", "duplicate", "fraud", "general", "invalid_account",
    "not_recognized", "product_not_received", "product_unsatisfactory", "transaction_amount_differs",
)  # fmt: skip


class Stage(StrEnum):
    """Whose turn it is, in the order of the list."""

    ANSWER = "answer"  # ours, by the due date
    CHOOSE = "choose"  # ours: ask the client again, or write off
    ASKED = "asked"  # the processor has not confirmed our answer
    BANK = "bank"
    LOST = "lost"
    WON = "won"


ORDER = tuple(Stage)


@dataclass(frozen=True)
class Row:
    """One dispute. `cents` is what the bank took; `days` are left to answer, below zero when it is late."""

    dispute: Dispute
    stage: Stage
    cents: Cents
    days: int | None

    @property
    def urgency(self) -> str:
        """bad, warn or quiet: how near the due date is."""
        if self.days is None or self.days > NEAR:
            return "quiet"
        return "bad" if self.days <= VERY_NEAR else "warn"

    @property
    def why(self) -> str:
        """The bank's reason as a word of REASONS; one that nobody knows yet names nothing."""
        return self.dispute.reason if self.dispute.reason in REASONS else "general"


@dataclass(frozen=True)
class Listing:
    """One page."""

    rows: list[Row]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PER_PAGE))


@dataclass(frozen=True)
class Deed:
    """One step that a person took: what ("fought"), who, when, and the reason where one was asked for."""

    what: str
    name: str
    at: datetime
    reason: str


def listing(staff: Staff, page: int, today: date, now: datetime) -> Listing:
    """The disputes of the accounts this person may see, in two queries: what is due first, then the newest."""
    found = _rows(staff, now)
    count = found.where(Dispute.id > 0).count()  # beginning with the few disputes, not with every payment
    page = min(max(page, 1), max(1, -(-count // PER_PAGE)))
    due = fn.COALESCE(Dispute.evidence_due_on, "9999")
    ordered = found.order_by(_place(), Case(None, [(_place() == 0, due)], ""), Dispute.id.desc())
    return Listing([_row(each, today) for each in ordered.paginate(page, PER_PAGE)], count, page)


def to_answer() -> tuple[int, date | None]:
    """How many wait for our answer, and the first day by which a bank wants one."""
    ours = (Dispute.state == DisputeState.OPEN) & Dispute.answer.is_null() & Dispute.answered_at.is_null()
    count, due = Dispute.select(fn.COUNT(Dispute.id), fn.MIN(Dispute.evidence_due_on)).where(ours).tuples()[0]
    return count, due


def one(staff: Staff, key: str, today: date, now: datetime) -> Row:
    """The dispute with this key; `DoesNotExist` when this person may not see it."""
    return _row(_rows(staff, now).where(Dispute.key == key).get(), today)


def of_payments(ids: list[int]) -> dict[int, Dispute]:
    """Payment id -> its dispute, where there is one."""
    return {row.payment_id: row for row in Dispute.select().where(Dispute.payment.in_(ids))}


def story(dispute: Dispute) -> list[Deed]:
    """What people of the practice did about it, oldest first."""
    names = {f"staff:{row.id}": str(row.name) for row in Staff.select()}
    deeds = AuditEntry.select().where(AuditEntry.subject == f"dispute:{dispute.id}").order_by(AuditEntry.id)
    whats = ((row, row.what.partition(".")[2]) for row in deeds)
    return [Deed(what, names[row.by], row.at, _why(dispute, what)) for row, what in whats]


def _why(dispute: Dispute, what: str) -> str:
    """What staff wrote as they ended the hold."""
    return str(Hold.get(Hold.dispute == dispute).reason) if what in CHOICES else ""


def _rows(staff: Staff, now: datetime) -> Any:
    took = Entry.select(Entry.amount).where((Entry.payment == Dispute.payment) & (Entry.kind == EntryKind.CHARGEBACK))
    rows = Dispute.select(Dispute, Payment, Account, fn.COALESCE(took, 0).alias("cents"), _place().alias("place"))
    rows = rows.join(Payment).join(Account)
    return rows.where(staffing.within(staff, Payment.account, now))


def _place() -> Any:
    """The dispute's stage as a place in ORDER."""
    held = fn.EXISTS(Hold.select(Hold.id).where((Hold.dispute == Dispute.id) & Hold.ended_at.is_null()))
    cases = [
        (Dispute.state == DisputeState.WON, Stage.WON),
        ((Dispute.state == DisputeState.LOST) & held, Stage.CHOOSE),
        (Dispute.state == DisputeState.LOST, Stage.LOST),
        (Dispute.answer.is_null(False), Stage.BANK),
        (Dispute.answered_at.is_null(False), Stage.ASKED),
    ]
    return Case(None, [(when, ORDER.index(stage)) for when, stage in cases], ORDER.index(Stage.ANSWER))


def _row(found: Any, today: date) -> Row:
    stage, due = ORDER[found.place], found.evidence_due_on
    days = (due - today).days if due and stage == Stage.ANSWER else None
    return Row(found, stage, found.cents, days)
