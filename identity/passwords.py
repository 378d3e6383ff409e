"""Passwords: how they are kept, and which are refused when chosen."""

import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from billing.errors import BillingError

# OWASP Password Storage Cheat Sheet, Argon2id: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)

SHORTEST, LONGEST = 12, 128
COMMON = frozenset(
    [
        "password",
        "passwort",
        "contrasena",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdfghjkl",
        "asdfgh",
        "asdfghjkl",
        "zxcvbnm",
        "letmein",
        "welcome",
        "iloveyou",
        "tequiero",
        "teamo",
        "admin",
        "administrator",
        "login",
        "princess",
        "princesa",
        "dragon",
        "monkey",
        "football",
        "baseball",
        "sunshine",
        "superman",
        "batman",
        "trustno",
        "changeme",
        "secret",
        "master",
        "shadow",
        "freedom",
        "whatever",
        "therapy",
        "therapist",
        "counseling",
    ]
)
RUNS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


class WeakPassword(BillingError):
    """The password chosen is one of those that are guessed first."""

    field = "password"


def hash_password(password: str, hasher: PasswordHasher = HASHER) -> str:
    """The hash to keep; its parameters travel with it."""
    return hasher.hash(_normal(password))


def verify(kept: str | None, password: str) -> bool:
    """Whether `password` is the one behind `kept`. With nothing kept, as long a time passes and the answer is no."""
    try:
        HASHER.verify(kept or _nobodys(), _normal(password))
    except Argon2Error:
        return False
    return kept is not None


def refuse_weak(password: str, *, email: str, names: tuple[str, ...] = ()) -> None:
    """Raise `WeakPassword` for a password too short, too long, common, or made of the person's own words."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword("password.length")
    if _is_common(password):
        raise WeakPassword("password.common")
    if _holds_own_word(password, email, names):
        raise WeakPassword("password.own")


def _is_common(password: str) -> bool:
    plain = password.casefold()
    letters = re.sub(r"[\W\d_]+", "", plain)
    few = len(set(plain)) < 5
    repeated = any(letters.replace(word, "") == "" for word in COMMON if letters)
    return few or repeated or _has_leaked(plain) or any(plain in run or plain in run[::-1] for run in RUNS)


def _has_leaked(plain: str) -> bool:
    """Itself, what it repeats, or what is left of it without digits and signs at its ends."""
    repeats = re.fullmatch(r"(.+?)\1+", plain, re.DOTALL)
    parts = {plain, repeats[1] if repeats else plain, re.sub(r"^[\W\d_]+|[\W\d_]+$", "", plain)}
    return bool(parts & _leaked())


def _holds_own_word(password: str, email: str, names: tuple[str, ...]) -> bool:
    own = re.split(r"\W+", " ".join((email.split("@")[0], *names)).casefold())
    return any(word in password.casefold() for word in own if len(word) >= 4)


def _normal(password: str) -> str:
    # The same characters typed on another keyboard must give the same bytes (NIST SP 800-63B, 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


@cache
def _leaked() -> frozenset[str]:
    """The 30,000 that stood most often in collections of stolen passwords, in small letters."""
    # Imported only now: reading the lists takes a moment and ten megabytes, for what few requests need.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])


@cache
def _nobodys() -> str:
    return HASHER.hash("nobody's password")
