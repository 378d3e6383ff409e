"""Giving money back: write it down, ask the processor, write down the answer. Given back once, whatever breaks.

intent   BEGIN IMMEDIATE, rules, INSERT the row, COMMIT; above the limit it waits for a second person or a day
ask      no transaction open; the order id and the request key were fixed with the row
record   BEGIN IMMEDIATE, move the state only from where it was, entry, receipt, message, COMMIT
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from peewee import JOIN

from billing import audit, refund_recovery
from billing.errors import BillingError, NotAllowed
from billing.refund_outcomes import next_order_id, record_back, record_by_hand
from billing.refund_rules import (
    ByHand,
    Sale,
    alone,
    check,
    kind_now,
    may_agree,
    needs_second,
    sale_of,
    sale_of_back,
)
from billing.refund_words import check_reason
from billing.tasks import raise_task
from choices import AttemptState, BackKind, Method
from gateways import Gateway
from models import Account, Attempt, MoneyBack, Payment, Staff, db
from money import Cents, format_dollars

Clock = Callable[[], datetime]
DELAY = timedelta(hours=24)

log = logging.getLogger("evenly.refunds")


class NotYours(NotAllowed):
    """Who asked cannot be the second person; above the limit one of the two is an owner."""

    key = "pr.refund.notyours"


def ask(
    paid: Payment | Attempt, amount: Cents | None, reason: str, staff: Staff, form_key: str, *,
    gateway: Gateway, clock: Clock, by_hand: ByHand | None = None, ip: str = "",
) -> MoneyBack:  # fmt: skip
    """Give `amount` cents of a payment back, once; of one that waits to be posted, name its attempt.

    Safe to call again with the same `form_key`: the processor is asked once and the same row comes back. What the
    processor said is in its `state`, never an exception. CREATED: it waits for a second person or its day.

    Raises:
        BillingError: a rule said no, or the processor could not be asked how the sale stands; nothing was written.
        DoesNotExist: the form was another person's.
    """
    earlier = _earlier(form_key, staff)
    if earlier:
        return earlier
    kind = _kind(sale_of(paid), by_hand, gateway)
    back, new = _intend(paid, kind, amount, check_reason(reason), staff, form_key, by_hand, clock(), ip)
    return _send(back, gateway, clock) if new and back.state == AttemptState.SENT else back


def approve(back: MoneyBack, staff: Staff, *, gateway: Gateway, clock: Clock, ip: str = "") -> MoneyBack:
    """A second person agrees, and the money goes back. One that waits no more is returned as it is.

    Raises:
        NotYours: who asked cannot agree with themselves.
        BillingError: meanwhile a rule says no; it still waits and may be canceled.
    """
    back = MoneyBack.get_by_id(back.id)
    if not may_agree(staff, back.asked_by):
        raise NotYours()
    agreed = _agree(back, clock(), f"staff:{staff.id}", ip, approved_by=staff)
    return _send(back, gateway, clock) if agreed and back.state == AttemptState.SENT else back


def cancel(back: MoneyBack, staff: Staff, *, clock: Clock, ip: str = "") -> MoneyBack:
    """Take back what still waits for its second person or its day; anything further changes nothing."""
    with db.atomic():
        if back.move([AttemptState.CREATED], AttemptState.CANCELED, answered_at=clock()):
            audit.note(f"staff:{staff.id}", "refund.cancel", f"money_back:{back.id}", clock(), ip=ip)
    return back


def send_due(gateway: Gateway, clock: Clock) -> int:
    """Send what has waited its day; returns how many went out. One that no rule allows any more is canceled."""
    due = (MoneyBack.state == AttemptState.CREATED) & (MoneyBack.not_before <= clock())
    waiting = list(MoneyBack.select().where(due).order_by(MoneyBack.id))
    return sum(_send_due(back, gateway, clock) for back in waiting)


def waiting() -> list[MoneyBack]:
    """What waits for a second person or its day, oldest first, with who asked and the account."""
    elsewhere = Account.alias()
    rows = MoneyBack.select(MoneyBack, Staff, Attempt, Account, Payment, elsewhere)
    rows = rows.join(Staff, on=MoneyBack.asked_by)
    rows = rows.join_from(MoneyBack, Attempt, JOIN.LEFT_OUTER).join(Account, JOIN.LEFT_OUTER)
    rows = rows.join_from(MoneyBack, Payment, JOIN.LEFT_OUTER)
    rows = rows.join(elsewhere, JOIN.LEFT_OUTER, on=(Payment.account == elsewhere.id), attr="account")
    return list(rows.where(MoneyBack.state == AttemptState.CREATED).order_by(MoneyBack.created_at, MoneyBack.id))


def _earlier(form_key: str, staff: Staff) -> MoneyBack | None:
    found: MoneyBack | None = MoneyBack.get_or_none(form_key=form_key)
    if found and found.asked_by_id != staff.id:
        raise MoneyBack.DoesNotExist()
    return found


def _kind(sale: Sale, by_hand: ByHand | None, gateway: Gateway) -> BackKind:
    if by_hand:
        return BackKind.VOID if by_hand.mistake else BackKind.REFUND
    if sale.attempt is None:
        raise NotAllowed()
    return kind_now(sale, gateway)


def _intend(
    paid: Payment | Attempt, kind: BackKind, amount: Cents | None, reason: str, staff: Staff, form_key: str,
    by_hand: ByHand | None, now: datetime, ip: str,
) -> tuple[MoneyBack, bool]:  # fmt: skip
    with db.atomic():
        earlier = _earlier(form_key, staff)
        if earlier:
            return earlier, False
        sale = sale_of(paid)
        check(sale, kind, amount, by_hand)
        assert amount, "checked above"
        back = _write_down(sale, kind, amount, reason, staff, form_key, by_hand, now)
        what = f"{kind} {format_dollars(amount)} {back.method}"
        audit.note(f"staff:{staff.id}", "refund.ask", f"money_back:{back.id}", now, ip=ip, detail=what)
        _record_if_by_hand(back, now)
        return back, True


def _write_down(
    sale: Sale, kind: BackKind, amount: Cents, reason: str, staff: Staff, form_key: str, by_hand: ByHand | None,
    now: datetime,
) -> MoneyBack:  # fmt: skip
    waits = needs_second(sale, kind, amount, now)
    way = {"method": by_hand.method, "reference": by_hand.number.strip()} if by_hand else {}
    back: MoneyBack = MoneyBack.create(
        form_key=form_key, order_id=next_order_id(sale.attempt, sale.payment), request_key=str(uuid.uuid4()),
        attempt=sale.attempt, payment=None if sale.attempt else sale.payment, kind=kind, amount=amount,
        reason=reason, asked_by=staff, created_at=now, sent_at=None if waits else now,
        state=AttemptState.CREATED if waits else AttemptState.SENT,
        not_before=now + DELAY if waits and alone(staff) else None, **way,
    )  # fmt: skip
    return back


def _agree(back: MoneyBack, now: datetime, by: str, ip: str = "", **facts: object) -> bool:
    """Let it go, if the rules still allow it; False when it waits no more."""
    with db.atomic():
        if not back.move([AttemptState.CREATED], AttemptState.SENT, sent_at=now, **facts):
            return False
        check(sale_of_back(back), back.kind, back.amount, None, own=back.id)
        audit.note(by, "refund.approve", f"money_back:{back.id}", now, ip=ip)
        _record_if_by_hand(back, now)
        return True


def _record_if_by_hand(back: MoneyBack, now: datetime) -> None:
    """No processor is asked, so it happens in the transaction that decides it."""
    by_hand = back.attempt is None or back.method != Method.CARD
    if by_hand and back.state == AttemptState.SENT:
        record_by_hand(back, now)


def _send(back: MoneyBack, gateway: Gateway, clock: Clock) -> MoneyBack:
    assert not db.in_transaction(), "the processor is asked with no transaction open"
    sale = back.attempt.transaction_id
    if back.kind == BackKind.VOID:
        result = gateway.void(sale, back.request_key)
    else:
        result = gateway.refund(sale, back.order_id, back.request_key, back.amount)
    record_back(back, result, clock())
    return refund_recovery.look(back, gateway, clock())


def _send_due(back: MoneyBack, gateway: Gateway, clock: Clock) -> bool:
    """Its trouble must not keep the others waiting."""
    try:
        sent = _agree(back, clock(), "system")
    except BillingError as refused:
        _drop(back, refused, clock())
        return False
    if sent and back.state == AttemptState.SENT:
        _send(back, gateway, clock)
    return sent


def _drop(back: MoneyBack, refused: BillingError, now: datetime) -> None:
    with db.atomic():
        back.move([AttemptState.CREATED], AttemptState.CANCELED, answered_at=now)
        sale = sale_of_back(back)
        audit.note("system", "refund.cancel", f"money_back:{back.id}", now, detail=refused.key)
        about = {"account": sale.account, "attempt": sale.attempt, "payment": sale.payment}
        raise_task("task.back_refused", now, **about, detail=format_dollars(back.amount))
