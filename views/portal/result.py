"""What became of an attempt, in the reader's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_login import current_user
from peewee import DoesNotExist

from billing import access, carts, limits, outcomes, payments, receipts
from billing.access import Reader, reader
from billing.errors import BillingError
from billing.history import GaveBack, given, paid_for
from billing.ledger import account_figure, payment_figure
from choices import AttemptState, Right
from models import Attempt, Charge, Document, Payment, WaitingPayment
from money import Cents
from views import seen
from views.context import language, now, practice
from views.portal import checkout, drafts, paying, superbill_form
from views.responses import wants_fragment

SENDING_FOR = timedelta(seconds=30)
ASKING_FOR = timedelta(minutes=10)  # a page left open does not keep its reader signed in for ever
RETRIED = (AttemptState.DECLINED, AttemptState.NOT_SENT)


@dataclass(frozen=True)
class Line:
    charge: Charge
    label: str
    amount: Cents


@dataclass(frozen=True)
class Paid:
    """A payment that arrived. `left` is what the account still owes, None when balances are hidden."""

    at: datetime
    number: str
    waiting: bool
    lines: Sequence[Line]
    unused: Cents
    given: Sequence[GaveBack]
    left: Cents | None
    receipt: Document
    superbill: str  # where one of these visits is made, or empty


def own(key: str, right: Right = Right.BALANCE) -> Attempt:
    """The reader's own attempt on an account they still have `right` on; else `DoesNotExist`."""
    attempt = Attempt.get((Attempt.key == key) & (Attempt.user == current_user.user))
    access.account(current_user.user, attempt.account.key, right)
    return attempt


def may_retry(attempt: Attempt) -> bool:
    """No money was taken, and what it was for can still be paid."""
    if attempt.state not in RETRIED:
        return False
    try:
        cart = carts.cart(attempt.user, drafts.of_attempt(attempt).choice)
        checkout.refuse_closed(cart.account)
    except (BillingError, DoesNotExist):
        return False
    return True


def of(attempt: Attempt) -> dict[str, Any]:
    """What the page shows, by the attempt's state."""
    seen.bill(reader(attempt.user), attempt.account, once=True)
    age = now() - outcomes.paid_at(attempt)
    about = {"attempt": attempt, "asking": attempt.in_flight and age < ASKING_FOR, "alone": wants_fragment()}
    if attempt.state == AttemptState.SUCCEEDED:
        return {**about, "view": "paid", "heading": "ok.h1", "paid": _paid(attempt)}
    if not attempt.in_flight:
        return {**about, "view": "unpaid", "heading": "dec.h1", **_why(attempt)}
    if age < SENDING_FOR:
        return {**about, "view": "sending", "heading": "proc.h1"}
    again = payments.may_send_again(attempt, paying.gateway(), now())
    return {**about, "view": "unsure", "heading": "dec.unknown.h1", "again": again}


def _why(attempt: Attempt) -> dict[str, Any]:
    key, double = attempt.decline_key or "dec.closed", limits.double_of(attempt, language())
    return {"reason": key, "told": double.values if double else {}, "says_so": key in checkout.SAYS_SO}


def _paid(attempt: Attempt) -> Paid:
    who = reader(attempt.user)
    booked = _booked(attempt)
    receipt = receipts.of(booked)
    assert receipt, "a receipt is issued with the payment"
    lines = _lines(who, attempt, booked)
    return Paid(
        at=outcomes.paid_at(attempt),
        number=receipt.number,
        waiting=isinstance(booked, WaitingPayment),
        lines=lines,
        unused=_unused(attempt, booked),
        given=given(booked) if isinstance(booked, Payment) else (),
        left=account_figure(attempt.account).due if practice().show_balance else None,
        receipt=receipt,
        superbill=superbill_form.of_visits(attempt.user, [line.charge for line in lines]),
    )


def _booked(attempt: Attempt) -> Payment | WaitingPayment:
    """A succeeded attempt has exactly one of the two."""
    payment = Payment.get_or_none(attempt=attempt)
    return payment or WaitingPayment.get(attempt=attempt)


def _unused(attempt: Attempt, booked: Payment | WaitingPayment) -> Cents:
    if isinstance(booked, Payment):
        return payment_figure(booked).unapplied
    planned: Cents = sum(line.amount for line in attempt.lines)
    return int(attempt.amount) - planned


def _lines(who: Reader, attempt: Attempt, booked: Payment | WaitingPayment) -> list[Line]:
    used = paid_for(booked) if isinstance(booked, Payment) else list(attempt.lines)
    return [Line(each.charge, who.charge_label(each.charge, language()), each.amount) for each in used]
