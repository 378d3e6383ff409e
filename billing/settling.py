"""What becomes of a booked card payment at the processor: it settles, is canceled there, or does not arrive."""

from datetime import datetime, timedelta
from typing import Any

from billing import inbox, moneyback, postings, receipts, waiting
from billing.ledger import payment_figure
from billing.messages import queue
from billing.stamp import Stamp
from billing.tasks import raise_task
from choices import ASKED, BACK, AttemptState, BackKind, EntryKind
from gateways import Fact, Gateway, GatewayUnavailable, Standing
from models import Attempt, Entry, MoneyBack, Payment, Practice, WaitingPayment, db

FOLLOWED_AFTER = timedelta(hours=12)  # nothing settles sooner
AGAIN_AFTER = timedelta(hours=1)
AT_ONCE = 50


def follow(gateway: Gateway, now: datetime, limit: int = AT_ONCE) -> int:
    """Ask about booked payments that have not settled, the longest unasked first; returns how many were asked about."""
    asked = 0
    for attempt in list(_unsettled(now).limit(limit)):
        Attempt.update(searched_at=now).where(Attempt.id == attempt.id).execute()
        try:
            fact = gateway.find(attempt.transaction_id)
        except GatewayUnavailable:
            break
        asked += 1
        if fact:
            learn(attempt, fact, now)
    return asked


def learn(attempt: Attempt, fact: Fact, now: datetime) -> None:
    """Write down what its sale has come to by now; the same news again changes nothing."""
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    with db.atomic():
        if fact.standing == Standing.REVERSED:
            _take_back(attempt, fact, stamp)
        elif fact.standing == Standing.DECLINED:
            raise_task("task.not_taken", now, account=attempt.account, attempt=attempt, detail=fact.status)
        elif fact.settled_at:
            _settle(attempt, stamp)


def posted(attempt: Attempt, stamp: Stamp) -> Payment:
    """The payment of a succeeded attempt, posted now if it still waits. Inside the caller's transaction."""
    found = WaitingPayment.get_or_none(attempt=attempt)
    return waiting.post(found, stamp) if found else Payment.get(attempt=attempt)


def _settle(attempt: Attempt, stamp: Stamp) -> None:
    """What still waits to be posted settles with the first look after that."""
    payment = Payment.get_or_none(attempt=attempt)
    if payment is None:
        return
    figures = payment_figure(payment)
    if not figures.settled and not figures.back:
        postings.settle(payment, stamp)


def _take_back(attempt: Attempt, fact: Fact, stamp: Stamp) -> None:
    if _is_ours(attempt):
        return
    payment = posted(attempt, stamp)
    figures = payment_figure(payment)
    if figures.voided or figures.returned:
        return
    about = {"account": attempt.account, "attempt": attempt, "payment": payment}
    if figures.back or (fact.voided and figures.settled):
        raise_task("task.not_taken", stamp.at, **about, detail=fact.status)
    elif not fact.voided:
        receipts.issue_refund(moneyback.returned(payment, fact.status, stamp), stamp)
        raise_task("task.returned", stamp.at, **about, detail=fact.status)
        inbox.put("notice.not_arrived", stamp.at, **about, amount=attempt.amount)
        queue("mail.problem", attempt.user.email, attempt.language, stamp.at)
    else:
        receipts.issue_refund(moneyback.void(payment, "voided at the processor", stamp), stamp)
        raise_task("task.voided", stamp.at, **about)
        inbox.put("notice.not_arrived", stamp.at, **about, amount=attempt.amount)
        queue("mail.unknown", attempt.user.email, attempt.language, stamp.at)


def _is_ours(attempt: Attempt) -> bool:
    """A void of ours is under way; whoever asked for it writes it down."""
    same = (MoneyBack.attempt == attempt) & (MoneyBack.kind == BackKind.VOID) & MoneyBack.state.in_(ASKED)
    return bool(MoneyBack.select().where(same).exists())


def _unsettled(now: datetime) -> Any:
    ended = Entry.select(Payment.attempt).join(Payment).where(Entry.kind.in_((EntryKind.SETTLEMENT, *BACK)))
    asked = Attempt.searched_at.is_null() | (Attempt.searched_at <= now - AGAIN_AFTER)
    old = Attempt.created_at <= now - FOLLOWED_AFTER
    booked = (Attempt.state == AttemptState.SUCCEEDED) & Attempt.transaction_id.is_null(False)
    open_ = booked & old & asked & Attempt.id.not_in(ended.where(Payment.attempt.is_null(False)))
    return Attempt.select().where(open_).order_by(Attempt.searched_at, Attempt.id)
