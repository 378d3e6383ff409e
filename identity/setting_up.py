"""Setting up a login, step by step: what comes next follows from what stands already, so that no step can be skipped.

Identity check, email, password or passkey, second step, backup codes, privacy notice and choices of messages. The
identity check begins it in one browser, which holds the key of a Challenge. Stopping is safe: the invitation stays
open, and after another identity check the next step is the one that was still to come.

An address that has a login already gets no second one, and no second way into it: that person signs in as always,
both steps, and takes the account along.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from billing.audit import note
from billing.errors import BillingError
from billing.messages import queue
from billing.tasks import raise_task
from identity import challenges, invites, links, message_choices, passkeys, recovery_codes, second_step, signins, totp
from identity.passkeys import Site
from identity.second_step import Factor
from identity.strikes import count, sha256, strike
from identity.whose import name
from models import Challenge, Consent, Invite, Link, Practice, Totp, User, db
from words import say

LASTS = timedelta(minutes=30)  # from one step to the next
EMAIL_CODE = "confirm_invited_email"
SENT, SENT_IN_HOUR = "invite_code_sent", 3
PRIVACY, PRIVACY_VERSION = "privacy", "2026-11"
PRIVACY_KEYS = ("join.privacy.kept", "join.privacy.cards", "join.privacy.seen", "join.privacy.mail", "join.privacy.ask")


class Step(StrEnum):
    """What is still to come, in this order."""

    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - or a passkey
    SECOND = "second"
    CODES = "codes"
    NOTICE = "notice"
    SIGN_IN = "sign_in"  # instead of all but the first: there is a login already


class Over(BillingError):
    """Too long since the last step, or the invitation is no longer open: the identity check comes first."""

    key = "join.over"


class EnoughCodes(BillingError):
    """Three emails in an hour."""

    key = "err.slow"
    field = "code"


@dataclass(frozen=True)
class SetUp:
    """One invitation being set up in one browser."""

    challenge: Challenge
    invite: Invite

    @property
    def user(self) -> User:
        """The login; there is one once the email is confirmed."""
        found: User = self.invite.user
        return found

    @property
    def step(self) -> Step:
        return next(step for step, is_next in NEXT.items() if is_next(self))


NEXT: dict[Step, Any] = {
    Step.EMAIL: lambda it: it.invite.user is None,
    Step.SIGN_IN: lambda it: not _is_new(it.user),
    Step.PASSWORD: lambda it: it.user.password_hash is None and Factor.PASSKEY not in second_step.ways(it.user),
    Step.SECOND: lambda it: not second_step.strong(it.user),
    Step.CODES: lambda it: not it.challenge.facts.get("codes_saved"),
    Step.NOTICE: lambda _: True,
}


def begin(invite: Invite, now: datetime) -> str:
    """The identity check was passed: returns the key for this browser's session. A set-up elsewhere ends."""
    with db.atomic("IMMEDIATE"):
        invites.stop_setting_up(invite, now)
        begun = challenges.put(invites.SETTING_UP, None, now, secret=invites.subject(invite), lasts=LASTS)
        begun.facts = {"invite": invite.id}
        begun.save(only=[Challenge.facts])
        setup = SetUp(begun, invite)
        if setup.step is Step.EMAIL:
            _send(setup, now)
    return str(begun.key)


def find(key: str, now: datetime) -> SetUp:
    """What this browser is setting up, for half an hour more. Raises Over."""
    running = (Challenge.key == key) & (Challenge.purpose == invites.SETTING_UP) & Challenge.used_at.is_null()
    challenge = Challenge.get_or_none(running & (Challenge.expires_at > now))
    invite = challenge and Invite.get_or_none((Invite.id == challenge.facts["invite"]) & invites.live(now))
    if challenge is None or invite is None:
        raise Over()
    challenge.expires_at = now + LASTS
    challenge.save(only=[Challenge.expires_at])
    return SetUp(challenge, invite)


def send_again(setup: SetUp, now: datetime) -> None:
    """Another code to the email on file; the one before it is over. Raises EnoughCodes."""
    with db.atomic("IMMEDIATE"):
        if count(SENT, invites.subject(setup.invite), now - invites.HOUR) >= SENT_IN_HOUR:
            raise EnoughCodes()
        _send(setup, now)


def confirm_email(setup: SetUp, code: str, now: datetime, language: str) -> None:
    """The address is theirs: from now on there is a login, an old one or one without any way in yet.

    Raises:
        challenges.WrongCode, challenges.CodeOver: as it says.
    """
    challenges.answer(setup.challenge.facts.get("email", ""), EMAIL_CODE, code, now)
    invite = setup.invite
    with db.atomic("IMMEDIATE"):
        user = User.get_or_none(User.email == invite.email)
        invite.made_user = user is None
        invite.user = user or User.create(name=invite.name, email=invite.email, phone=invite.phone, language=language)
        invite.save(only=[Invite.user, Invite.made_user])
        note(name(invite.user), "invite.email", invites.subject(invite), now)


def choose_password(setup: SetUp, password: str, now: datetime) -> None:
    """Raises WeakPassword."""
    signins.set_password(setup.user, password, now, practice_name=Practice.the().name)
    note(name(setup.user), "password.set", name(setup.user), now)


