"""The code apps of the demo's people: nobody has their phones."""

from datetime import datetime

import pyotp

from identity import recovery_codes, second_step, totp
from identity.totp import STEP, WAITS
from identity.whose import Person, rows_of
from models import Totp


def equip(person: Person, now: datetime) -> Totp:
    """A code app and codes on paper, as whoever was let in has them."""
    begun = totp.start(person, now)
    app = totp.confirm(person, begun.id, pyotp.HOTP(begun.secret).at(_step(now) - 1), now)
    recovery_codes.make(person, now)
    second_step.secure(person, now)
    return app


def code_now(person: Person, now: datetime) -> str | None:
    """A code of this person's app, or of one that waits for its first, that works now; None while all were used."""
    app = waiting(person, now) or totp.standing(person)
    if app is None:
        return None
    step = max(_step(now), app.last_step + 1)
    return pyotp.HOTP(app.secret).at(step) if step <= _step(now) + 1 else None


def waiting(person: Person, now: datetime) -> Totp | None:
    """The newest of this person's apps that wait for their first code, whichever browser began it."""
    mine = rows_of(Totp, person) & Totp.removed_at.is_null() & Totp.confirmed_at.is_null()
    found: Totp | None = Totp.select().where(mine, Totp.created_at > now - WAITS).order_by(Totp.id.desc()).first()
    return found


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP
