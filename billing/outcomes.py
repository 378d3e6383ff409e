"""Writing down what the processor said of an attempt. Late, repeated and out-of-order news changes nothing twice."""

import logging
from datetime import datetime, timedelta

from billing import inbox, receipts
from billing.allocation import Share
from billing.cards import can_be_listed, keep
from billing.declines import key_of
from billing.messages import queue, send_receipt, tell_practice
from billing.postings import allocate_planned, record_payment
from billing.stamp import Stamp
from billing.tasks import raise_task
from choices import ASKED, IN_FLIGHT, AttemptState, Method, PostingMode, Source, Way
from gateways import Fact, Outcome, Result
from models import Attempt, AttemptEvent, AttemptLine, Payment, Practice, WaitingPayment, db

log = logging.getLogger("evenly.payments")

FAILED = (
    AttemptState.NOT_SENT, AttemptState.CLOSED, AttemptState.DECLINED, AttemptState.CANCELED, AttemptState.EXPIRED,
)  # fmt: skip
SOURCES = {Way.AUTOPAY: Source.AUTOPAY, Way.PLAN: Source.PLAN}
OFTEN, LATELY = 3, timedelta(days=1)  # declines after which somebody needs help


def record_result(attempt: Attempt, result: Result, now: datetime) -> None:
    """Move the attempt by one answer, with payment, receipt and message in the same transaction."""
    log.info("attempt %s: %s %s", attempt.order_id, result.outcome, result.staff_text)
    with db.atomic():
        if result.alert:
            raise_task("task.setup", now, detail=result.staff_text)
        if result.outcome == Outcome.APPROVED and result.fact:
            record_success(attempt, result.fact, now)
        elif result.outcome == Outcome.DECLINED:
            record_failure(attempt, AttemptState.DECLINED, key_of(result), now, result.staff_text, result.fact)
        elif result.outcome == Outcome.NOT_SENT:
            record_failure(attempt, AttemptState.NOT_SENT, key_of(result), now, result.staff_text)
        else:
            record_doubt(attempt, now)


def record_success(attempt: Attempt, fact: Fact, now: datetime) -> None:
    """The money was taken. An amount other than asked is left to staff; a success after a failure becomes credit."""
    with db.atomic():
        if fact.cents != attempt.amount or fact.currency != "USD":
            raise_task("task.wrong_amount", now, account=attempt.account, attempt=attempt)
            record_doubt(attempt, now)
            return
        doubted = attempt.state == AttemptState.UNKNOWN
        planned = _move(attempt, IN_FLIGHT, AttemptState.SUCCEEDED, now, **_facts(fact, now))
        if planned or _move(attempt, FAILED, AttemptState.SUCCEEDED, now, **_facts(fact, now)):
            _book(attempt, fact, planned, doubted, now)


def record_failure(
    attempt: Attempt, state: AttemptState, key: str, now: datetime, staff_text: str = "", fact: Fact | None = None
) -> None:
    """No money was taken, and that is known; the charges are free again."""
    with db.atomic():
        doubted = attempt.state == AttemptState.UNKNOWN
        card = {"card_brand": fact.card.brand, "card_last4": fact.card.last4} if fact and fact.card else {}
        facts = {"decline_key": key, "staff_text": staff_text, "answered_at": now, **card}
        if not _move(attempt, ASKED, state, now, **facts):
            return
        if state == AttemptState.DECLINED:
            _say_declined(attempt, now)
        if doubted:
            _tell(attempt, now)


def record_doubt(attempt: Attempt, now: datetime) -> None:
    """Nobody knows whether money was taken; the charges stay reserved."""
    with db.atomic():
        _move(attempt, [AttemptState.SENT], AttemptState.UNKNOWN, now)


def _move(attempt: Attempt, before: tuple[AttemptState, ...] | list[AttemptState], after: AttemptState,
          now: datetime, **facts: object) -> bool:  # fmt: skip
    was = str(Attempt.get_by_id(attempt.id).state)  # somebody may have moved it since it was read
    moved = attempt.move(before, after, **facts)
    if moved:
        what = f"{was} to {after}" + (f": {facts['decline_key']}" if facts.get("decline_key") else "")
        AttemptEvent.create(attempt=attempt, at=now, before=was, after=after, what=what)
    return moved


