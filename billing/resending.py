"""Sending an attempt once more: at the client's tap, the same attempt, and only where it cannot charge twice.

docs/decisions says what may be sent again, and what may not.
"""

from datetime import datetime, timedelta

from billing import recovery
from billing.ledger import charge_figure
from choices import AttemptState
from gateways import Gateway
from models import Attempt, AttemptEvent, Practice
from words import local_day

NONCE_LIVES = timedelta(hours=3)


def by_nonce(attempt: Attempt, now: datetime) -> bool:
    """A new card that never left: its page may post it again while such a nonce lives."""
    fresh = now - attempt.created_at < NONCE_LIVES
    return attempt.state == AttemptState.NOT_SENT and attempt.saved_card_id is None and fresh


def by_saved_card(attempt: Attempt, gateway: Gateway, now: datetime) -> bool:
    """A kept card, where the processor knows a repeated request by its key; in doubt, once a search found nothing."""
    card = attempt.saved_card
    if card is None or not gateway.can.request_keys:
        return False
    usable = card.removed_at is None and not card.expired(local_day(now, Practice.the().time_zone))
    searched = attempt.state == AttemptState.UNKNOWN and attempt.searches > 0
    return usable and (attempt.state == AttemptState.NOT_SENT or searched)


def found_nothing(attempt: Attempt, gateway: Gateway, now: datetime) -> bool:
    """Whether the processor has never heard of it; what a search does find is written down."""
    search = gateway.find_by_reference(attempt.order_id)
    if search.facts:
        recovery.learn(attempt, gateway, search, now)
    return search.ok and not search.facts


def still_payable(attempt: Attempt) -> bool:
    """What it planned to pay is still open; an attempt in doubt has it reserved."""
    if attempt.in_flight:
        return True
    return all(line.amount <= charge_figure(line.charge).payable for line in attempt.lines)


def claim(attempt: Attempt, now: datetime) -> bool:
    """Take it for one more request; False when another tap was faster. Inside the transaction that checked it."""
    before = attempt.state
    again = {"sent_at": now, "searched_at": None, "searches": 0, "answered_at": None, "decline_key": ""}
    claimed = attempt.move([before], AttemptState.SENT, **again)
    if claimed:
        AttemptEvent.create(attempt=attempt, at=now, before=before, after=AttemptState.SENT, what="asked again")
    return claimed
