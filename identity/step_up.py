"""Proving once more who is there, before what cannot be taken back; a proof is good for five minutes."""

from datetime import datetime, timedelta

from identity import second_step, signins
from identity.second_step import Factor
from models import SignIn

LASTS = timedelta(minutes=5)


def is_fresh(sign_in: SignIn, now: datetime) -> bool:
    """Whether the last proof is young enough; signing in was one."""
    return sign_in.stepped_up_at is not None and now < sign_in.stepped_up_at + LASTS


def by_password(sign_in: SignIn, password: str, now: datetime) -> None:
    """Raises what `signins.authenticate` raises."""
    signins.confirm(sign_in.user or sign_in.staff, password, now)


def by_app(sign_in: SignIn, code: str, now: datetime) -> None:
    """Raises what `second_step.answer` raises."""
    second_step.answer(sign_in, Factor.APP, code, now)


def done(sign_in: SignIn, now: datetime) -> str:
    """The proof was good; returns the session's new token, since the old one is worth nothing from now on."""
    sign_in.stepped_up_at = now
    sign_in.save(only=[SignIn.stepped_up_at])
    return signins.renew(sign_in)
