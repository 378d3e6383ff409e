"""A deposit that a person puts together: checks and cash brought to the bank, money from a site outside, and card
payments that no notification and no file has paid out."""

from datetime import UTC, date, datetime, time, timedelta

from peewee import SQL, fn

from billing import audit, deposit_differences, deposits
from billing.deposits import Payout, Told
from billing.errors import BillingError
from billing.stamp import Stamp
from choices import BACK, DepositLineKind, DepositSource, EntryKind, Method
from models import Account, Attempt, Deposit, DepositLine, Entry, Payment, db

BY_HAND = (Method.CASH, Method.CHECK, Method.EXTERNAL, Method.ACH)
OFFERED = 200  # the newest
LOOKED_BACK = timedelta(days=400)


def candidates(today: date) -> list[Payment]:
    """Payments that can still be in a deposit, oldest first, each with its account."""
    missing = [each.payment.id for each in deposit_differences.missing(today) if each.payment and each.ours > 0]
    since = datetime.combine(today - LOOKED_BACK, time(), UTC)
    ended = Entry.select(SQL("1")).where((Entry.payment == Payment.id) & Entry.kind.in_((EntryKind.SETTLEMENT, *BACK)))
    by_hand = Payment.method.in_(BY_HAND) & ~fn.EXISTS(ended)
    rows = Payment.select(Payment, Account).join(Account).where(by_hand | Payment.id.in_(missing))
    rows = rows.where((Payment.paid_at >= since) & ~deposit_differences.is_told())
    newest = rows.order_by(Payment.paid_at.desc(), Payment.id.desc()).limit(OFFERED)
    return list(newest)[::-1]


def put_together(keys: list[str], day: date, stamp: Stamp, ip: str = "") -> Deposit:
    """One deposit of these payments (their public keys). Raises BillingError when none is among those offered."""
    with db.atomic():
        picked = [payment for payment in candidates(stamp.on) if payment.key in keys]
        if not picked:
            raise BillingError("pr.rec.new.pick", field="payment")
        deposit = deposits.record(Payout(day, tuple(map(_told, picked)), DepositSource.TYPED), stamp.at)
        for payment in picked:
            mine = (DepositLine.deposit == deposit) & (DepositLine.reference == _reference(payment))
            DepositLine.update(payment=payment).where(mine).execute()
        audit.note(stamp.by, "deposit.new", f"deposit:{deposit.id}", stamp.at, ip=ip)
    return deposit


def _told(payment: Payment) -> Told:
    return Told(_reference(payment), DepositLineKind.SALE, payment.amount)


def _reference(payment: Payment) -> str:
    """The processor's id where it has one, so that its file finds the deposit."""
    attempt: Attempt | None = payment.attempt
    return (attempt.transaction_id if attempt else "") or payment.key
