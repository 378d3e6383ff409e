"""One payment as staff see it: what it pays, what happened to it in the order of time, its papers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby

from peewee import JOIN

from billing import receipts, staffing
from billing.allocation import Share
from billing.figures import PaymentFigures
from billing.ledger import allocations_newest_first, payment_figure
from billing.outcomes import planned_shares
from billing.refund_rules import Sale, sale_of
from choices import ASKED, ON_BOTH, AttemptState, DepositLineKind, EntryKind
from models import (
    Account,
    Attempt,
    AttemptEvent,
    BankLine,
    Deposit,
    DepositLine,
    Document,
    Entry,
    MoneyBack,
    Payment,
    Staff,
    User,
    WaitingPayment,
)
from money import Cents

UNPOSTED = "unposted"  # the category of releases that a person asked for of all that a payment paid


@dataclass(frozen=True)
class Step:
    """Something that happened: `what` ends a catalogue key, `by` is a name, `back` the try a step belongs to.

    What happened to a `deposit` is known by its day alone.
    """

    at: datetime
    what: str
    amount: Cents | None = None
    by: str = ""
    detail: str = ""
    back: MoneyBack | None = None
    deposit: Deposit | None = None


@dataclass(frozen=True)
class Detail:
    """`figures` is None while the payment waits to be posted; `lines` are then the plan.

    `fee` is what the processor, or another pay site, kept of the payment, in cents; None where it did not say.
    """

    sale: Sale
    figures: PaymentFigures | None
    lines: list[Share]
    steps: list[Step]
    papers: list[Document]
    fee: Cents | None = None


def find(staff: Staff, key: str, now: datetime) -> Sale:
    """The payment with this key, or the attempt whose money waits; `DoesNotExist` when this person may not see it."""
    paid = Payment.get_or_none(Payment.key == key) or _waiting(key)
    visible(staff, paid.account, now)
    return sale_of(paid)


def visible(staff: Staff, account: Account, now: datetime) -> None:
    """Raises `DoesNotExist` when this person may not see the account."""
    staffing.accounts(staff, now).where(Account.id == account.id).get()


def detail(sale: Sale) -> Detail:
    if sale.payment:
        lines = [Share(*pair) for pair in allocations_newest_first(sale.payment)][::-1]
        papers, told = _papers(sale.payment), _told(sale.payment)
        fees = [line.fee for line in told if line.kind == DepositLineKind.SALE and line.fee is not None]
        steps = _steps(sale, *_deposited(told))
        fee = sum(fees) if fees else sale.payment.fee
        return Detail(sale, payment_figure(sale.payment), lines, steps, papers, fee)
    papers = _papers(WaitingPayment.get(attempt=sale.attempt))
    return Detail(sale, None, planned_shares(sale.money), _steps(sale), papers)


def _waiting(key: str) -> Attempt:
    """An attempt by its key; only of one that succeeded is there money to speak of."""
    attempt: Attempt = Attempt.get((Attempt.key == key) & (Attempt.state == AttemptState.SUCCEEDED))
    return attempt


def _papers(paid: Payment | WaitingPayment) -> list[Document]:
    first = receipts.of(paid)
    return [first, *receipts.refunds_of(first)] if first else []


def _told(payment: Payment) -> list[DepositLine]:
    """The lines of deposits that are this payment's money, with the bank's."""
    rows = DepositLine.select(DepositLine, Deposit, BankLine).join(Deposit).join(BankLine, JOIN.LEFT_OUTER)
    return list(rows.where(DepositLine.payment == payment).order_by(DepositLine.id))


def _deposited(lines: Iterable[DepositLine]) -> Iterator[Step]:
    """That it was paid out, or taken; and that the bank shows it."""
    for line in lines:
        deposit = line.deposit
        yield Step(_end_of(deposit.day), "deposited", line.amount, deposit=deposit)
        if deposit.matched_at:
            yield Step(_end_of(deposit.bank_line.day), "banked", detail=deposit.number, deposit=deposit)


def _end_of(day: date) -> datetime:
    """A day stands behind all that happened on it."""
    return datetime.combine(day, time(23, 59, 59), UTC)


def _steps(sale: Sale, *deposited: Step) -> list[Step]:
    tried = _tries(sale.attempt) if sale.attempt else [Step(sale.paid_at, "received", int(sale.money.amount))]
    posted = _entries(sale.payment) if sale.payment else ()
    return sorted([*tried, *_backs(sale), *posted, *deposited], key=lambda step: step.at)


def _tries(attempt: Attempt) -> Iterator[Step]:
    """What the client asked for, and what was heard of it."""
    for event in AttemptEvent.select().where(AttemptEvent.attempt == attempt).order_by(AttemptEvent.id):
        amount = attempt.amount if event.after == AttemptState.SENT else None
        yield Step(event.at, event.after, amount, attempt.user.name if amount else "")


def _entries(payment: Payment) -> Iterator[Step]:
    told = Entry.kind.not_in(ON_BOTH) | (Entry.category == UNPOSTED)
    entries = list(Entry.select().where((Entry.payment == payment) & told).order_by(Entry.id))
    placed = _placed_again(payment, next((row for row in entries if row.category == UNPOSTED), None))
    names = names_of([*entries, *placed])
    for entry in entries:
        yield Step(entry.at, entry.kind, entry.amount, names.get(entry.by, ""), entry.reason or entry.category)
    for (at, by), group in groupby(placed, key=lambda row: (row.at, row.by)):
        yield Step(at, "placed", sum(row.amount for row in group), names.get(by, ""))


def _placed_again(payment: Payment, taken_off: Entry | None) -> list[Entry]:
    """What it was put on after it was first taken off its visits."""
    if taken_off is None:
        return []
    put = (Entry.payment == payment) & (Entry.kind == EntryKind.ALLOCATION) & (Entry.id > taken_off.id)
    return list(Entry.select().where(put).order_by(Entry.id))


def _backs(sale: Sale) -> Iterator[Step]:
    """Each try to give it back: that it was asked for, and how it ended where the ledger does not say so."""
    for back in sale.tries.order_by(MoneyBack.id):
        if back.asked_by:
            yield Step(back.created_at, "back.asked", back.amount, back.asked_by.name, back.reason, back)
        if back.state in ASKED:
            yield Step(back.sent_at, f"back.{back.state}", back.amount, back=back)
        if back.answered_at and back.state != AttemptState.SUCCEEDED:
            yield Step(back.answered_at, f"back.{back.state}", back.amount, "", back.staff_text, back)
        if back.failed_at:
            yield Step(back.failed_at, "back.failed", back.amount, "", back.reference, back)


def names_of(entries: Iterable[Entry]) -> dict[str, str]:
    """ "staff:7" -> the name of whoever posted one of these, in two queries; the system has none."""
    ids: dict[str, set[int]] = {"staff": set(), "user": set()}
    for entry in entries:
        kind, _, id = entry.by.partition(":")
        if kind in ids:
            ids[kind].add(int(id))
    people = {"staff": Staff, "user": User}
    return {
        f"{kind}:{row.id}": row.name
        for kind, model in people.items()
        for row in model.select().where(model.id.in_(ids[kind]))
    }
