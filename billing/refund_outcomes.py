"""Writing down what became of money that was to go back. Late, repeated and out-of-order news changes nothing twice."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from billing import audit, inbox, moneyback, postings, receipts, tasks
from billing.errors import NotAllowed
from billing.ledger import payment_figure
from billing.messages import queue
from billing.refund_words import check_number
from billing.settling import posted
from billing.stamp import Stamp
from billing.tasks import raise_task
from choices import ASKED, AttemptState, BackKind, EntryKind, Method
from gateways import Fact, Outcome, Result, Standing
from models import Attempt, Entry, MoneyBack, Payment, Practice, Task, db
from money import format_dollars

FAILED = (AttemptState.NOT_SENT, AttemptState.CLOSED, AttemptState.DECLINED)
CHECKS_TO_SEND = ("task.send_check", "task.refund_failed")


def record_back(back: MoneyBack, result: Result, now: datetime) -> None:
    """Move a refund or void by one answer of the processor; entry, receipt and message in the same transaction."""
    with db.atomic():
        if result.alert:
            raise_task("task.setup", now, detail=result.staff_text)
        if result.outcome == Outcome.APPROVED and result.fact:
            record_success(back, result.fact, now)
        elif result.outcome == Outcome.DECLINED:
            record_refusal(back, AttemptState.DECLINED, now, result.staff_text, refused=result.fact)
        elif result.outcome == Outcome.NOT_SENT:
            record_refusal(back, AttemptState.NOT_SENT, now, result.staff_text)
        else:
            record_doubt(back, now)


def record_success(back: MoneyBack, fact: Fact, now: datetime) -> None:
    """The money went back. What the ledger cannot take stays open, with a task; it is tried again with each look."""
    if fact.cents != back.amount or fact.currency != "USD":
        raise_task("task.wrong_amount", now, **_about(back))
        record_doubt(back, now)
        return
    try:
        _succeed(back, fact.id, now, _credit(back, fact))
    except NotAllowed:
        back.__data__ = MoneyBack.get_by_id(back.id).__data__
        record_doubt(back, now)
        raise_task("task.back_stuck", now, **_about(back), detail=format_dollars(back.amount))


def record_by_hand(back: MoneyBack, now: datetime) -> None:
    """A check, cash or another site took it back: it counts when it is written down.

    Raises:
        NotAllowed: the ledger says no; nothing is written.
    """
    _succeed(back, back.reference, now, {})


def record_refusal(
    back: MoneyBack, state: AttemptState, now: datetime, staff_text: str = "", refused: Fact | None = None
) -> None:
    """No money went back, and that is known. When the bank `refused` the credit, a check must do."""
    with db.atomic():
        credit = _credit(back, refused)
        if not back.move(ASKED, state, answered_at=now, staff_text=staff_text, **credit):
            return
        _note(back, now)
        kind = "task.send_check" if credit else "task.back_refused"
        raise_task(kind, now, **_about(back), detail=f"{format_dollars(back.amount)}\n{staff_text}".strip())
        inbox.put("notice.refund_failed", now, **_about(back), amount=back.amount)


def record_doubt(back: MoneyBack, now: datetime) -> None:
    """Nobody knows whether money went back."""
    if back.move([AttemptState.SENT], AttemptState.UNKNOWN):
        _note(back, now)


def record_credit(fact: Fact, now: datetime) -> MoneyBack | None:
    """News of a credit at the processor: one of ours, one that failed later, or one made at its own screen.

    A posted refund that failed stays posted: the client was told of it and is owed it, now by check.
    Returns the row it belongs to, None when it belongs to no sale of ours.
    """
    with db.atomic():
        back = _known(fact) or _found_there(fact, now)
        if back is None:
            return None
        if fact.standing == Standing.APPROVED:
            record_success(back, fact, now)
        elif fact.standing in (Standing.DECLINED, Standing.REVERSED):
            _fail(back, fact, now)
    return back


def check_sent(back: MoneyBack, number: str, stamp: Stamp) -> None:
    """The check that took the place of a failed refund went out; the refund itself is posted already.

    Raises:
        NeedsNumber, FieldRefused: no number, or none that is kept.
    """
    number = check_number(number)
    with db.atomic():
        MoneyBack.update(reference=number).where(MoneyBack.id == back.id).execute()
        audit.note(stamp.by, "refund.check", f"money_back:{back.id}", stamp.at)
        _finish_tasks(back, stamp)


def of_payment(back: MoneyBack) -> Payment | None:
    """The payment it takes from; None while that waits to be posted."""
    return back.payment or Payment.get_or_none(attempt=back.attempt)


def stamp_of(back: MoneyBack, now: datetime) -> Stamp:
    by = f"staff:{back.asked_by_id}" if back.asked_by_id else "system"
    return Stamp.of(by, now, Practice.the().time_zone)


def next_order_id(attempt: Attempt | None, payment: Payment | None) -> str:
    """The sale's own reference with -R1, -R2 …"""
    mine = MoneyBack.attempt == attempt if attempt else MoneyBack.payment == payment
    first = attempt.order_id if attempt else f"H-{payment.key}" if payment else ""
    return f"{first}-R{MoneyBack.select().where(mine).count() + 1}"


