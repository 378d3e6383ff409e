"""Passkeys: a key pair on a person's own device, which asks for a face, a finger or a screen lock before it signs.

The device proves that it is there and that its owner is: both steps of signing in at once. We keep the public half.
A challenge is answered once, within five minutes; whose passkey it is stands in the answer, so nobody types a name.
The only file that knows the library. Terms: https://www.w3.org/TR/webauthn-3/, read 2026-11.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from billing.audit import note
from billing.errors import BillingError
from billing.messages import queue
from identity import challenges
from identity.whose import Person, columns, name, rows_of
from models import Challenge, Passkey, db

LIFE = timedelta(minutes=5)
PATIENCE = LIFE // timedelta(milliseconds=1)  # how long the browser asks for the finger, in ms
LONGEST_ANSWER = 20_000  # characters; an attestation with its certificates needs a quarter of it
LONGEST_NAME = 40
UV = UserVerificationRequirement.REQUIRED

ENTER, CONFIRM, ADD = "passkey.enter", "passkey.confirm", "passkey.add"


class PasskeyRefused(BillingError):
    """The answer does not prove who it is: another challenge, site, kind of person or key, or too late."""

    key = "passkey.fail"


@dataclass(frozen=True)
class Site:
    """Where this practice's passkeys work. Browsers bind each to one host, and hosts must have a name."""

    host: str
    origin: str
    name: str

    @classmethod
    def of(cls, public_url: str, name: str) -> "Site":
        parts = urlsplit(public_url)
        return cls(parts.hostname or "", f"{parts.scheme}://{parts.netloc}", name)

    @property
    def possible(self) -> bool:
        """Whether browsers offer passkeys here: encrypted or on this very machine, and under a name."""
        safe = self.origin.startswith("https://") or self.host == "localhost"
        return safe and not _is_number(self.host)


@dataclass(frozen=True)
class Asked:
    """A challenge on its way: the browser's session keeps `key`, its script gets `options` (JSON)."""

    key: str
    options: str


def of(person: Person) -> list[Passkey]:
    """This person's passkeys, the oldest first."""
    return list(Passkey.select().where(rows_of(Passkey, person), Passkey.removed_at.is_null()).order_by(Passkey.id))


def mine(person: Person, key: str) -> Passkey:
    """One of this person's, by its public key in addresses; else `DoesNotExist`."""
    return Passkey.get(rows_of(Passkey, person), Passkey.key == key, Passkey.removed_at.is_null())


def ask_to_add(person: Person, site: Site, now: datetime) -> Asked:
    """Begin a new passkey: the device must keep it under the person's name and check who holds it."""
    challenge = _put(ADD, person, now)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_id=_handle(person),
        user_name=person.email,
        user_display_name=person.name,
        challenge=base64url_to_bytes(challenge.secret),
        timeout=PATIENCE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UV
        ),
        exclude_credentials=_descriptors(person),
    )
    return Asked(challenge.key, options_to_json(options))


def add(person: Person, key: str, answer: str, site: Site, now: datetime, called: str = "") -> Passkey:
    """Keep the public key that the device made for challenge `key`. Raises PasskeyRefused."""
    challenge = _take(key, ADD, person, now)
    verified = _checked(
        lambda: verify_registration_response(
            credential=_short(answer),
            expected_challenge=base64url_to_bytes(challenge.secret),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    )
    credential_id = bytes_to_base64url(verified.credential_id)
    with db.atomic("IMMEDIATE"):
        if Passkey.get_or_none(Passkey.credential_id == credential_id):
            raise PasskeyRefused()
        return Passkey.create(
            credential_id=credential_id, public_key=verified.credential_public_key, sign_count=verified.sign_count,
            name=called[:LONGEST_NAME], created_at=now, **columns(person),
        )  # fmt: skip


def ask(kind: type[Person], site: Site, now: datetime) -> Asked:
    """Begin a sign-in without a name: equal for everyone, and the device shows what it has."""
    return _ask(_put(ENTER, None, now, kind=kind.__name__), site)


def ask_again(person: Person, site: Site, now: datetime) -> Asked:
    """Begin a step-up: only this person's own passkeys will do."""
    return _ask(_put(CONFIRM, person, now), site, _descriptors(person))


def enter(kind: type[Person], key: str, answer: str, site: Site, now: datetime) -> Person:
    """The person of this kind whose passkey answered challenge `key`; both steps are proved. Raises PasskeyRefused."""
    challenge = _take(key, ENTER, None, now)
    credential, passkey = _named(answer)
    person = _person(passkey)
    if not isinstance(person, kind) or challenge.facts != {"kind": kind.__name__} or person.disabled_at:
        raise PasskeyRefused()
    if credential.response.user_handle != _handle(person):
        raise PasskeyRefused()
    _prove(challenge, credential, passkey, site, now)
    return person


def confirm(person: Person, key: str, answer: str, site: Site, now: datetime) -> Passkey:
    """The passkey with which this very person answered challenge `key`. Raises PasskeyRefused."""
    challenge = _take(key, CONFIRM, person, now)
    credential, passkey = _named(answer)
    # Asked for by its id, a device need not say whose key it is.
    if _person(passkey) != person or credential.response.user_handle not in (None, _handle(person)):
        raise PasskeyRefused()
    _prove(challenge, credential, passkey, site, now)
    return passkey


def rename(passkey: Passkey, called: str) -> None:
    """What its owner calls it; an empty name changes nothing."""
    passkey.name = called.strip()[:LONGEST_NAME] or passkey.name
    passkey.save(only=[Passkey.name])


def remove(passkey: Passkey, now: datetime) -> None:
    Passkey.update(removed_at=now).where(Passkey.id == passkey.id).execute()


def _ask(challenge: Challenge, site: Site, allowed: list[PublicKeyCredentialDescriptor] | None = None) -> Asked:
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=base64url_to_bytes(challenge.secret),
        timeout=PATIENCE,
        allow_credentials=allowed,
        user_verification=UV,
    )
    return Asked(challenge.key, options_to_json(options))


