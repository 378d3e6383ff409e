"""What a client-side user hears of by email, in which language, and whether amounts may stand in it."""

from collections.abc import Iterable
from datetime import datetime

from billing.audit import note
from billing.consents import agree_to_amounts
from billing.messages import TOPICS
from models import User, db

KINDS = tuple(TOPICS.values())  # what may be turned off; changes of sign-in are always told


def choose(
    user: User, told_of: Iterable[str], *, amounts: bool, language: str, now: datetime, ip: str = ""
) -> list[str]:
    """Keep these choices; returns the names of those that changed. What is no kind of message is left out.

    Agreeing to amounts is kept word for word, in the language it was read in.
    """
    wanted = set(told_of)
    kept = {"told_of": [kind for kind in KINDS if kind in wanted], "amounts_in_mail": amounts, "language": language}
    with db.atomic("IMMEDIATE"):
        changed = {name: value for name, value in kept.items() if getattr(user, name) != value}
        if changed.get("amounts_in_mail"):
            agree_to_amounts(user, user.language, ip, now)
        for name, value in changed.items():
            detail = f"{getattr(user, name)} -> {value}"
            note(f"user:{user.id}", f"user.{name}", f"user:{user.id}", now, ip=ip, detail=detail)
            setattr(user, name, value)
        if changed:
            user.save(only=list(changed))
    return list(changed)
