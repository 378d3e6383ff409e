"""Who is asking: a client-side user, a member of staff, or a stranger. The session stands in the database.

Someone whose second step is still to come is a stranger everywhere but on the pages of that step: their token stands
in another place of the cookie, where nothing else looks.
"""

from datetime import datetime
from math import floor
from typing import Any

from flask import Flask, abort, current_app, g, request, session
from flask_login import AnonymousUserMixin, LoginManager, current_user, login_user

from choices import Stage
from config import Settings
from identity import signins, step_up
from identity.strikes import sha256
from identity.whose import Person, name
from models import SignIn, Staff, User

HALF = "half"


class Visitor:
    """Someone signed in; exactly one of `user` and `staff` is not None."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, sign_in: SignIn, token: str) -> None:
        self.sign_in = sign_in
        self.token = token
        self.user: User | None = sign_in.user
        self.staff: Staff | None = sign_in.staff
        self.person: Person = sign_in.user or sign_in.staff

    @property
    def language(self) -> str:
        return str(self.person.language)

    @property
    def name(self) -> str:
        return str(self.person.name)

    @property
    def by(self) -> str:
        """Who, in the ledger's and the log's words: "user:3" or "staff:7"."""
        return name(self.person)

    def speak(self, language: str) -> None:
        """Keep this language for every page, message and paper from now on."""
        self.person.language = language
        self.person.save(only=[type(self.person).language])

    def get_id(self) -> str:
        """What the cookie holds, signed: the session's token."""
        return self.token


class Stranger(AnonymousUserMixin):
    """Nobody is signed in."""

    user = None
    staff = None
    language = None


def init_app(app: Flask) -> None:
    manager = LoginManager(app)
    manager.session_protection = None  # phones change their address; the token, not the address, is what we trust
    manager.anonymous_user = Stranger
    manager.user_loader(_load)


def begin(person: Person, now: datetime, proved_at: datetime | None = None) -> SignIn:
    """The password was right; whatever the browser held before is forgotten."""
    session.clear()
    session[HALF] = signins.begin(person, now, stage=Stage.HALF, stepped_up_at=proved_at, **_browser())
    return SignIn.get(SignIn.token_sha256 == sha256(session[HALF]))


def half() -> SignIn | None:
    """The sign-in in this browser that waits for its second step."""
    token, now = session.get(HALF), current_app.extensions["clock"]()
    return signins.find_half(token, now) if token else None


def sign_in(person: Person, now: datetime) -> None:
    """Begin a session of its own: whatever the browser held before is over. Signing in is a fresh proof.

    Forbidden for somebody who was switched off a moment ago.
    """
    if begun := half():
        signins.end(begun, now)
    session.clear()
    visitor = _load(signins.begin(person, now, stepped_up_at=now, **_browser()))
    if visitor is None:
        abort(403)
    login_user(visitor)


def stepped_up(now: datetime) -> None:
    """Who is signed in has proved it again: the session goes on under a new token."""
    session["_user_id"] = current_user.token = step_up.done(current_user.sign_in, now)


def sign_out(now: datetime) -> None:
    if current_user.is_authenticated:
        signins.end(current_user.sign_in, now)
    session.clear()


def told_of_time_out() -> bool:
    """Whether this browser was signed out without having asked for it; says so once, and empties its cookie."""
    if told := bool(g.get("timed_out")):
        session.clear()
    return told


def whose_time_ran_out() -> User | None:
    """The client whose session in this browser ended by itself; None for everyone else."""
    token = session.get("_user_id") if g.get("timed_out") else None
    return signins.whose_time_ran_out(token) if token else None


def seconds_left(now: datetime, settings: Settings) -> tuple[int, int] | None:
    """Until an idle reader is signed out, and until the busiest one is; None for a stranger."""
    if not current_user.is_authenticated:
        return None
    total = settings.session_timeout
    idle, most = (signins.time_left(current_user.sign_in, now, each, total) for each in (settings.idle_timeout, total))
    return floor(idle.total_seconds()), floor(most.total_seconds())


def _browser() -> dict[str, Any]:
    return {"ip": request.remote_addr or "", "agent": request.user_agent.string}


def _load(token: str) -> Visitor | None:
    """None when the session of this token is over; the browser's cookie stays as it is.

    A request that was late may bring the token of before: its answer must not take the new one away. What a dead token
    leaves behind goes when the page to sign in is shown.
    """
    settings, now = current_app.extensions["settings"], current_app.extensions["clock"]()
    found = signins.find(token, now, idle=settings.idle_timeout, total=settings.session_timeout)
    if found is None:
        g.timed_out, g.spoke = True, signins.language_of(token)
        return None
    signins.touch(found, now)
    return Visitor(found, token)