def _succeed(back: MoneyBack, reference: str, now: datetime, facts: Mapping[str, object]) -> None:
    with db.atomic():
        planned = back.move(ASKED, AttemptState.SUCCEEDED, answered_at=now, **facts)
        late = not planned and back.move(FAILED, AttemptState.SUCCEEDED, answered_at=now, **facts)
        if not (planned or late):
            return
        payment = _book(back, reference, stamp_of(back, now))
        _note(back, now)
        if late:
            kind = "task.late_back" if back.asked_by_id else "task.back_found"
            raise_task(kind, now, account=payment.account, attempt=back.attempt, payment=payment)
            inbox.put("notice.refund_late", now, **_about(back), amount=back.amount)
        elif back.method != Method.CARD:
            _finish_tasks(back, stamp_of(back, now))


def _book(back: MoneyBack, reference: str, stamp: Stamp) -> Payment:
    """Post what waits, settle what has settled, take the money back, give the paper and tell the client."""
    payment = back.payment or posted(back.attempt, stamp)
    entry = _entry(back, payment, reference, stamp)
    MoneyBack.update(entry=entry).where(MoneyBack.id == back.id).execute()
    back.entry = entry
    receipts.issue_refund(entry, stamp)
    if payment.user:
        queue("mail.unknown", payment.user.email, payment.user.language, stamp.at)
    return payment


def _entry(back: MoneyBack, payment: Payment, reference: str, stamp: Stamp) -> Entry:
    if back.kind == BackKind.VOID:
        # Somebody who looked at the processor meanwhile may have posted it already.
        found: Entry | None = Entry.get_or_none(payment=payment, kind=EntryKind.VOID)
        return found or moneyback.void(payment, back.reason, stamp)
    figures = payment_figure(payment)
    if not figures.settled and not figures.back:
        postings.settle(payment, replace(stamp, by="system"))  # nobody here did: it is found out on the way
    way = "" if back.method == Method.CARD else str(back.method)
    return moneyback.refund(payment, back.amount, back.reason, stamp, reference=reference, category=way)


def _known(fact: Fact) -> MoneyBack | None:
    mine = (MoneyBack.transaction_id == fact.id) | (MoneyBack.order_id == fact.order_id)
    found: MoneyBack | None = MoneyBack.get_or_none(mine)
    return found


def _found_there(fact: Fact, now: datetime) -> MoneyBack | None:
    """A credit nobody asked for here: written down as one that was not expected, to be booked with a task."""
    sale = Attempt.get_or_none(Attempt.transaction_id == fact.refund_of) if fact.refund_of else None
    if sale is None or sale.state != AttemptState.SUCCEEDED or fact.standing != Standing.APPROVED:
        return None
    back: MoneyBack = MoneyBack.create(
        form_key=f"found-{fact.id}", order_id=next_order_id(sale, None), request_key=str(uuid.uuid4()), attempt=sale,
        kind=BackKind.REFUND, amount=fact.cents, reason="Given back at the processor", state=AttemptState.CLOSED,
        created_at=now, transaction_id=fact.id,
    )  # fmt: skip
    return back


def _fail(back: MoneyBack, fact: Fact, now: datetime) -> None:
    if back.state != AttemptState.SUCCEEDED:
        record_refusal(back, AttemptState.DECLINED, now, fact.status, refused=fact)
    elif back.failed_at is None:
        MoneyBack.update(failed_at=now).where(MoneyBack.id == back.id).execute()
        back.failed_at = now
        audit.note("system", "refund.failed", f"money_back:{back.id}", now, detail=fact.status)
        raise_task("task.refund_failed", now, **_about(back), detail=format_dollars(back.amount))
        inbox.put("notice.refund_failed", now, **_about(back), amount=back.amount)


def _credit(back: MoneyBack, fact: Fact | None) -> dict[str, str]:
    """The credit's id at the processor, to be kept once; a void is no transaction of its own."""
    new = fact is not None and back.kind == BackKind.REFUND and back.transaction_id is None
    return {"transaction_id": fact.id} if fact and new else {}


def _about(back: MoneyBack) -> dict[str, Any]:
    sale = back.attempt or back.payment
    return {"account": sale.account, "attempt": back.attempt, "payment": of_payment(back)}


def _note(back: MoneyBack, now: datetime) -> None:
    audit.note("system", "refund.outcome", f"money_back:{back.id}", now, result=str(back.state))


def _finish_tasks(back: MoneyBack, stamp: Stamp) -> None:
    """A check that was to be sent has been."""
    same = (Task.payment == of_payment(back)) & Task.kind.in_(CHECKS_TO_SEND) & Task.done_at.is_null()
    for task in Task.select().where(same):
        tasks.finish(task.key, stamp)
