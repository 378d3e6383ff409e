"""Codes sent by email: three an hour. Each brings five tries, so this bounds the guessing as much as the flood."""

from datetime import datetime, timedelta

from billing.errors import BillingError
from identity.strikes import count, strike

SENT_IN_HOUR = 3
HOUR = timedelta(hours=1)


class EnoughCodes(BillingError):
    """Three in an hour."""

    key = "err.slow"


def count_one(what: str, who: str, now: datetime, *, field: str) -> None:
    """Note that one goes to `who`, in the transaction that sends it. Raises EnoughCodes, which belongs to `field`."""
    if count(what, who, now - HOUR) >= SENT_IN_HOUR:
        raise EnoughCodes(field=field)
    strike(what, who, now)
