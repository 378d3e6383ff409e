"""Where a person is reached: their email, which is also what they sign in with, and their phone."""

from datetime import datetime

from billing import formats
from billing.errors import BillingError
from billing.messages import queue
from identity import challenges, mailed_codes, notices
from identity.whose import Person, name
from models import SignIn, User, db

CONFIRM = "confirm_email"
SENT = "email_code"


class NotAnEmail(BillingError):
    """Nothing to send a code to."""

    key = "acct.err.email"
    field = "email"


class SameEmail(BillingError):
    """It is theirs already."""

    key = "acct.err.same"
    field = "email"


class NotAPhone(BillingError):
    """Ten digits, or nothing."""

    key = "pr.err.phone"
    field = "phone"


def ask_email(person: Person, typed: str, now: datetime) -> str:
    """Send a code to the new address; returns the key of the question, for the browser's session.

    An address that somebody else signs in with gets no code, and nobody hears so.

    Raises NotAnEmail, SameEmail, mailed_codes.EnoughCodes.
    """
    address = _email(typed)
    if address == person.email:
        raise SameEmail()
    with db.atomic("IMMEDIATE"):
        mailed_codes.count_one(SENT, name(person), now, field="email")
        asked, code = challenges.ask(CONFIRM, person, now, email=address)
        if not _taken(person, address):
            queue("mail.code", address, person.language, now, code=code)
    return str(asked.key)


def confirm_email(person: Person, key: str, code: str, here: SignIn, now: datetime) -> None:
    """The address is theirs from now on; the old one hears of it too.

    Raises:
        challenges.WrongCode, challenges.CodeOver: as it says; also when somebody took the address meanwhile.
    """
    asked = challenges.answer(key, CONFIRM, code, now)
    address, old = asked.facts["email"], person.email
    with db.atomic("IMMEDIATE"):
        if (asked.user or asked.staff) != person or _taken(person, address):
            raise challenges.CodeOver()
        person.email = address
        person.save(only=[type(person).email])
        notices.changed(person, "email.changed", now, here=here, old_email=old)


def change_phone(user: User, typed: str, here: SignIn, now: datetime) -> None:
    """Ten digits, or none. Raises NotAPhone."""
    try:
        user.phone = formats.phone(typed)
    except formats.FieldRefused:
        raise NotAPhone() from None
    with db.atomic("IMMEDIATE"):
        user.save(only=[User.phone])
        notices.changed(user, "phone.changed", now, here=here)


def _email(typed: str) -> str:
    try:
        address = formats.email(typed.strip().lower())
    except formats.FieldRefused:
        raise NotAnEmail() from None
    if not address:
        raise NotAnEmail()
    return address


def _taken(person: Person, address: str) -> bool:
    kind = type(person)
    return bool(kind.select().where(kind.email == address).exists())
