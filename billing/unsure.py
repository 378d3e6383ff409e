"""What nobody has answered for in a while, and the one way to end it early: a person who looked at the processor.

The searches go on by themselves for a day. Money that turns up after somebody closed it is still booked, with a task.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from peewee import JOIN

from billing import audit, inbox
from billing.errors import NotAllowed
from billing.outcomes import record_failure
from billing.refund_outcomes import record_refusal
from billing.refund_words import check_reason
from billing.stamp import Stamp
from choices import AttemptState
from models import Account, Attempt, MoneyBack, db
from money import Cents

LONG = timedelta(minutes=15)


class KnownByNow(NotAllowed):
    """It found its end while the page was open, or was sent again."""

    key = "pr.unsure.known"


@dataclass(frozen=True)
class Unsure:
    """A payment, refund or void without a known end."""

    row: Attempt | MoneyBack
    account: Account

    @property
    def what(self) -> str:
        """The end of a catalogue key: payment, refund or void."""
        return str(self.row.kind) if isinstance(self.row, MoneyBack) else "payment"

    @property
    def amount(self) -> Cents:
        return int(self.row.amount)


def long_unsure(now: datetime) -> list[Unsure]:
    """What was sent more than a quarter of an hour ago and has no known end, oldest first."""
    return sorted([*_attempts(now), *_backs(now)], key=lambda each: each.row.sent_at)


def tell(now: datetime) -> int:
    """Put each of them into the inbox, once for each time it was sent; returns how many wait."""
    found = long_unsure(now)
    with db.atomic():
        for each in found:
            paid = isinstance(each.row, Attempt)
            about = {"account": each.account, "attempt": each.row if paid else each.row.attempt, "amount": each.amount}
            inbox.put_once("notice.unknown" if paid else "notice.back_unknown", now, each.row.sent_at, **about)
    return len(found)


def close(key: str, reason: str, stamp: Stamp, ip: str = "") -> None:
    """Somebody looked at the processor: the money did not move, or how it did is settled outside the books.

    Charges are free again and the client is told, as when the searches give up.

    Raises:
        ReasonMissing, FieldRefused: no reason, or none that is kept.
        KnownByNow: there is nothing to close (any more).
        DoesNotExist: nothing has this key.
    """
    reason = check_reason(reason)
    with db.atomic():
        row = Attempt.get_or_none(key=key) or MoneyBack.get(key=key)
        if row.state != AttemptState.UNKNOWN:
            raise KnownByNow()
        if isinstance(row, Attempt):
            record_failure(row, AttemptState.CLOSED, "dec.closed", stamp.at, reason)
        else:
            record_refusal(row, AttemptState.CLOSED, stamp.at, reason)
        audit.note(stamp.by, "unsure.close", f"{row._meta.table_name}:{row.id}", stamp.at, ip=ip)


def _attempts(now: datetime) -> Iterator[Unsure]:
    waits = (Attempt.state == AttemptState.UNKNOWN) & (Attempt.sent_at <= now - LONG)
    for attempt in Attempt.select(Attempt, Account).join(Account).where(waits):
        yield Unsure(attempt, attempt.account)


def _backs(now: datetime) -> Iterator[Unsure]:
    """Only the processor's answers are lost, so each has its sale."""
    waits = (MoneyBack.state == AttemptState.UNKNOWN) & (MoneyBack.sent_at <= now - LONG)
    rows = MoneyBack.select(MoneyBack, Attempt, Account).join(Attempt, JOIN.INNER).join(Account)
    for back in rows.where(waits):
        yield Unsure(back, back.attempt.account)
