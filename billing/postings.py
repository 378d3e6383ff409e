"""Entries on payments that come in: record, allocate, release, settle.

Every command opens its own transaction, checks the ledger's "allowed when", and writes nothing when refused.
"""

from datetime import datetime
from typing import Any

from billing.allocation import Share, oldest_first
from billing.entries import post
from billing.errors import Busy, allow
from billing.ledger import charge_figure, charge_figures, net_allocation, payment_figure
from billing.stamp import Stamp
from choices import EntryKind, Method, Source, Way
from models import Account, Charge, Entry, Payment, db
from money import Cents, whole_cents


def record_payment(
    *,
    account: Account,
    amount: Cents,
    method: Method,
    source: Source,
    way: Way,
    paid_at: datetime,
    stamp: Stamp,
    reference: str = "",
    **facts: Any,
) -> Payment:
    """Write down `amount` cents received, allocated to nothing yet. `facts` are further columns of `models.Payment`;
    `reference` is what the ledger names it by, as a check's number."""
    with db.atomic():
        allow(whole_cents(amount) > 0)
        payment = Payment.create(
            account=account, amount=amount, method=method, source=source, way=way, paid_at=paid_at, **facts
        )
        post(EntryKind.PAYMENT, account, amount, stamp, payment=payment, reference=reference)
    return payment


def allocate(payment: Payment, charge: Charge, amount: Cents, stamp: Stamp) -> Entry:
    """Let `amount` cents of a payment pay a charge of the same account, leaving alone what is reserved on it.

    Raises:
        Busy: it would take what a payment in flight has reserved.
        NotAllowed: another account, or more than is unapplied or open.
    """
    with db.atomic():
        figures = charge_figure(charge)
        fits = 0 < amount <= min(payment_figure(payment).unapplied, figures.open)
        allow(fits and charge.account_id == payment.account_id)
        if amount > figures.open - figures.reserved:
            raise Busy()
        return post(EntryKind.ALLOCATION, charge.account, amount, stamp, payment=payment, charge=charge)


def allocate_all(payment: Payment, shares: list[Share], stamp: Stamp) -> None:
    """Allocate each share in turn, all or none."""
    with db.atomic():
        for charge, amount in shares:
            allocate(payment, charge, amount, stamp)


def allocate_planned(payment: Payment, shares: list[Share], stamp: Stamp) -> None:
    """Allocate each share as far as its charge can take it; any rest goes oldest first, then stays as credit.

    The money is here already: a plan that no longer fits must not keep it off the books.
    """
    with db.atomic():
        for charge, planned in shares:
            figures = charge_figure(charge)
            amount = min(planned, figures.open - figures.reserved)
            if amount > 0:
                allocate(payment, charge, amount, stamp)
        pay_oldest_first(payment, stamp)


def release(payment: Payment, charge: Charge, amount: Cents, reason: str, stamp: Stamp) -> Entry:
    """Take back `amount` cents of what this payment pays of this charge; the money becomes credit."""
    with db.atomic():
        allow(0 < amount <= net_allocation(payment, charge))
        return post(EntryKind.RELEASE, charge.account, amount, stamp, payment=payment, charge=charge, reason=reason)


def settle(payment: Payment, stamp: Stamp) -> Entry:
    """The money arrived: settled at the processor, or banked."""
    with db.atomic():
        figures = payment_figure(payment)
        allow(not figures.settled and not figures.back)
        return post(EntryKind.SETTLEMENT, payment.account, payment.amount, stamp, payment=payment)


def pay_oldest_first(payment: Payment, stamp: Stamp) -> None:
    """Spread what is usable over what is payable, oldest service date first; any rest stays as credit."""
    with db.atomic():
        figures = charge_figures([payment.account], unfinished=True)
        allocate_all(payment, oldest_first(payment_figure(payment).usable, figures), stamp)
