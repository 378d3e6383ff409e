"""Questions put to one browser, each answered at most once: a short code sent by email, a passkey's challenge."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from billing.errors import BillingError
from identity.strikes import sha256
from identity.whose import Person, columns
from models import Challenge, db

LASTS = timedelta(minutes=10)
TRIES = 5
DIGITS = 6


class WrongCode(BillingError):
    """Not the code that was asked for."""

    key = "mfa.fail"
    field = "code"


class CodeOver(BillingError):
    """Too late, answered before, or wrong too often: only a new code helps."""

    key = "mfa.over"
    field = "code"


def put(
    purpose: str, person: Person | None, now: datetime, *, secret: str = "", lasts: timedelta = LASTS, **facts: Any
) -> Challenge:
    """Ask something; `facts` come into force with the answer. Its `key` goes into the browser's session."""
    whose = columns(person) if person else {}
    return Challenge.create(
        purpose=purpose, secret=secret, facts=facts, created_at=now, expires_at=now + lasts, **whose
    )


def take(key: str, purpose: str, now: datetime) -> Challenge:
    """The open question of this key, used up by this call. Raises CodeOver when there is none."""
    found = _open(key, purpose, now)
    if found is None or not _used(found, now):
        raise CodeOver()
    return found


def ask(purpose: str, person: Person | None, now: datetime, **facts: Any) -> tuple[Challenge, str]:
    """Ask for a code of six digits, good for ten minutes; the code is returned once and kept as a hash."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    asked = put(purpose, person, now, **facts)
    asked.secret = _hash(asked, code)
    asked.save(only=[Challenge.secret])
    return asked, code


def answer(key: str, purpose: str, code: str, now: datetime) -> Challenge:
    """The question that `code` answers, used up.

    Raises:
        CodeOver: too old, answered before, or five wrong codes.
        WrongCode: another code; one try is gone.
    """
    found = _open(key, purpose, now)
    if found is None or not _tried(found):
        raise CodeOver()
    if not hmac.compare_digest(found.secret, _hash(found, digits(code))):
        raise WrongCode()
    if not _used(found, now):
        raise CodeOver()
    return found


def digits(code: str) -> str:
    """What was typed without the spaces and hyphens that people put into codes."""
    return "".join(code.split()).replace("-", "")


def _open(key: str, purpose: str, now: datetime) -> Challenge | None:
    found: Challenge | None = Challenge.get_or_none(
        (Challenge.key == key)
        & (Challenge.purpose == purpose)
        & Challenge.used_at.is_null()
        & (Challenge.expires_at > now)
    )
    return found


def _tried(challenge: Challenge) -> bool:
    """Count a try before its answer is looked at, so that many at once are no more than five."""
    more = Challenge.update(tries=Challenge.tries + 1)
    with db.atomic("IMMEDIATE"):
        return bool(more.where(Challenge.id == challenge.id, Challenge.tries < TRIES).execute())


def _used(challenge: Challenge, now: datetime) -> bool:
    mine = Challenge.id == challenge.id, Challenge.used_at.is_null()
    return bool(Challenge.update(used_at=now).where(*mine).execute())


def _hash(challenge: Challenge, code: str) -> str:
    return sha256(f"{challenge.key}:{code}")
