"""What is done by itself: lines find their payments, the bank's lines their deposits, and staff hears of late ones."""

from datetime import datetime, timedelta

import banking_days
from billing import banking, deposit_links, inbox
from billing.deposits import WORK_DAYS, is_late
from billing.payment_filters import midnight
from billing.stamp import Stamp
from models import Deposit, Notice, Practice, db

NEWS = "notice.deposit"


def look(now: datetime) -> int:
    """Returns how much was tied, matched or told. Safe to run twice: a late deposit is told of once."""
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    tied, matched = deposit_links.link(), banking.match(stamp)
    with db.atomic():
        late = _late_and_untold(stamp)
        for deposit in late:
            inbox.put(NEWS, now, amount=abs(deposit.net))  # a withdrawal is told without its sign
    return tied + matched + len(late)


def _late_and_untold(stamp: Stamp) -> list[Deposit]:
    waiting = Deposit.select().where(Deposit.matched_at.is_null()).order_by(Deposit.id)
    return [deposit for deposit in waiting if is_late(deposit.day, stamp.on) and not _told(deposit)]


def _told(deposit: Deposit) -> bool:
    """Whether there is news of its amount since the day it became late; of an earlier one it was told before that."""
    first_day = banking_days.after(deposit.day, WORK_DAYS) + timedelta(days=1)
    since = midnight(first_day, Practice.the().time_zone)
    same = (Notice.kind == NEWS) & (Notice.amount == abs(deposit.net)) & (Notice.at >= since)
    return bool(Notice.select().where(same).exists())
