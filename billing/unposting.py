"""Un-posting: what a payment pays is taken off its visits again. The payment stays, and waits to be put elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from peewee import fn

from billing import audit, desk, posting, superbill_tasks
from billing.allocation import oldest_first
from billing.entries import post
from billing.errors import NotAllowed
from billing.formats import FieldRefused, FieldsRefused
from billing.ledger import allocations_newest_first, charge_figures, payment_figure
from billing.moneyback import is_disputed
from billing.posting import AlreadyPosted, Room
from billing.postings import allocate
from billing.refund_rules import UnderWay, sale_of
from billing.stamp import Stamp
from billing.timeline import UNPOSTED
from choices import EntryKind
from models import Account, Entry, OpenCredit, Payment, db
from money import Cents, format_dollars


class PaysNothing(NotAllowed):
    """There is nothing to take off."""

    key = "pr.unpost.nothing"


class BankHasIt(NotAllowed):
    """A bank asks for the money: what it paid is part of that case."""

    key = "pr.unpost.disputed"


@dataclass(frozen=True)
class ToPlace:
    """A payment that was un-posted, and how many cents of it pay nothing."""

    payment: Payment
    amount: Cents


def unpost(payment: Payment, reason: str, stamp: Stamp) -> None:
    """Release all that this payment pays. The visits are open again, the money is credit of the account.

    Raises:
        ReasonMissing, FieldRefused: of the reason.
        PaysNothing, BankHasIt, UnderWay: something stands in the way; nothing was written.
    """
    kept = desk.kept_reason(reason)
    with db.atomic():
        check(payment)
        for charge, cents in allocations_newest_first(payment):
            post(
                EntryKind.RELEASE, payment.account, cents, stamp, charge=charge, payment=payment, category=UNPOSTED,
                reason=kept,
            )  # fmt: skip
        superbill_tasks.report_out_of_date(payment, stamp)
        audit.note(stamp.by, "posting.undo", f"payment:{payment.id}", stamp.at)


def check(payment: Payment) -> None:
    """Raise what forbids it."""
    if is_disputed(payment):
        raise BankHasIt()
    if sale_of(payment).under_way:
        raise UnderWay()
    if not payment_figure(payment).allocated:
        raise PaysNothing()


def to_place() -> list[ToPlace]:
    """What was un-posted and pays nothing yet, oldest first."""
    rows = OpenCredit.select(OpenCredit, Payment, Account).join(Payment).join(Account).where(_off())
    found = rows.order_by(OpenCredit.payment)  # from the few with credit, not from all payments by their day
    return sorted((ToPlace(row.payment, row.unapplied) for row in found), key=lambda each: each.payment.paid_at)


def can_be_placed(payment: Payment) -> bool:
    return bool(OpenCredit.select().join(Payment).where((Payment.id == payment.id) & _off()).exists())


def rooms(payment: Payment) -> list[Room]:
    """The visits it can pay, oldest first, and what each gets when the oldest are paid first."""
    figures = charge_figures([payment.account], unfinished=True)
    shares = {share.charge.id: share.amount for share in oldest_first(payment_figure(payment).usable, figures)}
    free = [row for row in figures if row.open > row.reserved]
    return [Room(row, shares.get(row.charge.id, 0), row.open - row.reserved) for row in free]


def place(payment: Payment, amounts: Mapping[int, Cents], stamp: Stamp) -> None:
    """Let it pay these amounts (charge id -> cents); what they leave stays credit, which is the client's to use.

    Raises:
        AlreadyPosted: it was not un-posted, or was placed since.
        FieldsRefused: with a problem for each charge that cannot take its amount, or one for the sum.
    """
    with db.atomic():
        if not can_be_placed(payment):
            raise AlreadyPosted()
        found, most = rooms(payment), payment_figure(payment).usable
        problems = posting.too_much(found, amounts)
        if sum(amounts.values()) > most:
            problems.append(FieldRefused("pr.post.over", max=format_dollars(most)))
        if problems:
            raise FieldsRefused(tuple(problems))
        for room in found:
            if cents := amounts.get(room.figures.charge.id, 0):
                allocate(payment, room.figures.charge, cents, stamp)
        audit.note(stamp.by, "posting.place", f"payment:{payment.id}", stamp.at)


def _off() -> object:
    """The condition for a payment whose last word on what it pays is that it was un-posted."""
    entry = Entry.alias()
    kinds = (EntryKind.ALLOCATION, EntryKind.RELEASE)
    last = entry.select(fn.MAX(entry.id)).where((entry.payment == Payment.id) & entry.kind.in_(kinds))
    return fn.EXISTS(Entry.select().where((Entry.id == last) & (Entry.category == UNPOSTED)))
