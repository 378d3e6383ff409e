"""Entries that give money back: void, refund, return, chargeback, and a chargeback won or lost.

Money back takes the payment's own unapplied part first, then releases its allocations, newest first.
These post what the processor has confirmed; asking the processor is not done here.
"""

from collections.abc import Iterable
from typing import Any

from billing.allocation import Share
from billing.entries import post
from billing.errors import allow, given
from billing.figures import PaymentFigures
from billing.ledger import allocations_newest_first, charge_figure, payment_figure
from billing.postings import allocate, release
from billing.stamp import Stamp
from choices import DisputeState, EntryKind, HoldKind
from models import Charge, Dispute, Entry, Hold, Payment, db
from money import Cents


def void(payment: Payment, reason: str, stamp: Stamp) -> Entry:
    """Cancel a payment before it settled, in full."""
    with db.atomic():
        figures = payment_figure(payment)
        allow(not figures.settled and not figures.back)
        return _give_back(figures, EntryKind.VOID, figures.amount, stamp, reason=given(reason))


def refund(
    payment: Payment, amount: Cents, reason: str, stamp: Stamp, *, reference: str = "", category: str = ""
) -> Entry:
    """Give back up to what is left of a settled payment that no bank disputes.

    `category` is the way it went (a word of `Method`) where that is not the way it came; `reference` is the number
    of a check or the credit at the processor.
    """
    with db.atomic():
        figures = payment_figure(payment)
        allow(figures.settled and not is_disputed(payment))
        allow(0 < amount <= figures.amount - figures.back)
        facts = {"reason": given(reason), "reference": reference, "category": category}
        return _give_back(figures, EntryKind.REFUND, amount, stamp, **facts)


def returned(payment: Payment, code: str, stamp: Stamp) -> Entry:
    """The bank or processor took the whole payment back (R01 …, settlement_declined, authorization_expired)."""
    with db.atomic():
        figures = payment_figure(payment)
        allow(not figures.back)
        return _give_back(figures, EntryKind.RETURN, figures.amount, stamp, category=code)


def charge_back(payment: Payment, stamp: Stamp, *, reason: str, cents: Cents | None = None, **facts: Any) -> Dispute:
    """The cardholder's bank took `cents` back, or all that is left; what it paid is held until the dispute ends.

    `facts` are further columns of `models.Dispute`.
    """
    with db.atomic():
        figures = payment_figure(payment)
        left = figures.amount - figures.back
        taken = left if cents is None else cents
        allow(figures.settled and not figures.charged_back and 0 < taken <= left)
        _give_back(figures, EntryKind.CHARGEBACK, taken, stamp, reason=reason)
        dispute = Dispute.create(**{"payment": payment, "reason": reason, "opened_on": stamp.on, **facts})
        _hold([charge for charge, _ in taken_from(payment)], dispute, stamp)
    return dispute


def win_chargeback(dispute: Dispute, stamp: Stamp) -> Entry:
    """The bank gave the money back to us, lost before or not: it pays the held charges again, and the hold ends."""
    with db.atomic():
        figures = payment_figure(dispute.payment)
        allow(figures.charged_back > figures.won)
        won = _on(dispute.payment, EntryKind.CHARGEBACK_WON, figures.charged_back, stamp)
        _pay_again(dispute, stamp)
        end_holds(dispute, stamp)
        _close(dispute, DisputeState.WON, stamp)
    return won


def lose_chargeback(dispute: Dispute, stamp: Stamp) -> None:
    """The bank keeps the money. Its charges stay held until a person chooses what becomes of them."""
    with db.atomic():
        allow(dispute.state == DisputeState.OPEN)
        _close(dispute, DisputeState.LOST, stamp)


def end_holds(dispute: Dispute, stamp: Stamp, reason: str = "") -> None:
    """The charges of this dispute can be paid again; `reason` is staff's, where a person chose that."""
    Hold.update(ended_at=stamp.at, reason=reason).where((Hold.dispute == dispute) & Hold.ended_at.is_null()).execute()


def taken_from(payment: Payment) -> list[tuple[Charge, Cents]]:
    """The charges that the chargeback of a payment released, with how much of each, newest allocation first.

    Those were written with it, by whom and when it was: a person's own reason may be the same word.
    """
    took: Any = Entry.alias()
    together = (took.payment == Entry.payment) & (took.at == Entry.at) & (took.by == Entry.by)
    released = (Entry.payment == payment) & (Entry.kind == EntryKind.RELEASE) & (took.kind == EntryKind.CHARGEBACK)
    rows = Entry.select(Entry, Charge).join(Charge).join_from(Entry, took, on=together).where(released)
    entries = rows.order_by(Entry.id)
    return [(entry.charge, entry.amount) for entry in entries if entry.reason == EntryKind.CHARGEBACK]


def is_disputed(payment: Payment) -> bool:
    """A dispute of this payment is open."""
    return bool(Dispute.select().where((Dispute.payment == payment) & (Dispute.state == DisputeState.OPEN)).exists())


def released(amount: Cents, unapplied: Cents, newest_first: Iterable[Share]) -> list[Share]:
    """What `amount` of money back takes from the charges of a payment, after its own unapplied part."""
    to_release, shares = max(0, amount - unapplied), []
    for charge, allocated in newest_first:
        part = min(to_release, allocated)
        if part:
            shares.append(Share(charge, part))
            to_release -= part
    return shares


def _give_back(figures: PaymentFigures, kind: EntryKind, amount: Cents, stamp: Stamp, **facts: Any) -> Entry:
    paid = [Share(*pair) for pair in allocations_newest_first(figures.payment)]
    for charge, part in released(amount, figures.unapplied, paid):
        release(figures.payment, charge, part, str(kind), stamp)
    return _on(figures.payment, kind, amount, stamp, **facts)


def _on(payment: Payment, kind: EntryKind, amount: Cents, stamp: Stamp, **facts: Any) -> Entry:
    return post(kind, payment.account, amount, stamp, payment=payment, **facts)


def _close(dispute: Dispute, state: DisputeState, stamp: Stamp) -> None:
    Dispute.update(state=state, closed_at=stamp.at).where(Dispute.id == dispute.id).execute()
    dispute.state, dispute.closed_at = state, stamp.at


def _hold(charges: list[Charge], dispute: Dispute, stamp: Stamp) -> None:
    for charge in charges:
        Hold.create(kind=HoldKind.DISPUTE, account=charge.account, charge=charge, dispute=dispute, began_at=stamp.at)


def _pay_again(dispute: Dispute, stamp: Stamp) -> None:
    """Put the won money back on the charges the chargeback released: what it took of each, if that is still open."""
    for charge, taken in taken_from(dispute.payment):
        figures = charge_figure(charge)
        part = min(taken, figures.open - figures.reserved)
        if part > 0:
            allocate(dispute.payment, charge, part, stamp)
