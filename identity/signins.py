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
from models import SignIn, Staff, User, db

WRONG = "password"
WINDOW = timedelta(minutes=15)
FAILURES_IN_WINDOW = 5
FAILURES_IN_A_ROW = 100
KEPT = timedelta(days=30)
HALF_LASTS = timedelta(minutes=10)
NOTED_EVERY = timedelta(seconds=15)  # a page that asks every two seconds must not write every two seconds


class WrongSignIn(BillingError):
    """No such person, or another password, or a login that was switched off: nobody learns which."""

    key = "signin.fail"


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
    person = kind.get_or_none(kind.email == address, kind.disabled_at.is_null())
    _try(at_door(kind, address), person, password, now)
    return person


def confirm(sign_in: SignIn, password: str, now: datetime) -> None:
    """The password once more, of somebody who is signed in. Raises what `authenticate` raises.

    Its failures are this session's own: what strangers try at the door does not stop who is inside.
    """
    _try(f"sign_in:{sign_in.id}", sign_in.user or sign_in.staff, password, now)


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


def whose_time_ran_out(token: str) -> User | None:
    """The client of a session that is over, if nobody ended it."""
    found = _find(token, Stage.WHOLE)
    return found.user if found else None


def find_half(token: str, now: datetime) -> SignIn | None:
    """The sign-in that waits for its second step, or None; ten minutes after the password it is over."""
    found = _find(token, Stage.HALF)
    return found if found and now < found.began_at + HALF_LASTS else None


def is_running(sign_in: SignIn) -> bool:
    """Whether nobody ended it meanwhile, as it stands in the database now."""
    return bool(SignIn.select().where(SignIn.id == sign_in.id, SignIn.ended_at.is_null()).exists())


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


def at_door(kind: type[Person], address: str) -> str:
    """Clients and staff may share an address, and not its failures."""
    return f"{kind.__name__}:{address}"


def forget_failures(person: Person) -> None:
    forgive(WRONG, at_door(type(person), person.email))


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


def _try(who: str, person: Person | None, password: str, now: datetime) -> None:
    """Look at one password, whose failure is written down before: of many at once no more are looked at than may be."""
    number = _reserve(who, now)
    if passwords.verify(person and person.password_hash, password):
        forgive(WRONG, who)
        return
    if person and number == FAILURES_IN_WINDOW:
        queue("mail.tries", person.email, person.language, now)
    raise WrongSignIn


def _reserve(who: str, now: datetime) -> int:
    """Take a try; returns how many that makes in the window. Raises Locked, SlowDown when none is left."""
    with db.atomic("IMMEDIATE"):
        lately = count(WRONG, who, now - WINDOW)
        if count(WRONG, who) >= FAILURES_IN_A_ROW:
            raise Locked()
        if lately >= FAILURES_IN_WINDOW:
            raise SlowDown()
        strike(WRONG, who, now)
    return lately + 1
