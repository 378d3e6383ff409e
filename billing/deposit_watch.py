"""What is done by itself: lines find their payments, the bank's lines their deposits, and staff hears of late ones."""

from datetime import UTC, datetime, time

import banking_days
from billing import banking, deposit_links, inbox
from billing.deposits import WORK_DAYS, is_late
from billing.stamp import Stamp
from models import Deposit, Notice, Practice, db

NEWS = "notice.deposit"


def look(now: datetime) -> int:
    """Returns how much was tied, matched or told. Safe to run twice: a late deposit is told of once."""
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    tied, matched = deposit_links.link(), banking.match(stamp)
    waiting = Deposit.select().where(Deposit.matched_at.is_null()).order_by(Deposit.id)
    late = [deposit for deposit in waiting if is_late(deposit.day, stamp.on)]
    return tied + matched + sum(_tell(deposit, now) for deposit in late)


def _tell(deposit: Deposit, now: datetime) -> bool:
    """Put it into the inbox, unless that was done when it became late; a withdrawal is told without its sign."""
    since = datetime.combine(banking_days.after(deposit.day, WORK_DAYS), time(), UTC)
    told = (Notice.kind == NEWS) & (Notice.amount == abs(deposit.net)) & (Notice.at >= since)
    with db.atomic():
        if Notice.select().where(told).exists():
            return False
        inbox.put(NEWS, now, amount=abs(deposit.net))
    return True
