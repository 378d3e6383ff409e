"""What of the checklist breaks after payments went on: staff are told once, and three breaks turn payments off.

docs/decisions/0019 says why one bad look is none, and how long each break must last.
"""

from datetime import datetime, timedelta

from billing import inbox, switch
from billing.checklist import Kind, checklist, kind_of
from billing.checks import HTTPS, CheckRow, Processor, ProcessorFacts
from billing.stamp import Stamp
from models import BrokenCheck, Practice, db

EVERY = timedelta(minutes=15)
IN_A_ROW = timedelta(hours=1)  # looks further apart say nothing of the time between them
PROCESSOR, WEBHOOK, SAFE = "pr.check.processor", "pr.check.webhook", "pr.check.safe"
# How long a row must have been broken. Of the processor's news, after the day that the row itself waits.
TOLD_AFTER = {WEBHOOK: timedelta(days=2)}
OFF_AFTER = {PROCESSOR: timedelta(hours=1), WEBHOOK: timedelta(days=6), HTTPS: timedelta(0)}


def look(facts: ProcessorFacts, stamp: Stamp) -> int:
    """Compare what is required with how it is now; returns how many rows are broken. Play money is not watched."""
    with db.atomic():
        practice = Practice.the()
        watched = practice.payments_on and not _plays(practice, facts)
        keys = _broken(checklist(practice, facts, stamp.on)) if watched else []
        BrokenCheck.delete().where(BrokenCheck.row.not_in(keys)).execute()
        _act([_seen(key, stamp.at) for key in keys], stamp)
    return len(keys)


def processor_is_away(now: datetime) -> bool:
    """Whether the card company did not answer us, or refused our keys, at the last two looks."""
    row = BrokenCheck.get_or_none(row=PROCESSOR)
    return bool(row and row.told_at and now - row.seen_at <= IN_A_ROW)


def _plays(practice: Practice, facts: ProcessorFacts) -> bool:
    return facts.kind == Processor.BUILT_IN and kind_of(practice, facts) == Kind.PLAY


def _broken(rows: list[CheckRow]) -> list[str]:
    """The rows that block; of those about safety, whether browsers reach us encrypted counts by itself."""
    found = [row for row in rows if row.blocks]
    keys = [row.key for row in found]
    unsafe = [key for row in found if row.key == SAFE for key in row.missing]
    plain = [HTTPS] if HTTPS in unsafe else []
    return [key for key in keys if key != SAFE or unsafe != plain] + plain


def _seen(key: str, now: datetime) -> BrokenCheck:
    """Count on, or from now when the last look is long ago."""
    row = BrokenCheck.get_or_none(row=key) or BrokenCheck(row=key, since=now)
    if row.seen_at and now - row.seen_at > IN_A_ROW:
        row.since = now
    row.seen_at = now
    row.save()
    return row


def _act(rows: list[BrokenCheck], stamp: Stamp) -> None:
    again = [row for row in rows if row.since < stamp.at]
    off = [row for row in again if row.row in OFF_AFTER and _lasted(row, OFF_AFTER[row.row], stamp.at)]
    new = [row for row in again if not row.told_at and _lasted(row, TOLD_AFTER.get(row.row, timedelta(0)), stamp.at)]
    if off:
        switch.turn_off_for(off[0].row, stamp)
        inbox.put("notice.payments_off", stamp.at)
    elif new:
        inbox.put("notice.check", stamp.at)
        told = BrokenCheck.row.in_([row.row for row in new])
        BrokenCheck.update(told_at=stamp.at).where(told).execute()


def _lasted(row: BrokenCheck, long: timedelta, now: datetime) -> bool:
    return bool(now - row.since >= long)