def add_passkey(setup: SetUp, key: str, answer: str, site: Site, now: datetime, called: str = "") -> None:
    """Both steps at once. Raises PasskeyRefused."""
    passkeys.add(setup.user, key, answer, site, now, called)
    note(name(setup.user), "factor_on", name(setup.user), now, detail=Factor.PASSKEY)


def confirm_app(setup: SetUp, begun: Totp | None, code: str, now: datetime) -> None:
    """`begun`: the secret that this browser was shown. Raises challenges.WrongCode."""
    totp.confirm(setup.user, begun and begun.id, code, now)
    note(name(setup.user), "factor_on", name(setup.user), now, detail=Factor.APP)


def make_codes(setup: SetUp, now: datetime) -> list[str]:
    """Ten codes to show once; those made before are worth nothing."""
    codes = recovery_codes.make(setup.user, now)
    note(name(setup.user), "recovery_codes", name(setup.user), now)
    return codes


def codes_are_saved(setup: SetUp) -> None:
    """The person says so. Before any were made it says nothing."""
    if recovery_codes.left(setup.user):
        setup.challenge.facts = {**setup.challenge.facts, "codes_saved": True}
        setup.challenge.save(only=[Challenge.facts])


def finish(
    setup: SetUp, told_of: list[str], *, amounts: bool, language: str, now: datetime, ip: str = ""
) -> User:  # fmt: skip
    """The last step: notice and choices are kept, the account is theirs to see, the invitation is used."""
    user = setup.user
    with db.atomic("IMMEDIATE"):
        _accept_notice(user, language, now, ip)
        message_choices.choose(user, told_of, amounts=amounts, language=language, now=now, ip=ip)
        second_step.secure(user, now)
        invites.stop_setting_up(setup.invite, now)
        _use(setup.invite, user, now, ip)
    return user


def waiting_for(user: User, now: datetime) -> list[Invite]:
    """Invitations whose email this person confirmed: signed in, they may take the accounts along."""
    return list(Invite.select().where(invites.live(now), Invite.user == user).order_by(Invite.id))


def take_along(user: User, language: str, now: datetime, ip: str = "") -> int:
    """Link what waits for this person, who has signed in; returns how many accounts that were."""
    with db.atomic("IMMEDIATE"):
        waiting = waiting_for(user, now)
        _accept_notice(user, language, now, ip)
        for invite in waiting:
            invites.stop_setting_up(invite, now)
            _use(invite, user, now, ip)
    return len(waiting)


def privacy_notice(language: str) -> list[str]:
    """Its paragraphs."""
    phone = Practice.the().phone
    return [say(key, language, phone=phone) for key in PRIVACY_KEYS]


def has_read_notice(user: User) -> bool:
    """This version of it."""
    known = Consent.kind == PRIVACY, Consent.user == user, Consent.reference == PRIVACY_VERSION
    return bool(Consent.select().where(*known).exists())


def _is_new(user: User) -> bool:
    """Whether this login was made by an invitation and has not been inside yet; any other is entered by signing in."""
    mine = Invite.user == user
    made = Invite.select().where(mine, Invite.made_user, Invite.used_at.is_null()).exists()
    used = Invite.select().where(mine, Invite.used_at.is_null(False)).exists()
    return bool(made and not used and user.secured_at is None and not Link.select().where(Link.user == user).exists())


def _send(setup: SetUp, now: datetime) -> None:
    """The code goes to the address on file, which the page does not show."""
    invite = setup.invite
    asked, code = challenges.ask(EMAIL_CODE, None, now)
    setup.challenge.facts = {**setup.challenge.facts, "email": asked.key}
    setup.challenge.save(only=[Challenge.facts])
    strike(SENT, invites.subject(invite), now)
    queue("mail.code", invite.email, invite.language, now, code=code)


def _accept_notice(user: User, language: str, now: datetime, ip: str) -> None:
    """Kept word for word, once for each version."""
    if has_read_notice(user):
        return
    text = "\n\n".join(privacy_notice(language))
    Consent.create(
        user=user, kind=PRIVACY, text=text, text_sha256=sha256(text), language=language, at=now, ip=ip,
        reference=PRIVACY_VERSION,
    )  # fmt: skip


def _use(invite: Invite, user: User, now: datetime, ip: str) -> None:
    """What staff decided when they made the invitation comes into force."""
    invite.link, invite.used_at = _link(invite, user, now, ip), now
    invite.save(only=[Invite.link, Invite.used_at])
    note(name(user), "invite.used", f"{invites.subject(invite)} account:{invite.account_id}", now, ip=ip)


def _link(invite: Invite, user: User, now: datetime, ip: str) -> Link | None:
    """The link, or None when the rules forbid it by now: then staff decides anew."""
    try:
        return links.link(
            user, invite.account, invite.role, invite.rights, invite.basis, invite.made_by, now, ip,
            client=invite.client,
        )  # fmt: skip
    except links.LinkRefused as refusal:
        raise_task(invites.REFUSED_TASK, now, account=invite.account, detail=say(refusal.key, "en"))
        return None
