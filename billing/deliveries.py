"""What the processor announces: kept once, answered at once, worked off later, and never taken at its word.

A notification only says where to look. What is found there goes the same way as what the janitor finds, so doubles,
stale news and any order end in the same books.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from billing import news
from billing.tasks import raise_task
from gateways import BadSignature, Disbursement, Event, Gateway, GatewayUnavailable
from models import ForgedWebhooks, WebhookDelivery, db

log = logging.getLogger("evenly.deliveries")

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
TRIES_BEFORE_STAFF = 8  # about three hours
AT_ONCE = 50


def signed(gateway: Gateway, form: Mapping[str, str], now: datetime) -> Event:
    """What the processor announces.

    Raises:
        BadSignature: the processor did not sign it with our keys; it was counted and nothing of it kept.
    """
    try:
        return gateway.parse_webhook(form)
    except BadSignature:
        _count_forged(now)
        raise


def keep(event: Event, form: Mapping[str, str], now: datetime) -> bool:
    """Write a signed notification down; False when the same payload is here already."""
    row = {
        "payload_sha256": hashlib.sha256(form["bt_payload"].encode()).hexdigest(),
        "kind": event.kind, "subject_id": event.subject_id, "transaction_id": event.transaction_id,
        "facts": _facts(event.disbursement) if event.disbursement else {}, "received_at": now, "due_at": now,
    }  # fmt: skip
    return WebhookDelivery.insert(row).on_conflict_ignore().as_rowcount().execute() == 1


def work_off(gateway: Gateway, now: datetime) -> int:
    """Look at what the waiting notifications speak of; returns how many are done.

    One that fails waits longer each time. When the processor cannot be asked, the others wait for the next sweep.
    """
    open_ = WebhookDelivery.done_at.is_null() & (WebhookDelivery.due_at <= now)
    done = 0
    waiting = WebhookDelivery.select().where(open_).order_by(WebhookDelivery.id).limit(AT_ONCE)
    for delivery in list(waiting):  # read to its end: SQLite lets nobody write from within an older reading
        if not _claim(delivery, now):
            continue
        try:
            news.hear(gateway, delivery, now)
        except GatewayUnavailable:
            _failed(delivery, now)
            break
        except Exception:
            log.exception("delivery %s: what it announced could not be written down", delivery.id)
            _failed(delivery, now)
        else:
            done += WebhookDelivery.update(done_at=now).where(WebhookDelivery.id == delivery.id).execute()
    return done


def last_heard(now: datetime, within: timedelta) -> bool:
    """Whether the processor reached us lately with something signed."""
    return bool(WebhookDelivery.select().where(WebhookDelivery.received_at >= now - within).exists())


def forged(now: datetime) -> int:
    """How many notifications without our signature came today and yesterday (UTC)."""
    recent = ForgedWebhooks.day >= now.date() - timedelta(days=1)
    return sum(row.count for row in ForgedWebhooks.select().where(recent))


def _claim(delivery: WebhookDelivery, now: datetime) -> bool:
    """Take it for this try; False when another thread was faster. A try that dies leaves it due again."""
    tries = delivery.tries + 1
    longer = 3 ** min(delivery.tries, TRIES_BEFORE_STAFF)  # a day's failures would outgrow what a timedelta holds
    pause = min(FIRST_PAUSE * longer, LONGEST_PAUSE)
    untouched = (WebhookDelivery.id == delivery.id) & (WebhookDelivery.tries == delivery.tries)
    claimed = WebhookDelivery.update(tries=tries, due_at=now + pause).where(untouched).execute() == 1
    delivery.tries = tries
    return bool(claimed)


def _failed(delivery: WebhookDelivery, now: datetime) -> None:
    if delivery.tries >= TRIES_BEFORE_STAFF:
        raise_task("task.delivery", now, detail=f"{delivery.kind} {delivery.subject_id}")


def _count_forged(now: datetime) -> None:
    with db.atomic():
        today = ForgedWebhooks.day == now.date()
        if not ForgedWebhooks.update(count=ForgedWebhooks.count + 1).where(today).execute():
            ForgedWebhooks.create(day=now.date(), count=1)


def _facts(payout: Disbursement) -> dict[str, Any]:
    return asdict(payout) | {"day": payout.day.isoformat() if payout.day else ""}
