"""What a person may prove a second time with, and how often a code may be wrong."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from billing.errors import BillingError
from billing.messages import queue
from identity import notices, recovery_codes, signins, totp
from identity.challenges import WrongCode
from identity.strikes import count, forgive, strike
from identity.whose import Person, name, rows_of
from models import Passkey, Practice, SignIn, db

HERE, CODES = "codes_here", "codes"
TRIES_HERE = 5  # for one sign-in; then it begins again with the password
TRIES_IN_HOUR = 10
HOUR = timedelta(hours=1)


class Factor(StrEnum):
    PASSKEY = "passkey"
    APP = "app"
    CODES = "codes"


class OutOfTries(BillingError):
    """Five wrong codes: this sign-in has ended."""

    key = "mfa.tries"
    field = "code"


class WaitAnHour(BillingError):
    """Ten wrong codes in an hour: none is looked at until the hour is over."""

    key = "mfa.slow"
    field = "code"


CHECKS: dict[Factor, Callable[[Person, str, datetime], bool]] = {
    Factor.APP: totp.check,
    Factor.CODES: recovery_codes.use,
}


def ways(person: Person) -> list[Factor]:
    """What stands ready, the best first. A second passkey counts by itself."""
    standing = {
        Factor.PASSKEY: _passkeys(person) > 0,
        Factor.APP: totp.standing(person) is not None,
        Factor.CODES: recovery_codes.left(person) > 0,
    }
    return [factor for factor, ready in standing.items() if ready]


def strong(person: Person) -> bool:
    """Whether there is a passkey or an app; codes on paper are for the day it is lost."""
    return bool({Factor.PASSKEY, Factor.APP} & set(ways(person)))


def two_stand(person: Person) -> bool:
    """Whether there is a passkey or an app, and one more way."""
    return strong(person) and (len(ways(person)) > 1 or _passkeys(person) > 1)


def owed(begun: SignIn) -> bool:
    """Whether the password of this half sign-in is not enough: the person has something to show, and did not yet."""
    person: Person = begun.user or begun.staff
    return (person.secured_at is not None or strong(person)) and begun.stepped_up_at is None


def secure(person: Person, now: datetime) -> bool:
    """Setting up is over once two ways stand; returns whether they do."""
    if two_stand(person) and person.secured_at is None:
        person.secured_at = now
        person.save(only=[type(person).secured_at])
    return person.secured_at is not None


def forget(person: Person, now: datetime) -> None:
    """Everything is lost: no passkey, app, code or link counts any longer, all sessions end, setting up begins anew."""
    with db.atomic("IMMEDIATE"):
        notices.take_back_all(person, now)
        Passkey.update(removed_at=now).where(rows_of(Passkey, person), Passkey.removed_at.is_null()).execute()
        totp.remove(person, now)
        recovery_codes.replace(person, now)
        person.secured_at = None
        person.save(only=[type(person).secured_at])
        signins.end_all(person, now)


def answer(sign_in: SignIn, factor: Factor, code: str, now: datetime) -> None:
    """Accept a code of this factor for this sign-in.

    Raises:
        WaitAnHour: too many wrong ones lately; this one was not looked at.
        WrongCode: try again.
        OutOfTries: it was wrong for the fifth time, and the sign-in has ended; or had ended already.
    """
    person: Person = sign_in.user or sign_in.staff
    with db.atomic("IMMEDIATE"):
        if not signins.is_running(sign_in):
            raise OutOfTries()
        if count(CODES, name(person), now - HOUR) >= TRIES_IN_HOUR:
            raise WaitAnHour(phone=Practice.the().phone)
        right = CHECKS[factor](person, code, now)
        wrong = 0 if right else _note_failure(sign_in, person, now)
    if right:
        forgive(HERE, _here(sign_in))
    elif wrong < TRIES_HERE:
        raise WrongCode()
    else:
        raise OutOfTries()


def _note_failure(sign_in: SignIn, person: Person, now: datetime) -> int:
    """Returns how many there were in this sign-in; the fifth ends it and writes to the person."""
    strike(HERE, _here(sign_in), now)
    strike(CODES, name(person), now)
    wrong = count(HERE, _here(sign_in))
    if wrong >= TRIES_HERE:
        signins.end(sign_in, now)
        queue("mail.codes", person.email, person.language, now)
    return wrong


def _here(sign_in: SignIn) -> str:
    return f"sign_in:{sign_in.id}"


def _passkeys(person: Person) -> int:
    return int(Passkey.select().where(rows_of(Passkey, person), Passkey.removed_at.is_null()).count())
