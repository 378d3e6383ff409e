"""Invitations: staff asks one person to set up a login that may do this much on this account.

The link goes by email, the code of six digits by phone or on paper; either alone opens nothing. Of both only hashes
are kept, so whoever made the invitation reads the code once, and a lost one is renewed.
"""

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from billing import inbox
from billing.audit import note
from billing.errors import BillingError
from billing.messages import queue
from billing.tasks import raise_task
from choices import LinkRole, Right
from identity import links
from identity.strikes import count, forgive, sha256, strike, whence
from models import Account, AuditEntry, Challenge, Client, Invite, Staff, Task, db

LASTS, NEAR = timedelta(days=7), timedelta(days=1)
TOKEN_BYTES = 32
CODE_DIGITS = 6
HOUR = timedelta(hours=1)
RENEWED, RENEWALS_IN_HOUR, RENEWALS_FROM_NETWORK = "invite_renewed", 3, 10
CONTACT = "start"  # strikes of what was typed at the shared link
SETTING_UP = "setting_up"  # the purpose of a set-up's Challenge
LOCKED_TASK, EXPIRED_TASK, REFUSED_TASK = "task.invite_locked", "task.invite_expired", "task.invite_refused"
EXPIRED = "invite.expired"


class State(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    HALF = "half"  # the email is confirmed, and the rest still to come
    LOCKED = "locked"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"


class NoName(BillingError):
    """Without a letter in the name there are no initials to ask for."""

    key = "join.err.name"
    field = "name"


class NoEmail(BillingError):
    """The link has no way to the person."""

    key = "join.err.email"
    field = "email"


class InviteOver(BillingError):
    """It was used or taken back already."""

    key = "join.err.over"


class RenewedTooOften(BillingError):
    """Three times in an hour."""

    key = "err.slow"


@dataclass(frozen=True)
class Invited:
    """What is known once: `token` went out in the link, `code` is told by phone or on paper, never in a message."""

    invite: Invite
    token: str
    code: str


def invite(
    account: Account, role: LinkRole, rights: Iterable[Right], *, name: str, email: str, phone: str = "",
    client: Client | None = None, basis: str = "", language: str = "en", by: Staff, now: datetime, ip: str = "",
) -> Invited:  # fmt: skip
    """Ask a person to set up a login, and send them the link. `client` is who they are, or stand for.

    Raises:
        NoName, NoEmail: the person cannot be reached or recognised.
        links.LinkRefused: such a link may not be.
    """
    client, rights = client or links.own_client(account, role), links.in_order(rights)
    links.check(account, role, rights, client)
    row = Invite(
        account=account, client=client, role=role, rights=[str(right) for right in rights], basis=basis,
        name=name.strip(), email=_address(email), phone=phone.strip(), language=language, made_by=by, created_at=now,
    )  # fmt: skip
    if not initials(row.name):
        raise NoName()
    with db.atomic():
        invited = _issue(row, now)
        note(f"staff:{by.id}", "invite.made", subject(row), now, ip=ip, detail=f"{role}: {' '.join(rights)}")
    return invited


def renew(invite: Invite, by: Staff, now: datetime, ip: str = "") -> Invited:
    """A new link and a new code in the place of the old ones, which are dead, for seven days; opens a locked one.

    Raises:
        InviteOver: it was used or taken back.
        RenewedTooOften: three times in an hour, or ten from one network.
    """
    with db.atomic("IMMEDIATE"):
        row = _unused(invite)
        _count_renewal(row, now, ip)
        _stop(row, now)
        row.made_by = by  # who knows the code answers for it
        invited = _issue(row, now)
        note(f"staff:{by.id}", "invite.renewed", subject(row), now, ip=ip)
    return invited


def revoke(invite: Invite, by: Staff, now: datetime, ip: str = "") -> None:
    """Take it back: link, code and a set-up that is under way open nothing any longer. Raises InviteOver."""
    with db.atomic("IMMEDIATE"):
        end(_unused(invite), f"staff:{by.id}", now, ip=ip)


def end(invite: Invite, by: str, now: datetime, ip: str = "", reason: str = "") -> None:
    """The same for one that is neither used nor taken back; `by` is as the log names whoever or whatever ends it."""
    with db.atomic("IMMEDIATE"):
        Invite.update(revoked_at=now).where(Invite.id == invite.id).execute()
        _stop(invite, now)
        note(by, "invite.revoked", subject(invite), now, ip=ip, reason=reason)


def state(invite: Invite, now: datetime) -> State:
    facts = {
        State.USED: invite.used_at,
        State.REVOKED: invite.revoked_at,
        State.LOCKED: invite.locked_at,
        State.EXPIRED: invite.expires_at <= now,
        State.HALF: invite.user_id,
    }
    return next((state for state, is_so in facts.items() if is_so), State.OPEN)


def open_for(account: Account) -> list[Invite]:
    """The invitations to this account that are neither used nor taken back, the newest first; `state` tells more."""
    return list(_unfinished().where(Invite.account == account))


def unfinished(*which: Any) -> list[Invite]:
    """The same of all accounts, where these conditions hold."""
    return list(_unfinished().where(*which))


def live(now: datetime) -> Any:
    """The condition of those that are not used, taken back or over. A locked one opens nothing and may come back."""
    return Invite.used_at.is_null() & Invite.revoked_at.is_null() & (Invite.expires_at > now)


def usable(now: datetime) -> Any:
    """The condition of those that may be set up, or taken along: live, and not locked."""
    return live(now) & Invite.locked_at.is_null()


def lock(invite: Invite, now: datetime) -> None:
    """Too many guesses: nobody gets further until it is renewed, who is setting up neither, and staff hears of it."""
    invite.locked_at = now
    invite.save(only=[Invite.locked_at])
    stop_setting_up(invite, now)
    raise_task(LOCKED_TASK, now, account=invite.account)
    staff = invite.made_by
    if staff.disabled_at is None:
        queue("mail.staff.invite", staff.email, staff.language, now)
    note("system", "invite.locked", subject(invite), now)


def stop_setting_up(invite: Invite, now: datetime) -> None:
    """A browser that got past the identity check gets no further."""
    under_way = Challenge.purpose == SETTING_UP, Challenge.secret == subject(invite), Challenge.used_at.is_null()
    Challenge.update(used_at=now).where(*under_way).execute()


def tell_of_ending(now: datetime) -> int:
    """Put into the inbox what ends within a day, once for each account and link; returns how many wait."""
    soon = list(_unfinished().where(usable(now), Invite.expires_at <= now + NEAR))
    with db.atomic():
        for row in soon:
            inbox.put_once("notice.invite", now, row.expires_at - LASTS, account=row.account)
    return len(soon)


def tell_of_expired(now: datetime) -> int:
    """Put what ran out unused on the list of tasks, each invitation once; returns how many."""
    over = (Invite.expires_at <= now) & (Invite.expires_at > now - LASTS)
    told = 0
    for row in _unfinished().where(over, Invite.locked_at.is_null()):
        told += _tell_once(row, now)
    return told


def subject(invite: Invite) -> str:
    """As the log names it."""
    return f"invite:{invite.id}"


def code_hash(invite: Invite, code: str) -> str:
    """Salted with the invitation's own key, so that equal codes of two do not look alike."""
    return sha256(f"{invite.key}:{code}")


def initials(name: str) -> str:
    """ "María Delgado-Demo" has "MDD": the first letter of each part, in capitals and without accents."""
    parts = "".join(letter if letter.isalnum() else " " for letter in plain(name).replace("'", "")).split()
    return "".join(part[0] for part in parts if part[0].isalpha())


def plain(text: str) -> str:
    """In capitals, without accents."""
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).upper()