def _put(purpose: str, person: Person | None, now: datetime, **facts: str) -> Challenge:
    """A new challenge; those that are over go, so that a page opened often leaves nothing behind."""
    Challenge.delete().where(Challenge.purpose.in_((ENTER, CONFIRM, ADD)), Challenge.expires_at <= now).execute()
    secret = bytes_to_base64url(secrets.token_bytes(32))
    return challenges.put(purpose, person, now, secret=secret, lasts=LIFE, **facts)


def _take(key: str, purpose: str, person: Person | None, now: datetime) -> Challenge:
    """Use a challenge up, whatever comes of it: nobody gets a second answer."""
    try:
        challenge = challenges.take(key, purpose, now)
    except challenges.CodeOver:
        raise PasskeyRefused("passkey.late") from None
    if (challenge.user or challenge.staff) != person:
        raise PasskeyRefused()
    return challenge


def _named(answer: str) -> tuple[AuthenticationCredential, Passkey]:
    """The answer, and the key it says it was made with."""
    credential = _checked(lambda: parse_authentication_credential_json(_short(answer)))
    passkey = Passkey.get_or_none(Passkey.credential_id == credential.id, Passkey.removed_at.is_null())
    if passkey is None:
        raise PasskeyRefused()
    return credential, passkey


def _prove(
    challenge: Challenge, credential: AuthenticationCredential, passkey: Passkey, site: Site, now: datetime
) -> None:
    verified = _checked(
        lambda: verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge.secret),
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # compared below, where a copy can be told from a mistake
            require_user_verification=True,
        )
    )
    if not _counted(passkey, verified.new_sign_count, now):
        _tell_of_copy(passkey, now)
        raise PasskeyRefused()


def _counted(passkey: Passkey, signed: int, now: datetime) -> bool:
    """A device counts its signatures. One that counts back, or stands still, has a copy somewhere.

    Passkeys that a person's devices share count nothing and stay at 0 (WebAuthn, 6.1.1).
    """
    further = (Passkey.sign_count < signed) if signed else (Passkey.sign_count == 0)
    this = Passkey.id == passkey.id, Passkey.removed_at.is_null()
    return bool(Passkey.update(sign_count=signed, used_at=now).where(*this, further).execute())


def _tell_of_copy(passkey: Passkey, now: datetime) -> None:
    person = _person(passkey)
    with db.atomic("IMMEDIATE"):
        queue("mail.passkey", person.email, person.language, now)
        note(name(person), "passkey_copied", f"passkey:{passkey.id}", now, result="refused")


def _checked(verify: Callable[[], Any]) -> Any:
    """What `verify` finds; every way in which the answer can be wrong is the same refusal."""
    try:
        return verify()
    except Exception as stumble:  # parsers of binary formats fail in as many ways as there are bytes to send
        raise PasskeyRefused() from stumble


def _short(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise PasskeyRefused()
    return answer


def _handle(person: Person) -> bytes:
    """What the device keeps as the owner: says nothing to anyone, and never the same for a client and for staff."""
    return f"{type(person).__name__}:{person.key}".encode()


def _descriptors(person: Person) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each.credential_id)) for each in of(person)]


def _person(passkey: Passkey) -> Person:
    return passkey.user or passkey.staff


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
