"""Whether somebody who opens an invitation is the person it was made for.

By the private link: one fact on file, and the code the practice told them. By the shared page: the email or phone,
the initials and the code, and all three must be those of one open invitation. Nothing on file is ever shown back, and
a wrong answer never says what was wrong.

**What a wrong guess at the shared page counts against.** Against every open invitation with that email or phone, so
that a code cannot be guessed for somebody whose address is known; and against every one with that code, so that an
address cannot be guessed with a code that was found. Neither can be used to lock many: a code hits one invitation
in a million by chance. An invitation locks at the fifth.

**What the page says** must not depend on that, or five guesses would tell who was invited. It depends on how often
this email or phone was typed wrong here, whether anybody has it or not. The same work is done for each guess: every
open invitation is compared with it, and every guess ends in one write.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime

from billing.audit import note
from billing.errors import BillingError
from identity import invites, passwords
from identity.challenges import digits
from identity.strikes import count, sha256, strike, whence
from models import Account, Invite, Practice, Staff, db

TRIES = 5
GUESSED, GUESSES_FROM_NETWORK = "identity_check", 20  # in an hour


class NotYou(BillingError):
    """Something did not match; nobody learns what."""

    key = "start.fail"


class Locked(BillingError):
    """Five wrong guesses: the practice has to make a new code."""

    key = "start.locked"


class LinkOver(BillingError):
    """Unknown, used, taken back or too old."""

    key = "join.expired"
    status = 404


class TooManyGuesses(BillingError):
    """Twenty wrong guesses in an hour from one network."""

    key = "err.slow"
    status = 429


@dataclass(frozen=True)
class Shared:
    """What was typed at the shared page."""

    contact: str
    initials: str
    code: str


def at(token: str, now: datetime) -> Invite:
    """The invitation of a private link, if it may still be set up. Raises LinkOver, Locked."""
    found: Invite | None = Invite.get_or_none((Invite.token_sha256 == sha256(token)) & invites.live(now))
    if found is None:
        raise LinkOver()
    if found.locked_at:
        raise _locked()
    return found


def by_link(token: str, fact: str, code: str, now: datetime, ip: str = "") -> Invite:
    """The invitation of this link, if `fact` is on file and `code` is the one that was told.

    Raises:
        LinkOver: as `at`.
        NotYou, Locked, TooManyGuesses: a wrong guess, the fifth, or too many from one network.
    """
    _refuse_hurry(now, ip)
    with db.atomic("IMMEDIATE"):
        invite = at(token, now)
        passed = all((_is_on_file(invite, fact), _is_code(invite, code)))
        if passed:
            _forgive(invite)
        else:
            _count([invite], now, ip)
        _note(invite, passed, now, ip)
    if not passed:
        raise _locked() if invite.locked_at else _not_you()
    return invite


def by_contact(given: Shared, now: datetime, ip: str = "") -> Invite:
    """The one open invitation that all three facts belong to.

    Raises:
        NotYou, Locked, TooManyGuesses: none, the fifth guess for this email or phone, or too many from one network.
    """
    _refuse_hurry(now, ip)
    typed = invites.contact(given.contact)
    with db.atomic("IMMEDIATE"):
        _refuse_locked(typed, now)
        matching = [(row, _matches(row, given, typed)) for row in _open(now)]
        right = [row for row, matches in matching if all(matches)]
        passed = len(right) == 1
        if passed:
            _forgive(right[0])
        else:
            strike(invites.CONTACT, typed, now)
            _count([row for row, (contact, _, code) in matching if contact or code], now, ip)
        _note(right[0] if passed else None, passed, now, ip)
    passwords.verify(None, typed)  # a thousandth of a second of writing more, for who was invited, drowns in this
    if not passed:
        raise _not_you() if count(invites.CONTACT, typed, now - invites.LASTS) < TRIES else _locked()
    return right[0]


def are_initials(name: str, typed: str) -> bool:
    """Whether `typed` may be how this person writes their initials: "MDD" may leave out a middle one, not the first."""
    full, given = invites.initials(name), "".join(filter(str.isalpha, invites.plain(typed)))
    rest = iter(full)
    return given[:1] == full[0] and len(given) >= min(2, len(full)) and all(letter in rest for letter in given)


def _matches(row: Invite, given: Shared, typed: str) -> tuple[bool, bool, bool]:
    known = [each for each in (row.email, invites.contact(row.phone)) if each]
    return typed in known, are_initials(row.name, given.initials), _is_code(row, given.code)


def _is_on_file(invite: Invite, fact: str) -> bool:
    if "@" in fact:
        return invites.contact(fact) == invite.email
    phone, typed = invites.contact(invite.phone), invites.contact(fact)
    if typed:
        return typed in (phone, phone[-4:])
    return are_initials(invite.name, fact)


def _is_code(invite: Invite, code: str) -> bool:
    return hmac.compare_digest(invite.code_sha256, invites.code_hash(invite, digits(code)))


def _open(now: datetime) -> list[Invite]:
    rows = Invite.select(Invite, Account, Staff).join(Account).switch(Invite).join(Staff)
    return list(rows.where(invites.usable(now)))


def _count(rows: list[Invite], now: datetime, ip: str) -> None:
    """One try less for each of these, and for the network; the last one locks."""
    strike(GUESSED, whence(ip), now)
    Invite.update(tries=Invite.tries + 1).where(Invite.id.in_([row.id for row in rows])).execute()
    for row in rows:
        row.tries += 1
        if row.tries >= TRIES:
            invites.lock(row, now)


def _forgive(invite: Invite) -> None:
    """Whoever comes back later to go on begins with five tries again."""
    Invite.update(tries=0).where(Invite.id == invite.id).execute()


def _note(invite: Invite | None, passed: bool, now: datetime, ip: str) -> None:
    subject = invites.subject(invite) if invite else ""
    note("stranger", "invite.check", subject, now, ip=ip, result="" if passed else NotYou.key)


def _refuse_hurry(now: datetime, ip: str) -> None:
    if count(GUESSED, whence(ip), now - invites.HOUR) >= GUESSES_FROM_NETWORK:
        raise TooManyGuesses()


def _refuse_locked(typed: str, now: datetime) -> None:
    if count(invites.CONTACT, typed, now - invites.LASTS) >= TRIES:
        raise _locked()


def _not_you() -> NotYou:
    return NotYou(phone=Practice.the().phone)


def _locked() -> Locked:
    return Locked(phone=Practice.the().phone)
