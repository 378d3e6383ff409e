"""Changing what somebody signs in with, while signed in `here`. Each change is told and noted, and ends other sessions.

Nothing is taken away that would leave its owner outside, or with only one way in.
"""

from datetime import datetime

from billing.errors import BillingError
from identity import notices, passkeys, recovery_codes, second_step, signins, totp
from identity.passkeys import Site
from identity.whose import Person
from models import Passkey, Practice, SignIn, Totp, db


class LastWay(BillingError):
    """What is left would not be two ways; another one comes first."""

    key = "acct.err.last"


def change_password(person: Person, password: str, now: datetime) -> None:
    """Ends every session, this one too: a new one follows. Raises WeakPassword."""
    with db.atomic("IMMEDIATE"):
        signins.set_password(person, password, now, practice_name=Practice.the().name)
        notices.changed(person, "password.changed", now)


def add_passkey(person: Person, key: str, answer: str, site: Site, here: SignIn, now: datetime, called: str) -> Passkey:
    """Raises passkeys.PasskeyRefused."""
    added = passkeys.add(person, key, answer, site, now, called)
    _changed(person, "passkey.added", here, now, f"passkey:{added.id}")
    return added


def remove_passkey(person: Person, passkey: Passkey, here: SignIn, now: datetime) -> None:
    """Raises LastWay."""
    with db.atomic("IMMEDIATE"):
        passkeys.remove(passkey, now)
        _refuse_too_little(person)
        _changed(person, "passkey.removed", here, now, f"passkey:{passkey.id}")


def confirm_app(person: Person, begun: Totp, code: str, here: SignIn, now: datetime) -> None:
    """The app has this secret; one before it counts no longer. Raises challenges.WrongCode."""
    totp.confirm(person, begun.id, code, now)
    _changed(person, "app.added", here, now)


def remove_app(person: Person, here: SignIn, now: datetime) -> None:
    """Raises LastWay."""
    with db.atomic("IMMEDIATE"):
        totp.remove(person, now)
        _refuse_too_little(person)
        _changed(person, "app.removed", here, now)


def make_codes(person: Person, here: SignIn, now: datetime) -> list[str]:
    """Ten new codes, to be shown once; those before count no longer."""
    with db.atomic("IMMEDIATE"):
        codes = recovery_codes.make(person, now)
        _changed(person, "codes.made", here, now)
    return codes


def _changed(person: Person, what: str, here: SignIn, now: datetime, subject: str = "") -> None:
    second_step.secure(person, now)
    notices.changed(person, what, now, here=here, subject=subject)


def _refuse_too_little(person: Person) -> None:
    if not second_step.two_stand(person) or not (person.password_hash or passkeys.of(person)):
        raise LastWay()
