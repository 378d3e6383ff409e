"""What was typed at the checkout when the session ran out, until the same person has signed in again.

It lies in memory, since one process serves one practice, for half an hour, and a restart may forget it. A card is never
among it: what the processor's boxes gave stands for a card, and is typed anew.
"""

from datetime import datetime, timedelta
from threading import Lock

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from models import User
from views import visitors
from views.context import now
from views.responses import to_sign_in

LASTS = timedelta(minutes=30)
LARGEST = 64_000  # bytes; the longest bill picked by hand takes half of it
NEVER = ("csrf_token", "nonce", "save", "again", "quote")
KEEP = "portal.payments.keep"
ASKED_FROM = (KEEP, "portal.payments.create", "portal.payments.review")


class Shelf:
    """The last of each person."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[int, tuple[datetime, MultiDict[str, str]]] = {}

    def put(self, user: User, typed: MultiDict[str, str], now: datetime) -> None:
        with self._lock:
            self._tidy(now)
            self._kept[user.id] = (now + LASTS, typed)

    def find(self, user: User, now: datetime) -> MultiDict[str, str] | None:
        with self._lock:
            self._tidy(now)
            return self._kept.get(user.id, (now, None))[1]

    def drop(self, user: User) -> None:
        with self._lock:
            self._kept.pop(user.id, None)

    def _tidy(self, now: datetime) -> None:
        self._kept = {user: kept for user, kept in self._kept.items() if now < kept[0]}


def keep(user: User) -> None:
    """Keep what this request brings, unless it is more than any page of ours sends."""
    if (request.content_length or 0) <= LARGEST:
        typed = [(name, text) for name, text in request.form.items(multi=True) if name not in NEVER]
        _shelf().put(user, MultiDict(typed), now())


def of(user: User) -> MultiDict[str, str] | None:
    """What this person typed, if it is not too long ago."""
    return _shelf().find(user, now())


def forget(user: User) -> None:
    """This person has paid, or tried to: from now on the attempt tells what was typed."""
    _shelf().drop(user)


def instead_of_signing_in() -> ResponseReturnValue | None:
    """Where a checkout leads that was sent too late: to sign in, and back to all that was typed; None for all else."""
    user = visitors.whose_time_ran_out() if request.endpoint in ASKED_FROM else None
    if user is None or request.method != "POST":
        return None
    keep(user)
    return ("", 204) if request.endpoint == KEEP else to_sign_in("auth.sign_in", there=address())


def address() -> str:
    return url_for("portal.payments.pay", kept=1)


def _shelf() -> Shelf:
    shelf: Shelf = current_app.extensions.setdefault("kept", Shelf())
    return shelf
