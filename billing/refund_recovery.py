"""Finding out what became of a refund or void nobody answered for. It only reads at the processor."""

import logging
from datetime import datetime, timedelta

from billing.moneyback import is_disputed
from billing.recovery import ANSWER_LOST_AFTER, CLOSE_AFTER, HOURLY, SURE_OF_DECLINE_AFTER, next_search
from billing.refund_outcomes import of_payment, record_credit, record_doubt, record_refusal, record_success
from billing.refund_rules import sale_of_back
from billing.tasks import raise_task
from choices import ASKED, AttemptState, BackKind
from gateways import Fact, Gateway, GatewayUnavailable, Kind, Search, Standing
from models import MoneyBack

log = logging.getLogger("evenly.refunds")


def look(back: MoneyBack, gateway: Gateway, now: datetime, close_after: timedelta = CLOSE_AFTER) -> MoneyBack:
    """Bring money back up to date as far as can be known now; asks the processor only when it is time to.

    One that was sent and has no recorded answer after two minutes counts as unknown: the process died in between.
    """
    if back.state == AttemptState.SENT and now - back.sent_at >= ANSWER_LOST_AFTER:
        record_doubt(back, now)
    if back.state == AttemptState.UNKNOWN and now >= next_search(back):
        _learn(back, gateway, now, close_after)
    return back


def resolve_unknown(gateway: Gateway, now: datetime, close_after: timedelta = CLOSE_AFTER) -> int:
    """The janitor: look at everything that was asked and has no known end; returns how many found one."""
    unsure = MoneyBack.select().where(MoneyBack.state.in_(ASKED)).order_by(MoneyBack.id)
    ended = sum(_resolve(back, gateway, now, close_after) for back in list(unsure))
    return ended + sum(_book_found(back, gateway, now) for back in _unbooked(now))


def _unbooked(now: datetime) -> list[MoneyBack]:
    """Credits made at the processor's own screen that a dispute kept off the books, and that now fit."""
    found = (MoneyBack.state == AttemptState.CLOSED) & MoneyBack.transaction_id.is_null(False)
    due = MoneyBack.searched_at.is_null() | (MoneyBack.searched_at <= now - HOURLY)
    return [back for back in MoneyBack.select().where(found & due).order_by(MoneyBack.id) if _fits(back)]


def _fits(back: MoneyBack) -> bool:
    sale = sale_of_back(back)
    return back.amount <= sale.left and not (sale.payment and is_disputed(sale.payment))


def _book_found(back: MoneyBack, gateway: Gateway, now: datetime) -> bool:
    MoneyBack.update(searched_at=now).where(MoneyBack.id == back.id).execute()
    try:
        fact = gateway.find(back.transaction_id)
    except GatewayUnavailable:
        return False
    return bool(fact and record_credit(fact, now))


def _resolve(back: MoneyBack, gateway: Gateway, now: datetime, close_after: timedelta) -> bool:
    """Whether this one's end was found. Its trouble must not keep the others waiting, nor stay unseen."""
    try:
        return look(back, gateway, now, close_after).state not in ASKED
    except Exception:
        log.exception("money back %s: what became of it could not be written down", back.order_id)
        sale = back.attempt or back.payment
        raise_task("task.back_stuck", now, account=sale.account, attempt=back.attempt, payment=of_payment(back))
        return False


def _learn(back: MoneyBack, gateway: Gateway, now: datetime, close_after: timedelta) -> None:
    """A failed search proves nothing; a fact decides; after a day of finding nothing it is closed."""
    search = _search_void(back, gateway) if back.kind == BackKind.VOID else _search_credit(back, gateway)
    MoneyBack.update(searched_at=now, searches=MoneyBack.searches + search.ok).where(MoneyBack.id == back.id).execute()
    back.searched_at = now
    if not search.ok:
        return
    (_weigh_void if back.kind == BackKind.VOID else _weigh_credit)(back, search.facts, now)
    if back.state == AttemptState.UNKNOWN and not _stands(search) and now - back.sent_at >= close_after:
        record_refusal(back, AttemptState.CLOSED, now)


def _stands(search: Search) -> bool:
    """The money went back, whatever kept it off the books."""
    return any(fact.voided or _is_credit(fact) for fact in search.facts)


def _is_credit(fact: Fact) -> bool:
    return fact.kind == Kind.CREDIT and fact.standing == Standing.APPROVED


def _search_void(back: MoneyBack, gateway: Gateway) -> Search:
    """A void is a state of the sale itself."""
    try:
        sale = gateway.find(back.attempt.transaction_id)
    except GatewayUnavailable:
        return Search(False)
    return Search(True, (sale,) if sale else ())


def _search_credit(back: MoneyBack, gateway: Gateway) -> Search:
    """By its own order id, and among the credits the sale names: a search may lag, the sale does not."""
    search = gateway.find_by_reference(back.order_id)
    if search.facts:
        return search
    try:
        sale = gateway.find(back.attempt.transaction_id)
        named = [gateway.find(id) for id in sale.refund_ids] if sale else []
    except GatewayUnavailable:
        return Search(False)
    ours = (credit for credit in named if credit and credit.order_id == back.order_id)
    return Search(search.ok, tuple(ours))


def _weigh_void(back: MoneyBack, facts: tuple[Fact, ...], now: datetime) -> None:
    """Voided, or past voiding: a sale that settles or never arrived was not voided and never will be."""
    for sale in facts:
        if sale.voided:
            record_success(back, sale, now)
        elif sale.past_voiding or sale.standing == Standing.REVERSED:
            record_refusal(back, AttemptState.CLOSED, now, sale.status)


def _weigh_credit(back: MoneyBack, facts: tuple[Fact, ...], now: datetime) -> None:
    """One that stands counts; only refused ones, once a late success can be ruled out, mean no."""
    refused = [fact for fact in facts if fact.standing in (Standing.DECLINED, Standing.REVERSED)]
    standing = [fact for fact in facts if _is_credit(fact)]
    if standing:
        record_success(back, standing[0], now)
    elif refused and refused == list(facts) and now - back.sent_at >= SURE_OF_DECLINE_AFTER:
        record_refusal(back, AttemptState.DECLINED, now, refused[0].status, refused=refused[0])
