"""Who is signed in, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from identity import signins
from models import SignIn
from views.context import now, say, settings
from views.responses import go

bp = Blueprint("account", __name__, url_prefix="/account")

KEY_LENGTH = 32  # characters of the token's hash: enough to tell sessions apart, useless to anyone else
# In this order: Edge calls itself Chrome as well, and Chrome calls itself Safari.
BROWSERS = {
    "Edg": "Edge",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Session:
    """A browser this person is signed in with."""

    key: str
    device: str
    seen_at: datetime
    here: bool


@bp.get("")
def show() -> ResponseReturnValue:
    return render_template("portal/account.html", user=current_user.user, sessions=[_shown(row) for row in _running()])


@bp.post("/sessions/end")
def end() -> ResponseReturnValue:
    """Sign out another browser of this person."""
    for row in _running():
        if _key(row) == request.form.get("session"):
            signins.end(row, now())
            flash(say("acct.ended"), "good")
    return go(url_for(".show"))


def _running() -> Iterator[SignIn]:
    """This person's sessions that have not ended, the latest first."""
    mine = (SignIn.user == current_user.user) & SignIn.ended_at.is_null()
    limits = settings().idle_timeout, settings().session_timeout
    for row in SignIn.select().where(mine).order_by(SignIn.seen_at.desc()):
        if signins.time_left(row, now(), *limits) > timedelta():
            yield row


def _shown(row: SignIn) -> Session:
    return Session(_key(row), device(row.agent), row.seen_at, row.id == current_user.sign_in.id)


def _key(row: SignIn) -> str:
    return str(row.token_sha256[:KEY_LENGTH])


def device(agent: str) -> str:
    """ "Chrome, Android": what a browser says of itself, in two words."""
    found = [next((name for mark, name in marks.items() if mark in agent), "") for marks in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in found if name) or say("acct.device")
