"""When a client must wait: many declines, many new cards, or the same payment a moment ago."""

from datetime import datetime, timedelta

from peewee import ModelSelect

from billing.carts import Cart
from billing.consents import KEPT_ALONE
from billing.errors import PaidJustNow, TooManyTries
from choices import IN_FLIGHT, AttemptState, Way
from models import Attempt, AttemptLine, Consent, Practice, User
from money import Cents, format_dollars
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
    if in_day >= DECLINES_PER_DAY or cards >= NEW_CARDS_PER_DAY:
        raise TooManyTries("dec.limit.day", phone=Practice.the().phone)
    if in_hour >= DECLINES_PER_HOUR:
        raise TooManyTries(phone=Practice.the().phone)


def check_duplicate(user: User, cart: Cart, language: str, now: datetime) -> None:
    """Raise `PaidJustNow` when the same amount went to the same charges in the last ten minutes, however these were
    picked, or toward the balance of the same account.
    """
    charges = {line.charge.id for line in cart.lines}
    for attempt in _paid(user, cart.total, now).where(Attempt.account == cart.account):
        if attempt.way == cart.way == Way.AMOUNT or _charge_ids(attempt) == charges:
            raise _paid_just_now(attempt, language)


def just_paid(attempt: Attempt, language: str) -> PaidJustNow | None:
    """What a bank meant that took this attempt for a double: the same amount a moment before, for whatever it was."""
    earlier = _paid(attempt.user, attempt.amount, attempt.sent_at).where(Attempt.sent_at <= attempt.sent_at).first()
    return _paid_just_now(earlier, language) if earlier else None


def double_of(attempt: Attempt, language: str) -> PaidJustNow | None:
    """What a declined attempt was taken for a double of, where that is why it was declined."""
    return just_paid(attempt, language) if attempt.decline_key == PaidJustNow.key else None


def _paid(user: User, amount: Cents, until: datetime) -> ModelSelect:
    """This user's payments of that amount that succeeded in the ten minutes before, whenever they were first asked for;
    the last one first.
    """
    same = (Attempt.user == user) & (Attempt.amount == amount) & (Attempt.state == AttemptState.SUCCEEDED)
    lately = Attempt.answered_at > until - DUPLICATE_WINDOW
    return Attempt.select().where(same & lately).order_by(Attempt.sent_at.desc())


def _paid_just_now(attempt: Attempt, language: str) -> PaidJustNow:
    at = show_time(attempt.sent_at, Practice.the().time_zone, language)
    return PaidJustNow(amount=format_dollars(attempt.amount), time=at)


def _count(user: User, where: object, since: datetime) -> int:
    return int(Attempt.select().where((Attempt.user == user) & where & (Attempt.sent_at > since)).count())


def _new_cards(user: User, since: datetime) -> int:
    """Different cards typed to pay, and tries to keep one without paying: each of those asks a bank too."""
    alone = (Consent.user == user) & Consent.reference.startswith(KEPT_ALONE) & (Consent.at > since)
    return _paid_with(user, since) + int(Consent.select().where(alone).count())


def _paid_with(user: User, since: datetime) -> int:
    new = Attempt.saved_card.is_null() & (Attempt.card_last4 != "") & (Attempt.sent_at > since)
    cards = Attempt.select(Attempt.card_brand, Attempt.card_last4).where((Attempt.user == user) & new).distinct()
    return int(cards.count())


def _charge_ids(attempt: Attempt) -> set[int]:
    return {line.charge_id for line in AttemptLine.select().where(AttemptLine.attempt == attempt)}
