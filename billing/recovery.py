"""Finding out what became of an attempt nobody answered for. It only reads at the processor; it never charges."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from billing import limits
from billing.declines import DOUBLE, key_found
from billing.errors import PaidJustNow
from billing.outcomes import record_doubt, record_failure, record_success
from billing.tasks import raise_task
from choices import ASKED, AttemptState
from gateways import Fact, Gateway, GatewayUnavailable, Kind, Search, Standing
from models import Attempt, db

log = logging.getLogger("evenly.recovery")

# Seconds after sending at which the processor is asked again; then hourly. The first few are the waiting page's.
SEARCH_AT = (0, 1, 3, 8, 20, 40, 60, 120, 300, 900)
HOURLY = timedelta(hours=1)
ANSWER_LOST_AFTER = timedelta(minutes=2)
SURE_OF_DECLINE_AFTER = timedelta(seconds=60)
NOT_SENT_SEARCHED_AFTER = timedelta(minutes=10)
CLOSE_AFTER = timedelta(hours=24)
CLOCKS_MAY_DIFFER = timedelta(minutes=5)


def look(attempt: Attempt, gateway: Gateway, now: datetime, close_after: timedelta = CLOSE_AFTER) -> Attempt:
    """Bring an attempt up to date as far as can be known now; asks the processor only when it is time to.

    A sent attempt without a recorded answer after two minutes counts as unknown: the process died in between.
    """
    if attempt.state == AttemptState.SENT and now - attempt.sent_at >= ANSWER_LOST_AFTER:
        record_doubt(attempt, now)
    if attempt.state == AttemptState.UNKNOWN and now >= next_search(attempt):
        learn(attempt, gateway, gateway.find_by_reference(attempt.order_id), now, close_after)
    return attempt


def hear(attempt: Attempt, fact: Fact, gateway: Gateway, now: datetime) -> None:
    """Somebody pointed at this transaction: look at everything under its reference now, whatever the schedule says.

    A search may not show it yet, so what was pointed at counts too.

    Raises:
        GatewayUnavailable: the search failed; alone, one transaction does not prove that there is no other.
    """
    search = gateway.find_by_reference(attempt.order_id)
    if not search.ok:
        raise GatewayUnavailable("search")
    others = tuple(found for found in search.facts if found.id != fact.id)
    learn(attempt, gateway, Search(True, (*others, fact)), now)


def resolve_unknown(gateway: Gateway, now: datetime, close_after: timedelta = CLOSE_AFTER) -> int:
    """The janitor: look at every attempt without a known end; returns how many found one."""
    unsure = [*Attempt.select().where(Attempt.state.in_(ASKED)), *_never_sent(now)]
    return sum(_resolve(attempt, gateway, now, close_after) for attempt in unsure)


def _resolve(attempt: Attempt, gateway: Gateway, now: datetime, close_after: timedelta) -> bool:
    """Whether this one's end was found. Its trouble must not keep the others waiting, nor stay unseen."""
    before = attempt.state
    try:
        if before == AttemptState.NOT_SENT:
            learn(attempt, gateway, gateway.find_by_reference(attempt.order_id), now, close_after)
        else:
            look(attempt, gateway, now, close_after)
    except Exception:
        log.exception("attempt %s: what became of it could not be written down", attempt.order_id)
        raise_task("task.stuck", now, account=attempt.account, attempt=attempt)
        return False
    return attempt.state != before and attempt.state not in ASKED


def next_search(attempt: Attempt) -> datetime:
    """When the processor is asked about this attempt again."""
    if attempt.searched_at is None:
        return attempt.sent_at
    asked = (attempt.searched_at - attempt.sent_at).total_seconds()
    later = (seconds for seconds in SEARCH_AT if seconds > asked)
    seconds = next(later, None)
    return attempt.searched_at + HOURLY if seconds is None else attempt.sent_at + timedelta(seconds=seconds)


def _never_sent(now: datetime) -> Iterable[Attempt]:
    """Attempts that did not reach the processor are checked once, in case they did."""
    due = Attempt.sent_at <= now - NOT_SENT_SEARCHED_AFTER
    unsure = (Attempt.state == AttemptState.NOT_SENT) & (Attempt.searches == 0)
    return Attempt.select().where(unsure & due)


def learn(
    attempt: Attempt, gateway: Gateway, search: Search, now: datetime, close_after: timedelta = CLOSE_AFTER
) -> None:
    """A failed search proves nothing; a fact decides; after a day without an approval the attempt is closed."""
    Attempt.update(searched_at=now, searches=Attempt.searches + search.ok).where(Attempt.id == attempt.id).execute()
    account = gateway.merchant_account
    with db.atomic():
        attempt.__data__ = Attempt.get_by_id(attempt.id).__data__  # it may have been sent again meanwhile
        if search.ok:
            _conclude(attempt, search.facts, account, now, close_after)


def _conclude(attempt: Attempt, found: Iterable[Fact], account: str, now: datetime, close_after: timedelta) -> None:
    facts = [fact for fact in found if _is_ours(fact, attempt)]
    approved = [fact for fact in facts if fact.standing == Standing.APPROVED]
    if approved:
        _adopt(attempt, approved, account, now)
    elif facts:
        _weigh(attempt, facts, now)
    if not approved and attempt.state == AttemptState.UNKNOWN and now - attempt.sent_at >= close_after:
        record_failure(attempt, AttemptState.CLOSED, "dec.closed", now)
        raise_task("task.closed", now, account=attempt.account, attempt=attempt)


def _is_ours(fact: Fact, attempt: Attempt) -> bool:
    recent = fact.created_at is None or fact.created_at >= attempt.created_at - CLOCKS_MAY_DIFFER
    return fact.kind == Kind.SALE and fact.order_id == attempt.order_id and recent


def _adopt(attempt: Attempt, approved: list[Fact], account: str, now: datetime) -> None:
    """The oldest that took what was asked, where it was asked, is ours; others must be given back by a person."""
    ours = [fact for fact in approved if fact.account == (account or fact.account)]
    if ours:
        record_success(attempt, min(ours, key=lambda fact: fact.cents != attempt.amount), now)
    else:
        raise_task("task.wrong_amount", now, account=attempt.account, attempt=attempt)
    if len(approved) > 1:
        raise_task("task.two_charges", now, account=attempt.account, attempt=attempt)


def _why(attempt: Attempt, declined: Fact) -> str:
    double = declined.decline_code == DOUBLE and limits.just_paid(attempt, attempt.language)
    return PaidJustNow.key if double else key_found(declined)


def _weigh(attempt: Attempt, facts: list[Fact], now: datetime) -> None:
    """Only declines: declined, once a late success can be ruled out. Reversed: the money is not here."""
    standings = {fact.standing for fact in facts}
    if standings == {Standing.DECLINED} and now - attempt.sent_at >= SURE_OF_DECLINE_AFTER:
        record_failure(attempt, AttemptState.DECLINED, _why(attempt, facts[0]), now, facts[0].decline_code, facts[0])
    elif standings <= {Standing.DECLINED, Standing.REVERSED} and Standing.REVERSED in standings:
        record_failure(attempt, AttemptState.CLOSED, "dec.closed", now, fact=facts[0])