def contact(text: str) -> str:
    """An email or a phone number as it is compared: small letters, or the last ten digits."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return text.strip().lower() if "@" in text else digits[-10:]


def _issue(row: Invite, now: datetime) -> Invited:
    """A link, a code, and nobody yet who confirmed the email with them: what was begun before counts no longer."""
    token, code = secrets.token_urlsafe(TOKEN_BYTES), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    row.token_sha256, row.code_sha256 = sha256(token), code_hash(row, code)
    row.tries, row.locked_at, row.expires_at, row.user = 0, None, now + LASTS, None
    row.save()
    for each in (row.email, row.phone):
        forgive(CONTACT, contact(each))
    spoken = "" if row.language == "en" else f"?language={row.language}"
    queue("mail.invite", row.email, row.language, now, join_url=f"/join/{token}{spoken}")
    return Invited(row, token, code)


def _stop(row: Invite, now: datetime) -> None:
    """Whatever began with the old link and code ends here."""
    stop_setting_up(row, now)
    told_of = Task.kind.in_((LOCKED_TASK, EXPIRED_TASK)), Task.account == row.account
    Task.update(done_at=now).where(*told_of, Task.done_at.is_null()).execute()


def _count_renewal(row: Invite, now: datetime, ip: str) -> None:
    for who, most in ((subject(row), RENEWALS_IN_HOUR), (whence(ip), RENEWALS_FROM_NETWORK)):
        if count(RENEWED, who, now - HOUR) >= most:
            raise RenewedTooOften()
        strike(RENEWED, who, now)


def _tell_once(row: Invite, now: datetime) -> bool:
    with db.atomic("IMMEDIATE"):
        told = AuditEntry.what == EXPIRED, AuditEntry.subject == subject(row), AuditEntry.at >= row.expires_at
        if AuditEntry.select().where(*told).exists():
            return False
        raise_task(EXPIRED_TASK, now, account=row.account)
        note("system", EXPIRED, subject(row), now)
    return True


def _unused(invite: Invite) -> Invite:
    row: Invite = Invite.get_by_id(invite.id)
    if row.used_at or row.revoked_at:
        raise InviteOver()
    return row


def _unfinished() -> Any:
    rows = Invite.select(Invite, Account).join(Account).where(Invite.used_at.is_null(), Invite.revoked_at.is_null())
    return rows.order_by(Invite.created_at.desc(), Invite.id.desc())


def _address(email: str) -> str:
    address = email.strip().lower()
    if "@" not in address.strip("@"):
        raise NoEmail()
    return address
