"""Everything that brings the books and the processor together, once, and what is left to say afterwards."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from billing import deliveries, disputes, inbox, news, processor_check, recovery, refund_recovery, settling
from billing.discrepancies import discrepancies
from billing.tasks import raise_task
from gateways import Gateway, GatewayUnavailable
from models import Attempt, Practice
from words import local_day

DISPUTES_LOOKED_BACK = timedelta(days=30)
EVERYTHING = 10_000
TOLD_AGAIN_AFTER = timedelta(days=7)


@dataclass
class Reconciled:
    """`done`: what was looked at -> how many. `wrong`: a sentence for each thing that does not agree.

    `aside`: a sentence about what is not ours, or empty.
    """

    done: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    aside: str = ""


def reconcile(gateway: Gateway, now: datetime, close_after: timedelta = recovery.CLOSE_AFTER) -> Reconciled:
    """Ask about everything that is due, then compare. What the processor does not answer is something wrong too."""
    found = Reconciled()
    found.done["payments without an answer, resolved"] = recovery.resolve_unknown(gateway, now, close_after)
    found.done["refunds and voids without an answer, resolved"] = refund_recovery.resolve_unknown(
        gateway, now, close_after
    )
    found.done["announcements worked off"] = deliveries.work_off(gateway, now)
    found.done["booked payments followed"] = settling.follow(gateway, now, EVERYTHING)
    try:
        found.done["disputes read"] = sweep_disputes(gateway, now)
        compared = _settle_differences(gateway, now)
    except GatewayUnavailable:
        found.wrong.append("The processor does not answer, so the books could not be compared with it.")
    else:
        found.wrong += compared.differences
        found.aside = compared.aside
    found.wrong += discrepancies()
    return found


def compare_daily(gateway: Gateway, now: datetime) -> int:
    """Put right what books and processor differ in, and tell staff of the rest; returns how much that is.

    A practice that never asked for a card payment has nothing to compare. Raises GatewayUnavailable.
    """
    if not Attempt.select().exists():
        return 0
    sweep_disputes(gateway, now)
    found = _settle_differences(gateway, now).differences
    if found:
        raise_task("task.differs", now, detail=found[0])
        inbox.put_once("notice.differs", now, now - TOLD_AGAIN_AFTER)
    return len(found)


def _settle_differences(gateway: Gateway, now: datetime) -> processor_check.Comparison:
    """Compare; what differs is looked at as if it had been announced, and what then still differs is left."""
    compared = processor_check.compare(gateway, now)
    for _, fact in compared.found:
        if fact:
            news.learn(gateway, fact, now)
    return processor_check.compare(gateway, now) if compared.found else compared


def sweep_disputes(gateway: Gateway, now: datetime) -> int:
    """Disputes whose notification was lost, and how the open ones stand. Raises GatewayUnavailable."""
    today = local_day(now, Practice.the().time_zone)
    return disputes.sweep(gateway, today - DISPUTES_LOOKED_BACK, today, now)
