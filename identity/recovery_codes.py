"""Ten codes on paper for the day the phone is gone; each works once and is kept as a hash."""

import secrets
from datetime import datetime
from typing import Any

from identity import notices
from identity.strikes import sha256
from identity.whose import Person, columns, rows_of
from models import RecoveryCode, db

HOW_MANY = 10
# No i, l, o, 0 or 1. Sixteen of 31 characters are 79 bits.
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
GROUPS, IN_GROUP = 4, 4


def make(person: Person, now: datetime) -> list[str]:
    """Ten new codes in the place of those made before; they are shown once, and nobody can read them again."""
    codes = [_code() for _ in range(HOW_MANY)]
    with db.atomic("IMMEDIATE"):
        replace(person, now)
        for code in codes:
            RecoveryCode.create(code_sha256=_hash(code), created_at=now, **columns(person))
    return codes


def left(person: Person) -> int:
    """How many codes still work."""
    return int(RecoveryCode.select().where(_unused(person)).count())


def use(person: Person, code: str, now: datetime) -> bool:
    """Whether this is one of the codes; it does not work again, and the person is told by email."""
    this = _unused(person) & (RecoveryCode.code_sha256 == _hash(code))
    with db.atomic("IMMEDIATE"):
        used = bool(RecoveryCode.update(used_at=now).where(this).execute())
        if used:
            notices.tell(person, now)
    return used


def replace(person: Person, now: datetime) -> None:
    """None of the codes made so far works any longer."""
    RecoveryCode.update(replaced_at=now).where(_unused(person)).execute()


def _code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(IN_GROUP)) for _ in range(GROUPS))
    return "-".join(groups)


def _hash(code: str) -> str:
    """However it was typed: with or without hyphens, spaces and capitals."""
    return sha256("".join(letter for letter in code.lower() if letter.isalnum()))


def _unused(person: Person) -> Any:
    return rows_of(RecoveryCode, person) & RecoveryCode.used_at.is_null() & RecoveryCode.replaced_at.is_null()
