"""Proving once more who is there, before what cannot be taken back; a proof is good for five minutes."""

from datetime import datetime, timedelta
from enum import StrEnum

from billing.errors import BillingError
from identity import second_step, signins, totp
from identity.second_step import Factor
from identity.whose import Person
from models import SignIn

LASTS = timedelta(minutes=5)


class Proof(StrEnum):
    PASSWORD = "password"  # noqa: S105, the name of a way
    CODE = "code"


class WrongPassword(BillingError):
    """Not the password of whoever is signed in."""

    key = "again.wrong"
    field = "password"


def is_fresh(sign_in: SignIn, now: datetime) -> bool:
    """Whether the last proof is young enough; signing in was one."""
    return sign_in.stepped_up_at is not None and now < sign_in.stepped_up_at + LASTS


def ways(person: Person) -> list[Proof]:
    """How this person may prove it by typing; a passkey needs no typing."""
    able = {Proof.PASSWORD: person.password_hash is not None, Proof.CODE: totp.standing(person) is not None}
    return [way for way, ready in able.items() if ready]


def prove(sign_in: SignIn, way: Proof, typed: str, now: datetime) -> None:
    """Accept a password or a code of the app; `done` follows.

    Raises:
        WrongPassword, signins.SlowDown, signins.Locked: of a password.
        second_step.WrongCode, OutOfTries, WaitAnHour: of a code.
    """
    if way == Proof.CODE:
        second_step.answer(sign_in, Factor.APP, typed, now)
        return
    try:
        signins.confirm(sign_in, typed, now)
    except signins.WrongSignIn:
        raise WrongPassword() from None


def done(sign_in: SignIn, now: datetime) -> str:
    """The proof was good; returns the session's new token, since the old one is worth nothing from now on."""
    mark(sign_in, now)
    return signins.renew(sign_in)


def mark(sign_in: SignIn, now: datetime) -> None:
    """Who is here has just shown it."""
    sign_in.stepped_up_at = now
    sign_in.save(only=[SignIn.stepped_up_at])
