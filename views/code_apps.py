"""The code app that is being set up in this browser: the session holds the id of its secret, and never the secret."""

from flask import session

from identity import totp
from identity.whose import Person
from models import Totp
from views.context import now

BEGUN = "app"


def start(person: Person) -> None:
    session[BEGUN] = totp.start(person, now()).id


def begun(person: Person) -> Totp | None:
    """What was begun in this browser and waits for its first code; what other browsers began is not shown in it."""
    return totp.waiting(person, session.get(BEGUN), now())
