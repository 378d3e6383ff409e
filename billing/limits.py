"""When a client must wait: many declines, many new cards, or the same payment a moment ago."""

from datetime import datetime, timedelta

from billing.carts import Cart
from billing.consents import KEPT_ALONE
from billing.errors import PaidJustNow, TooManyTries
from choices import IN_FLIGHT, AttemptState, Way
from models import Attempt, AttemptLine, Consent, Practice, User
from money import format_dollars
from words import show_time

DECLINES_PER_HOUR = 5
DECLINES_PER_DAY = 10
NEW_CARDS_PER_DAY = 3
DUPLICATE_WINDOW = timedelta(minutes=10)


def check_tries(user: User, new_card: bool, now: datetime) -> None:
    """Raise `TooManyTries` after 5 declines in an hour, 10 in a day, or 3 different new cards in a day.

    A try without an answer yet counts as declined, or many at once would slip through.
    """
    declined = Attempt.state.in_((AttemptState.DECLINED, *IN_FLIGHT))
    in_hour = _count(user, declined, now - timedelta(hours=1))
    in_day = _count(user, declined, now - timedelta(days=1))
    cards = _new_cards(user, now - timedelta(days=1)) if new_card else 0
    if in_hour >= DECLINES_PER_HOUR or in_day >= DECLINES_PER_DAY or cards >= NEW_CARDS_PER_DAY:
        raise TooManyTries(phone=Practice.the().phone)


def check_duplicate(user: User, cart: Cart, language: str, now: datetime) -> None:
    """Raise `PaidJustNow` when the same amount went to the same charges in the last ten minutes, however these were
    picked, or toward the balance of the same account.
    """
    recent = Attempt.select().where(
        (Attempt.user == user) & (Attempt.account == cart.account) & (Attempt.amount == cart.total)
        & (Attempt.state == AttemptState.SUCCEEDED) & (Attempt.created_at > now - DUPLICATE_WINDOW)
    )  # fmt: skip
    charges = {line.charge.id for line in cart.lines}
    for attempt in recent.order_by(Attempt.id.desc()):
        if attempt.way == cart.way == Way.AMOUNT or _charge_ids(attempt) == charges:
            at = show_time(attempt.created_at, Practice.the().time_zone, language)
            raise PaidJustNow(amount=format_dollars(attempt.amount), time=at)


def _count(user: User, where: object, since: datetime) -> int:
    return int(Attempt.select().where((Attempt.user == user) & where & (Attempt.created_at > since)).count())


def _new_cards(user: User, since: datetime) -> int:
    """Different cards typed to pay, and tries to keep one without paying: each of those asks a bank too."""
    alone = (Consent.user == user) & Consent.reference.startswith(KEPT_ALONE) & (Consent.at > since)
    return _paid_with(user, since) + int(Consent.select().where(alone).count())


def _paid_with(user: User, since: datetime) -> int:
    new = Attempt.saved_card.is_null() & (Attempt.card_last4 != "") & (Attempt.created_at > since)
    cards = Attempt.select(Attempt.card_brand, Attempt.card_last4).where((Attempt.user == user) & new).distinct()
    return int(cards.count())


def _charge_ids(attempt: Attempt) -> set[int]:
    return {line.charge_id for line in AttemptLine.select().where(AttemptLine.attempt == attempt)}
