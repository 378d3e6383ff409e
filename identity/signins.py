"""Who may sign in, how long a sign-in lasts, and how often a password may be wrong.

A browser holds a random token; its SHA-256 stands in a `SignIn` row, and ending the row ends the session.
An address nobody has is treated exactly like one somebody has: same answer, same time, same limits.
"""

import secrets
from datetime import datetime, timedelta

from peewee import JOIN

from billing.errors import BillingError
from billing.messages import queue
from identity import passwords
from identity.strikes import count, forget_before, forgive, sha256, strike
from models import Practice, SignIn, Staff, User, db

Person = User | Staff

WRONG = "password"
WINDOW = timedelta(minutes=15)
FAILURES_IN_WINDOW = 5
FAILURES_IN_A_ROW = 100
KEPT = timedelta(days=30)
NOTED_EVERY = timedelta(seconds=15)  # a page that asks every two seconds must not write every two seconds


class WrongSignIn(BillingError):
    """No such person, or another password, or a login that was switched off: nobody learns which."""

    key = "signin.wrong"


class SlowDown(BillingError):
    """Five failures in fifteen minutes."""

    key = "signin.slow"


class Locked(BillingError):
    """A hundred failures without a success between: only the practice opens it again."""

    key = "signin.locked"


def authenticate(kind: type[Person], email: str, password: str, now: datetime) -> Person:
    """The person with this address and password.

    Raises:
        Locked, SlowDown: too many failures for this address; the password was not looked at.
        WrongSignIn: anything else that is not right.
    """
    address = email.strip().lower()
    name = _name(kind, address)
    _refuse_guessing(name, now)
    person = kind.get_or_none(kind.email == address, kind.disabled_at.is_null())
    if not passwords.verify(person and person.password_hash, password):
        _note_failure(name, person, now)
        raise WrongSignIn(phone=Practice.the().phone)
    forget_failures(person)
    return person


def begin(person: Person, now: datetime, *, ip: str = "", agent: str = "") -> str:
    """Start a session; returns the token for the browser, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    who = {"user": person} if isinstance(person, User) else {"staff": person}
    SignIn.create(token_sha256=sha256(token), began_at=now, seen_at=now, ip=ip, agent=agent[:200], **who)
    return token


def find(token: str, now: datetime, *, idle: timedelta, total: timedelta) -> SignIn | None:
    """The running session of this token with its person, or None: ended, too old, or its person switched off."""
    query = SignIn.select(SignIn, User, Staff).join(User, JOIN.LEFT_OUTER).switch(SignIn).join(Staff, JOIN.LEFT_OUTER)
    found = query.where(SignIn.token_sha256 == sha256(token), SignIn.ended_at.is_null()).first()
    if found is None or (found.user or found.staff).disabled_at or time_left(found, now, idle, total) <= timedelta():
        return None
    return found


def time_left(sign_in: SignIn, now: datetime, idle: timedelta, total: timedelta) -> timedelta:
    """Until the session ends if nothing more is asked of it."""
    return min(sign_in.seen_at + idle, sign_in.began_at + total) - now


def touch(sign_in: SignIn, now: datetime) -> None:
    """The person is still there."""
    if now - sign_in.seen_at >= NOTED_EVERY:
        sign_in.seen_at = now
        sign_in.save(only=[SignIn.seen_at])


def end(sign_in: SignIn, now: datetime) -> None:
    """Sign this browser out."""
    SignIn.update(ended_at=now).where(SignIn.id == sign_in.id, SignIn.ended_at.is_null()).execute()


def end_all(person: Person, now: datetime) -> int:
    """Sign this person out everywhere; returns how many sessions ended."""
    mine = SignIn.user == person if isinstance(person, User) else SignIn.staff == person
    return int(SignIn.update(ended_at=now).where(mine, SignIn.ended_at.is_null()).execute())


def set_password(person: Person, password: str, now: datetime, *, practice_name: str) -> None:
    """Give this person a new password, forget the failures, and end every session. Raises WeakPassword."""
    passwords.refuse_weak(password, email=person.email, names=(person.name, practice_name))
    with db.atomic("IMMEDIATE"):
        person.password_hash = passwords.hash_password(password)
        person.save(only=[type(person).password_hash])
        forget_failures(person)
        end_all(person, now)


def forget_failures(person: Person) -> None:
    forgive(WRONG, _name(type(person), person.email))


def forget_old(now: datetime) -> int:
    """Delete sessions and failures that ended more than 30 days ago; returns how many rows went."""
    old = now - KEPT
    sessions = SignIn.delete().where((SignIn.ended_at < old) | (SignIn.seen_at < old)).execute()
    return int(sessions) + forget_before(old)


def _refuse_guessing(name: str, now: datetime) -> None:
    if count(WRONG, name) >= FAILURES_IN_A_ROW:
        raise Locked()
    if count(WRONG, name, now - WINDOW) >= FAILURES_IN_WINDOW:
        raise SlowDown()


def _note_failure(name: str, person: Person | None, now: datetime) -> None:
    with db.atomic("IMMEDIATE"):
        strike(WRONG, name, now)
        if person and count(WRONG, name, now - WINDOW) == FAILURES_IN_WINDOW:
            queue("mail.tries", person.email, person.language, now)


def _name(kind: type[Person], address: str) -> str:
    """Clients and staff may share an address, and not its failures."""
    return f"{kind.__name__}:{address}"