def _facts(fact: Fact, now: datetime) -> dict[str, object]:
    card = {"card_brand": fact.card.brand, "card_last4": fact.card.last4} if fact.card else {}
    return {"transaction_id": fact.id, "answered_at": now, "decline_key": "", **card}


def _book(attempt: Attempt, fact: Fact, planned: bool, doubted: bool, now: datetime) -> None:
    """Put the money on the books: as planned, waiting for staff, or, after a failure was told, as credit."""
    practice = Practice.the()
    stamp = Stamp.of(f"user:{attempt.user_id}", now, practice.time_zone)
    booked: Payment | WaitingPayment
    if planned and practice.posting_mode == PostingMode.MANUAL:
        booked = WaitingPayment.create(
            attempt=attempt, account=attempt.account, amount=attempt.amount, received_at=paid_at(attempt)
        )
    else:
        booked = payment_of(attempt, stamp)
        if planned:
            allocate_planned(booked, planned_shares(attempt), stamp)
        else:
            raise_task("task.late_success", now, account=attempt.account, attempt=attempt, payment=booked)
    if attempt.consent_id and fact.card and can_be_listed(fact.card):
        keep(attempt.user, fact.card, attempt.consent)
    receipts.issue(booked, stamp)
    _say_received(attempt, booked, planned, now)
    _announce(attempt, practice, doubted, now)


def payment_of(attempt: Attempt, stamp: Stamp) -> Payment:
    """The payment a succeeded attempt makes, dated when the client paid."""
    return record_payment(
        account=attempt.account, user=attempt.user, amount=attempt.amount, method=Method.CARD,
        source=SOURCES.get(attempt.way, Source.PORTAL), way=attempt.way, paid_at=paid_at(attempt), stamp=stamp,
        note=attempt.note, card_brand=attempt.card_brand, card_last4=attempt.card_last4, attempt=attempt,
    )  # fmt: skip


def paid_at(attempt: Attempt) -> datetime:
    """When the client paid: with the last tap that sent it, which may be days after the first."""
    at: datetime = attempt.sent_at or attempt.created_at
    return at


def planned_shares(attempt: Attempt) -> list[Share]:
    lines = AttemptLine.select().where(AttemptLine.attempt == attempt).order_by(AttemptLine.id)
    return [Share(line.charge, line.amount) for line in lines]


def _say_received(attempt: Attempt, booked: Payment | WaitingPayment, planned: bool, now: datetime) -> None:
    about = {"account": attempt.account, "attempt": attempt, "amount": attempt.amount}
    if isinstance(booked, WaitingPayment):
        inbox.put("notice.waiting", now, **about)
    else:
        inbox.put("notice.payment" if planned else "notice.late", now, payment=booked, **about)


def _say_declined(attempt: Attempt, now: datetime) -> None:
    """Whoever sits before a declined payment sees it; staff hear of those that nobody saw, or that go on."""
    about = {"account": attempt.account, "attempt": attempt, "amount": attempt.amount}
    if attempt.way in SOURCES:
        inbox.put("notice.declined", now, **about)
        return
    lately = (Attempt.account == attempt.account) & (Attempt.answered_at > now - LATELY)
    if Attempt.select().where(lately & (Attempt.state == AttemptState.DECLINED)).count() == OFTEN:
        inbox.put("notice.declined_often", now, **about)


def _announce(attempt: Attempt, practice: Practice, doubted: bool, now: datetime) -> None:
    own = attempt.user.email
    if doubted:
        _tell(attempt, now)
    if attempt.receipt_email and not (doubted and attempt.receipt_email == own):
        send_receipt(attempt.user, attempt.receipt_email, attempt.language, attempt.amount, now)
    if practice.payment_copy_to:
        tell_practice("mail.staff.payment", practice.payment_copy_to, now)


def _tell(attempt: Attempt, now: datetime) -> None:
    queue("mail.unknown", attempt.user.email, attempt.language, now)
