"""Links that work once, to choose a password: because it was forgotten, because everything was lost, or to begin.

Of a link the hash is kept; the newest of its purpose alone is good. None of them signs anyone in. A forgotten password
leaves the second step as it is; only whoever the practice has seen for themselves begins without one, and their
saved cards then stay as they are for a day.
"""

import secrets
from datetime import datetime, timedelta

from billing.audit import note
from billing.errors import BillingError
from billing.messages import queue
from choices import LinkPurpose
from identity import notices, passwords, second_step, signins
from identity.notices import ASKED
from identity.strikes import count, sha256, strike, whence
from identity.whose import Person, columns, name
from models import OneTimeLink, Practice, Staff, User, db

HOUR = timedelta(hours=1)
IN_HOUR, FROM_NETWORK = 3, 10
LASTS = {
    LinkPurpose.RESET: timedelta(minutes=30),
    LinkPurpose.REENROL: timedelta(hours=24),
    LinkPurpose.STAFF: timedelta(hours=24),
}
CARDS_HELD = timedelta(hours=24)
DONE = {
    LinkPurpose.RESET: "password.reset",
    LinkPurpose.REENROL: "reenrol.used",
    LinkPurpose.STAFF: "staff.begun",
}


class AskedTooOften(BillingError):
    """Three times in an hour for one address, or ten from one network; whether anyone has the address is not said.

    Of an address only once the newest link is over: a stranger who asks for somebody else's links cannot keep them from
    one that works.
    """

    key = "reset.slow"
    field = "email"


class LinkOver(BillingError):
    """Used, too old, followed by a newer one, or never ours."""

    key = "reset.over"


def ask(kind: type[Person], email: str, now: datetime, *, ip: str = "") -> None:
    """Send a link to whoever of this kind has this address. Nobody learns from answer or time whether somebody does.

    After three in an hour the newest goes on to work, and while it does, asking is answered as if one had been sent.
    Raises AskedTooOften.
    """
    address = email.strip().lower()
    with db.atomic("IMMEDIATE"):
        _take(whence(ip), FROM_NETWORK, now)
        who = signins.at_door(kind, address)
        if not _is_on_its_way(who, now):
            _take(who, IN_HOUR, now)
            person = kind.get_or_none(kind.email == address, kind.disabled_at.is_null())
            if person and (person.secured_at or person.password_hash):
                _send(person, now)
    passwords.verify(None, address)  # a few thousandths of a second of writing drown in this


def reenrol(person: Person, by: Staff, now: datetime) -> str:
    """The practice has seen that it is this person, who lost everything: the token of a link to hand over.

    The person is told at once: if it was somebody else, there is time to call.
    """
    with db.atomic("IMMEDIATE"):
        queue("mail.reenrol", person.email, person.language, now)
        return _make(person, LinkPurpose.REENROL, now, by)


def first_sign_in(staff: Staff, by: Staff, now: datetime) -> str:
    """The token of the link by which a new member of staff begins."""
    return _make(staff, LinkPurpose.STAFF, now, by)


def find(kind: type[Person], token: str, now: datetime) -> OneTimeLink:
    """The link of this token, not used yet and for this kind of person. Raises LinkOver."""
    good = OneTimeLink.used_at.is_null() & (OneTimeLink.expires_at > now)
    link = OneTimeLink.get_or_none((OneTimeLink.token_sha256 == sha256(token)) & good)
    if link is None or not isinstance(whose(link), kind) or whose(link).disabled_at:
        raise LinkOver()
    return link


def whose(link: OneTimeLink) -> Person:
    person: Person = link.user or link.staff
    return person


def use(link: OneTimeLink, password: str, now: datetime) -> Person:
    """Take the new password and use the link up; whoever was signed in is not any longer.

    Raises:
        WeakPassword: another one is needed; the link stays good.
        LinkOver: somebody was quicker.
    """
    person = whose(link)
    with db.atomic("IMMEDIATE"):
        unused = OneTimeLink.id == link.id, OneTimeLink.used_at.is_null()
        if not OneTimeLink.update(used_at=now).where(*unused).execute():
            raise LinkOver()
        signins.set_password(person, password, now, practice_name=Practice.the().name)
        if link.purpose != LinkPurpose.RESET:
            _begin_anew(person, now)
        notices.changed(person, DONE[link.purpose], now)
    return person


def _is_on_its_way(who: str, now: datetime) -> bool:
    """Whether the last of three links is still good, or would be if somebody had this address."""
    spent = count(ASKED, who, now - HOUR) >= IN_HOUR
    return spent and count(ASKED, who, now - LASTS[LinkPurpose.RESET]) > 0


def _take(who: str, most: int, now: datetime) -> None:
    """Raises AskedTooOften."""
    if count(ASKED, who, now - HOUR) >= most:
        raise AskedTooOften(phone=Practice.the().phone)
    strike(ASKED, who, now)


def _begin_anew(person: Person, now: datetime) -> None:
    """Nothing that was lost opens anything; what a stranger could do with a card has a day to be noticed."""
    second_step.forget(person, now)
    if isinstance(person, User):
        person.cards_held_until = now + CARDS_HELD
        person.save(only=[User.cards_held_until])


def _send(person: Person, now: datetime) -> None:
    token = _make(person, LinkPurpose.RESET, now)
    path = f"/reset/{token}" if isinstance(person, User) else f"/practice/reset/{token}"
    queue("mail.reset", person.email, person.language, now, reset_url=path)


def _make(person: Person, purpose: LinkPurpose, now: datetime, by: Staff | None = None) -> str:
    token = secrets.token_urlsafe(32)
    with db.atomic("IMMEDIATE"):
        notices.take_back(person, purpose, now)
        OneTimeLink.create(
            token_sha256=sha256(token), purpose=purpose, made_by=by, created_at=now, expires_at=now + LASTS[purpose],
            **columns(person),
        )  # fmt: skip
        note(name(by or person), f"{purpose}.made", name(person), now)
    return token
