"""Codes of an app on the phone: RFC 6238 with six digits and thirty seconds, each code once."""

import hmac
from datetime import datetime, timedelta

import pyotp
import segno

from identity.challenges import WrongCode, digits
from identity.whose import Person, columns, rows_of
from models import Practice, Totp, db

STEP = 30  # seconds
AROUND = (0, -1, 1)  # a phone's clock may be one step off
SECRET = 32  # base32 characters: 160 bits, as RFC 4226 advises
WAITS = timedelta(minutes=30)


def start(person: Person, now: datetime) -> Totp:
    """A new secret for the app, without force until `confirm`.

    Whoever knows a person's password may begin one too: no browser is ever shown what another one began, so its `id`
    belongs into the session of the browser that asked.
    """
    with db.atomic("IMMEDIATE"):
        _remove(person, now, Totp.confirmed_at.is_null() & (Totp.created_at <= now - WAITS))
        return Totp.create(secret=pyotp.random_base32(SECRET), created_at=now, **columns(person))


def waiting(person: Person, begun: int | None, now: datetime) -> Totp | None:
    """The secret with this id, when it is this person's and waits for its first code."""
    new = Totp.confirmed_at.is_null() & (Totp.created_at > now - WAITS)
    found: Totp | None = Totp.get_or_none(_standing(person) & new & (Totp.id == begun))
    return found


def standing(person: Person) -> Totp | None:
    """The app in force."""
    found: Totp | None = Totp.get_or_none(_standing(person) & Totp.confirmed_at.is_null(False))
    return found


def confirm(person: Person, begun: int | None, code: str, now: datetime) -> Totp:
    """The app has the secret with this id: it is in force, and no other is, nor can come to be. Raises WrongCode."""
    with db.atomic("IMMEDIATE"):
        new = waiting(person, begun, now)
        step = new and _step_of(new, code, now)
        if new is None or step is None:
            raise WrongCode()
        _remove(person, now, Totp.id != new.id)
        new.confirmed_at, new.last_step = now, step
        new.save(only=[Totp.confirmed_at, Totp.last_step])
        return new


def check(person: Person, code: str, now: datetime) -> bool:
    """Whether this is a code of the app now; the same code, or one before it, is no answer a second time."""
    app = standing(person)
    step = app and _step_of(app, code, now)
    if app is None or step is None:
        return False
    newer = Totp.id == app.id, Totp.last_step < step
    return bool(Totp.update(last_step=step).where(*newer).execute())


def remove(person: Person, now: datetime) -> None:
    """Neither the app in force nor one that was being set up counts any longer."""
    _remove(person, now)


def uri(totp: Totp) -> str:
    """What the QR code says, and what opens the app on a phone (Google Authenticator's key URI format)."""
    person: Person = totp.user or totp.staff
    return pyotp.TOTP(totp.secret).provisioning_uri(name=person.email, issuer_name=Practice.the().short_name)


def qr(totp: Totp) -> str:
    """The QR code for the app."""
    return picture(uri(totp))


def picture(text: str) -> str:
    """A QR code as the address of an image: nothing in it needs an inline style."""
    code = segno.make(text, error="m", micro=False)
    return code.svg_data_uri(scale=4, border=4, dark="#000", light="#fff", encode_minimal=True)


def typed(totp: Totp) -> str:
    """The secret for whoever cannot scan, in groups of four."""
    return " ".join(totp.secret[at : at + 4] for at in range(0, SECRET, 4))


def _step_of(totp: Totp, code: str, now: datetime) -> int | None:
    """The time step that this code belongs to, of those not used yet."""
    given, here = digits(code).encode(), int(now.timestamp()) // STEP
    steps = (here + offset for offset in AROUND if here + offset > totp.last_step)
    codes = pyotp.HOTP(totp.secret)
    return next((step for step in steps if hmac.compare_digest(codes.at(step).encode(), given)), None)


def _standing(person: Person) -> object:
    return rows_of(Totp, person) & Totp.removed_at.is_null()


def _remove(person: Person, now: datetime, which: object = True) -> None:
    Totp.update(removed_at=now).where(_standing(person), which).execute()
