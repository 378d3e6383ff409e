"""An outside pay page instead of ours: clients leave for it, and its report brings the payments in later.

Leaving makes no attempt and reserves nothing: what is owed stays owed until the practice brings the report in.
"""

from datetime import datetime, timedelta

from billing.audit import note
from billing.errors import PaymentsClosed
from billing.stamp import Stamp
from billing.switch import OUTSIDE, closed
from models import Account, OutsideVisit, Practice, User, db


def address(practice: Practice) -> str:
    """Where clients pay: always encrypted, and on the host that was typed twice."""
    return f"https://{practice.outside_host}{practice.outside_path}"


def leave(user: User, account: Account, now: datetime) -> str:
    """Write down that this person leaves to pay for this account; returns where to.

    Raises:
        PaymentsClosed: clients do not pay outside, or cannot pay for this account now.
    """
    practice = Practice.the()
    why = closed(practice, account, now)
    if why != OUTSIDE:
        raise PaymentsClosed(why or "ext.here", phone=practice.phone, site=practice.outside_name)
    OutsideVisit.create(user=user, account=account, at=now)
    return address(practice)


def lately(user: User, account: Account, now: datetime) -> bool:
    """Whether this person left to pay for this account in the days that news of it may take."""
    since = now - timedelta(days=Practice.the().outside_days)
    left = (OutsideVisit.user == user) & (OutsideVisit.account == account) & (OutsideVisit.at > since)
    return bool(OutsideVisit.select().where(left).exists())


def look(stamp: Stamp, ip: str = "") -> str:
    """A member of staff opens the page before clients do; returns where it is. Raises PaymentsClosed without one."""
    with db.atomic():
        practice = Practice.the()
        if not practice.outside_host:
            raise PaymentsClosed("pr.out.nohost")
        practice.outside_opened_at = stamp.at
        practice.save(only=[Practice.outside_opened_at])
        note(stamp.by, "practice.outside_opened", "practice:1", stamp.at, ip=ip)
    return address(practice)
