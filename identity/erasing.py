"""Erasing a login: the person goes, what they paid stays.

Ledger, receipts, consents and the log are kept as law asks; none of them is a way back in.
"""

from datetime import datetime

from peewee import fn

from billing import cards, tasks
from billing.audit import note
from billing.errors import BillingError
from billing.stamp import Stamp
from choices import IN_FLIGHT
from gateways import Gateway
from identity import invites, links, signins
from models import (
    Attempt,
    Challenge,
    Invite,
    Link,
    Message,
    OneTimeLink,
    Passkey,
    Practice,
    RecoveryCode,
    SignIn,
    Staff,
    Task,
    Totp,
    User,
    db,
)

NOBODY = "Erased login"
ASKED = "task.erase"
FACTORS = (Passkey, Totp, RecoveryCode, Challenge, OneTimeLink)


class StillPaying(BillingError):
    """A payment of this person is on its way; erase the login once it is known what became of it."""

    key = "erase.inflight"


def erase(user: User, gateway: Gateway, now: datetime, by: str = "system", ip: str = "") -> None:
    """Take away everything that says who this login was, as they may have asked; done again, nothing happens.

    Raises:
        StillPaying: a payment of theirs is in flight.
        GatewayUnavailable: a saved card is still at the processor; the rest is untouched.
    """
    if user.anonymised_at:
        return
    _refuse_while_paying(user)
    for card in cards.cards(user):
        cards.forget(card, gateway=gateway, now=now)
    with db.atomic("IMMEDIATE"):
        _refuse_while_paying(user)
        _end_everything(user, now, by)
        _forget_words(user, now)
        _empty(user, now)
        note(by, "data.erase", f"user:{user.id}", now, ip=ip)
        _finish_what_was_asked(user, Stamp.of(by, now, Practice.the().time_zone), ip)


def _refuse_while_paying(user: User) -> None:
    if Attempt.select().where(Attempt.user == user, Attempt.state.in_(IN_FLIGHT)).exists():
        raise StillPaying()


def _end_everything(user: User, now: datetime, by: str) -> None:
    signins.end_all(user, now)
    for invite in invites.unfinished():
        if user.id == invite.user_id or user.email == invite.email:
            invites.end(invite, by, now, reason="data.erase")
    for link in Link.select().where(Link.user == user, Link.ended_at.is_null()):
        links.end(link, None, now, reason="data.erase")
    for model in FACTORS:
        model.delete().where(model.user == user).execute()


def _forget_words(user: User, now: datetime) -> None:
    """Names and addresses outside the row itself: in invitations, emails, forms and browsers."""
    Message.delete().where(fn.LOWER(Message.to).in_(_addresses(user))).execute()
    SignIn.update(ip="", agent="").where(SignIn.user == user).execute()
    Attempt.update(receipt_email="").where(Attempt.user == user).execute()
    blank = {"name": NOBODY, "email": "", "phone": ""}
    Invite.update(blank).where((Invite.user == user) | (Invite.email == user.email)).execute()


def _addresses(user: User) -> set[str]:
    """Theirs, and those they typed for receipts; not where somebody else is reached. A former one is in emails for 90
    days (keeping.py)."""
    typed = Attempt.select(fn.LOWER(Attempt.receipt_email)).where(Attempt.user == user, Attempt.receipt_email != "")
    found = {user.email, *(address for (address,) in typed.tuples())}
    for kind in (User, Staff):
        found -= {row.email for row in kind.select().where(kind.email.in_(found)) if row != user}
    return found


def _empty(user: User, now: datetime) -> None:
    signins.forget_failures(user)
    user.name, user.email, user.phone = NOBODY, f"erased-{user.id}@invalid", ""
    user.password_hash = user.secured_at = None
    user.told_of, user.amounts_in_mail = [], False
    user.disabled_at = user.anonymised_at = now
    user.save()


def _finish_what_was_asked(user: User, stamp: Stamp, ip: str) -> None:
    for task in Task.select().where(Task.kind == ASKED, Task.detail == f"user:{user.id}", Task.done_at.is_null()):
        tasks.finish(task.key, stamp, ip)
