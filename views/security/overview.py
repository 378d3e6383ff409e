"""All of it at a glance, and where this person is signed in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing.audit import note
from choices import Stage
from identity import passkeys, recovery_codes, signins, totp
from identity.whose import Person, name, rows_of
from models import SignIn
from views.browsers import device
from views.context import now, say, settings
from views.responses import go
from views.security import page
from views.stepping_up import required

KEY_LENGTH = 32  # characters of the token's hash: enough to tell sessions apart, useless to anyone else


@dataclass(frozen=True)
class Session:
    """A browser this person is signed in with."""

    key: str
    device: str
    seen_at: datetime
    here: bool


@dataclass(frozen=True)
class Ways:
    """What a person signs in with."""

    password: bool
    passkeys: int
    app: bool
    codes: int


def ways(person: Person) -> Ways:
    has_app = totp.standing(person) is not None
    return Ways(bool(person.password_hash), len(passkeys.of(person)), has_app, recovery_codes.left(person))


def sessions() -> list[Session]:
    """The latest first, this one before all."""
    shown = [_shown(row) for row in _running()]
    return sorted(shown, key=lambda each: not each.here)


@page("/sessions/end", "POST")
@required
def end() -> ResponseReturnValue:
    """Sign out another browser of this person."""
    for row in _running():
        if _key(row) == request.form.get("session"):
            signins.end(row, now())
            _ended("acct.ended")
    return go(url_for(".show"))


@page("/sessions/end-others", "POST")
@required
def end_others() -> ResponseReturnValue:
    """Sign out everywhere but here."""
    if signins.end_others(current_user.person, current_user.sign_in, now()):
        _ended("acct.ended.all")
    return go(url_for(".show"))


def _ended(sentence: str) -> None:
    note(current_user.by, "session.ended", name(current_user.person), now())
    flash(say(sentence), "good")


def _running() -> Iterator[SignIn]:
    """This person's sessions that have not ended, the latest first."""
    mine = rows_of(SignIn, current_user.person) & SignIn.ended_at.is_null() & (SignIn.stage == Stage.WHOLE)
    limits = settings().idle_timeout, settings().session_timeout
    for row in SignIn.select().where(mine).order_by(SignIn.seen_at.desc()):
        if signins.time_left(row, now(), *limits) > timedelta():
            yield row


def _shown(row: SignIn) -> Session:
    return Session(_key(row), device(row.agent), row.seen_at, row.id == current_user.sign_in.id)


def _key(row: SignIn) -> str:
    return str(row.token_sha256[:KEY_LENGTH])
