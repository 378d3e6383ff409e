"""Who may sign in, how long a sign-in lasts, and how often a password may be wrong.

A browser holds a random token; its SHA-256 stands in a `SignIn` row, and ending the row ends the session.
Half a proof (the password, and the second step still to come) has a row too; it opens nothing, and not for long.
An address nobody has is treated exactly like one somebody has: same answer, same time, same limits.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN

from billing.errors import BillingError
from billing.messages import queue
from choices import Stage
from identity import passwords
from identity.strikes import count, forget_before, forgive, sha256, strike
from identity.whose import Person, columns, rows_of
from models import Practice, SignIn, Staff, User, db

WRONG = "password"
WINDOW = timedelta(minutes=15)
FAILURES_IN_WINDOW = 5
FAILURES_IN_A_ROW = 100
KEPT = timedelta(days=30)
HALF_LASTS = timedelta(minutes=10)
NOTED_EVERY = timedelta(seconds=15)  # a page that asks every two seconds must not write every two seconds


class WrongSignIn(BillingError):
    """No such person, or another password, or a login that was switched off: nobody learns which."""

    key = "signin.wrong"


class SlowDown(BillingError):
    """Five failures in fifteen minutes."""

    key = "signin.slow"


class Locked(BillingError):
    """A hundred failures without a success between: only a new password opens it again."""

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


def confirm(person: Person, password: str, now: datetime) -> None:
    """The password once more, of somebody who is signed in. Raises what `authenticate` raises."""
    authenticate(type(person), person.email, password, now)


def begin(
    person: Person,
    now: datetime,
    *,
    stage: Stage = Stage.WHOLE,
    stepped_up_at: datetime | None = None,
    ip: str = "",
    agent: str = "",
) -> str:
    """Start a session; returns the token for the browser, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    facts = {"stage": stage, "stepped_up_at": stepped_up_at, "ip": ip, "agent": agent[:200]}
    SignIn.create(token_sha256=sha256(token), began_at=now, seen_at=now, **facts, **columns(person))
    return token


def renew(sign_in: SignIn) -> str:
    """A new token for a running session; the old one opens nothing from now on."""
    token = secrets.token_urlsafe(32)
    sign_in.token_sha256 = sha256(token)
    sign_in.save(only=[SignIn.token_sha256])
    return token


def find(token: str, now: datetime, *, idle: timedelta, total: timedelta) -> SignIn | None:
    """The running session of this token with its person, or None: ended, too old, or its person switched off."""
    found = _find(token, Stage.WHOLE)
    return found if found and time_left(found, now, idle, total) > timedelta() else None


def language_of(token: str) -> str | None:
    """What the person of this session reads, also when it is over; None when nobody ever had this token."""
    found = _with_person().where(SignIn.token_sha256 == sha256(token)).first()
    return found and str((found.user or found.staff).language)


def find_half(token: str, now: datetime) -> SignIn | None:
    """The sign-in that waits for its second step, or None; ten minutes after the password it is over."""
    found = _find(token, Stage.HALF)
    return found if found and now < found.began_at + HALF_LASTS else None


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
    return end_others(person, None, now)


def end_others(person: Person, but: SignIn | None, now: datetime) -> int:
    """Sign this person out everywhere but in one browser; returns how many sessions ended."""
    others = rows_of(SignIn, person) & SignIn.ended_at.is_null()
    if but is not None:
        others &= SignIn.id != but.id
    return int(SignIn.update(ended_at=now).where(others).execute())


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
    """End what waited too long for its second step, and delete sessions and failures that ended more than 30 days ago;
    returns how many rows went."""
    old = now - KEPT
    waited = SignIn.stage == Stage.HALF, SignIn.ended_at.is_null(), SignIn.began_at < now - HALF_LASTS
    SignIn.update(ended_at=now).where(*waited).execute()
    sessions = SignIn.delete().where((SignIn.ended_at < old) | (SignIn.seen_at < old)).execute()
    return int(sessions) + forget_before(old)


def _find(token: str, stage: Stage) -> SignIn | None:
    running = SignIn.token_sha256 == sha256(token), SignIn.stage == stage, SignIn.ended_at.is_null()
    found: SignIn | None = _with_person().where(*running).first()
    return None if found is None or (found.user or found.staff).disabled_at else found


def _with_person() -> Any:
    return SignIn.select(SignIn, User, Staff).join(User, JOIN.LEFT_OUTER).switch(SignIn).join(Staff, JOIN.LEFT_OUTER)


def _refuse_guessing(name: str, now: datetime) -> None:
    if count(WRONG, name) >= FAILURES_IN_A_ROW:
        raise Locked()
    if count(WRONG, name, now - WINDOW) >= FAILURES_IN_WINDOW:
        raise SlowDown()


def _note_failure(name: str, person: Person | None, now: datetime) -> None:
    with db.atomic("IMMEDIATE"):
        strike(WRONG, name, now)
        fifth = count(WRONG, name, now - WINDOW) == FAILURES_IN_WINDOW  # counted also for nobody: it takes a moment
        if person and fifth:
            queue("mail.tries", person.email, person.language, now)


def _name(kind: type[Person], address: str) -> str:
    """Clients and staff may share an address, and not its failures."""
    return f"{kind.__name__}:{address}"
