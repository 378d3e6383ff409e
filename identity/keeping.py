"""How long everything is kept: what goes by itself and after how long, and what only a person may take away.

HIPAA, 45 CFR 164.316(b)(2): policies and logs for six years. How long money and papers are kept is state law; ten years
after the last service is the usual longest.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing import cards
from billing.audit import note
from gateways import Gateway
from identity import signins
from models import (
    Attempt,
    AuditEntry,
    BreakGlass,
    Challenge,
    Consent,
    Document,
    Entry,
    Import,
    Invite,
    Message,
    Notice,
    OneTimeLink,
    SavedCard,
    WebhookDelivery,
    db,
)

log = logging.getLogger("evenly.keeping")

DAYS_30, DAYS_90 = timedelta(days=30), timedelta(days=90)
IDLE = timedelta(days=396)  # thirteen months
YEARS_6, YEARS_10 = timedelta(days=6 * 365 + 2), timedelta(days=10 * 365 + 3)
AWAY = 3  # times in one sweep that a card could not be removed
AT_ONCE = 500  # a sweep is short: whoever pays meanwhile must not wait


@dataclass(frozen=True)
class Rule:
    """What goes by itself, how long after its end, and the sweep that returns how much went."""

    what: str
    after: timedelta
    sweep: Callable[[Gateway, datetime], int]


@dataclass(frozen=True)
class Kept:
    """What is never taken away by itself; `old` counts what is past its time."""

    what: str
    after: timedelta
    old: Callable[[datetime], int]


def sweep(gateway: Gateway, now: datetime) -> int:
    """Let go of everything whose time is over; returns how much went. Safe to run twice."""
    return sum(rule.sweep(gateway, now) for rule in RULES)


def _sessions(gateway: Gateway, now: datetime) -> int:
    return signins.forget_old(now)


def _questions(gateway: Gateway, now: datetime) -> int:
    return _delete(Challenge, Challenge.expires_at < now - DAYS_30)


def _links(gateway: Gateway, now: datetime) -> int:
    return _delete(OneTimeLink, OneTimeLink.expires_at < now - DAYS_30)


def _invitations(gateway: Gateway, now: datetime) -> int:
    """Those that came to nothing; what a used one led to is a link."""
    return _delete(Invite, Invite.used_at.is_null() & (Invite.expires_at < now - DAYS_30))


def _announcements(gateway: Gateway, now: datetime) -> int:
    """Only the digest of what the processor announced stays, so that the same is still not heard twice."""
    old = WebhookDelivery.done_at.is_null(False) & (WebhookDelivery.received_at < now - DAYS_90)
    told = WebhookDelivery.select(WebhookDelivery.id).where(old, WebhookDelivery.kind != "").limit(AT_ONCE)
    empty = {"kind": "", "subject_id": "", "transaction_id": "", "facts": {}}
    emptied = WebhookDelivery.update(empty).where(WebhookDelivery.id.in_(told))
    return sum(iter(emptied.execute, 0))  # in parts, until none is left


def _messages(gateway: Gateway, now: datetime) -> int:
    """They hold addresses, also ones that nobody has any longer. One that still waits is not touched."""
    return _delete(Message, (Message.sent_at < now - DAYS_90) | (Message.failed_at < now - DAYS_90))


def _idle_cards(gateway: Gateway, now: datetime) -> int:
    """Cards that paid nothing for thirteen months go from the processor's vault.

    One that cannot be removed does not keep the others; after some of them the processor is away, and tomorrow comes.
    """
    gone = failed = 0
    for card in list(_unused(now - IDLE).limit(AT_ONCE)):
        try:
            cards.forget(card, gateway=gateway, now=now)
        except Exception as error:  # whatever it is, it is about this card
            log.warning("saved card %s stays where it is: %s", card.id, type(error).__name__)
            failed += 1
        else:
            note("system", "card.forgotten", f"user:{card.user_id}", now)
            gone += 1
        if failed == AWAY:
            break
    return gone


def _unused(since: datetime) -> Any:
    used = Attempt.select(Attempt.saved_card).where(Attempt.saved_card.is_null(False), Attempt.created_at > since)
    idle = SavedCard.removed_at.is_null() & (Consent.at < since) & SavedCard.id.not_in(used)
    return SavedCard.select().join(Consent).where(idle)


def _files(gateway: Gateway, now: datetime) -> int:
    """The files that staff brought in; what was read from them, and what came of it, stays."""
    with db.atomic():
        old = Import.file.is_null(False) & (Import.at < now - DAYS_30)
        return int(Import.update(file=None).where(old).execute())


def _news(gateway: Gateway, now: datetime) -> int:
    """What happened stands in the books and in the log; what nobody has read yet stays."""
    return _delete(Notice, Notice.read_at < now - DAYS_90)


def _delete(model: Any, which: Any) -> int:
    with db.atomic():
        return int(model.delete().where(which).execute())


def _count(model: Any, column: Any, after: timedelta) -> Callable[[datetime], int]:
    return lambda now: int(model.select().where(column < now - after).count())


RULES = (
    Rule("sessions that ended, and counts of wrong tries", DAYS_30, _sessions),
    Rule("codes and passkey questions", DAYS_30, _questions),
    Rule("links that work once", DAYS_30, _links),
    Rule("invitations that came to nothing", DAYS_30, _invitations),
    Rule("files brought in, but for what came of them", DAYS_30, _files),
    Rule("announcements of the processor, but for their digest", DAYS_90, _announcements),
    Rule("emails that were sent, or given up", DAYS_90, _messages),
    Rule("news of the inbox that were read", DAYS_90, _news),
    Rule("saved cards that nobody paid with", IDLE, _idle_cards),
)
KEPT = (
    Kept("activity log", YEARS_6, _count(AuditEntry, AuditEntry.at, YEARS_6)),
    Kept("consents", YEARS_6, _count(Consent, Consent.at, YEARS_6)),
    Kept("emergencies", YEARS_6, _count(BreakGlass, BreakGlass.ends_at, YEARS_6)),
    Kept("ledger", YEARS_10, _count(Entry, Entry.at, YEARS_10)),
    Kept("papers", YEARS_10, _count(Document, Document.issued_at, YEARS_10)),
)
