"""Payments on and off: why paying is not possible, what must be done first, and the switch itself."""

from datetime import datetime

from models import Account, Hold, Practice
from words import local_day


def closed(practice: Practice, account: Account | None, now: datetime) -> str | None:
    """The catalogue key of why nobody can pay (this account) now, or None when paying is possible.

    `home.off`: payments are off, the go-live day has not come, or they are off for this account.
    `home.noshow`: the balance is hidden. `home.hold`: the whole account is on hold.
    """
    if not practice.payments_on or not is_live(practice, now):
        return "home.off"
    if not practice.show_balance:
        return "home.noshow"
    return _account_closed(account) if account else None


def is_live(practice: Practice, now: datetime) -> bool:
    """The go-live day, if one is set, has come in the practice's zone."""
    return practice.go_live_on is None or practice.go_live_on <= local_day(now, practice.time_zone)


def _account_closed(account: Account) -> str | None:
    if account.payments_off:
        return "home.off"
    whole_account = (Hold.account == account) & Hold.charge.is_null() & Hold.ended_at.is_null()
    return "home.hold" if Hold.select().where(whole_account).exists() else None
