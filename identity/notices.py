"""What follows every change of how somebody signs in: they are told, it is noted, and nothing old opens any longer."""

from datetime import datetime

from billing.audit import note
from billing.messages import queue
from choices import LinkPurpose
from identity import signins
from identity.strikes import forgive
from identity.whose import Person, name, rows_of
from models import OneTimeLink, Practice, SignIn, db
from words import local_day, show_day

ASKED = "reset"  # strikes: a link to a new password was asked for


def changed(
    person: Person, what: str, now: datetime, *, here: SignIn | None = None, old_email: str = "", subject: str = ""
) -> None:
    """`what` changed ("passkey.added"). All sessions end but the one `here`, and so do open links of all kinds.

    The notice goes to the address of now and to the `old_email`: whoever took one of them over cannot hide it.
    """
    with db.atomic("IMMEDIATE"):
        tell(person, now, old_email)
        note(name(person), what, subject or name(person), now)
        signins.end_others(person, here, now)
        take_back_all(person, now)


def tell(person: Person, now: datetime, old_email: str = "") -> None:
    """The notice: a date, and whom to call."""
    date = show_day(local_day(now, Practice.the().time_zone), person.language)
    for address in dict.fromkeys((person.email, old_email or person.email)):
        queue("mail.security", address, person.language, now, date=date)


def take_back(person: Person, purpose: LinkPurpose, now: datetime) -> None:
    """Links of this purpose that were not used yet open nothing any longer."""
    unused = rows_of(OneTimeLink, person), OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_null()
    OneTimeLink.update(used_at=now).where(*unused).execute()


def take_back_all(person: Person, now: datetime) -> None:
    """No link that this person was ever given opens anything any longer; as many may be asked for as before."""
    for purpose in LinkPurpose:
        take_back(person, purpose, now)
    forgive(ASKED, signins.at_door(type(person), person.email))
