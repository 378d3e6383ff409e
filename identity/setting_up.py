"""Setting up a login, step by step: what comes next follows from what stands already, so that no step can be skipped.

Identity check, email, password or passkey, second step, backup codes, privacy notice and choices of messages. The
identity check begins it in one browser, which holds the key of a Challenge. Stopping is safe: the invitation stays
open, and another identity check begins anew, with another email.

**Why anew, and not where it stopped.** The identity check proves little: a slip of paper that somebody else may have
read. Steps done in another browser were proved there and not here. So the email is confirmed in each, and then the
password and the second step that an earlier set-up left are taken away, and chosen again. Asking for them instead
would shut out whoever stopped because the phone is gone, and protect nothing: behind a login that nobody has entered
yet there is nothing to see, and its owner hears by email that it began anew.

An address whose login has been entered already gets no second one, and no second way into it: that person signs in as
always, both steps, and takes the account along.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from billing.audit import note
from billing.errors import BillingError
from billing.messages import queue
from billing.tasks import raise_task
from identity import (
    challenges,
    invites,
    links,
    mailed_codes,
    message_choices,
    notices,
    passkeys,
    privacy_notice,
    recovery_codes,
    second_step,
    signins,
    totp,
)
from identity.mailed_codes import EnoughCodes
from identity.passkeys import Site
from identity.second_step import Factor
from identity.whose import name
from models import Challenge, Consent, Invite, Link, Practice, Totp, User, db
from words import say

LASTS = timedelta(minutes=30)  # from one step to the next
EMAIL_CODE = "confirm_invited_email"
SENT = "invite_code_sent"


class Step(StrEnum):
    """What is still to come, in this order."""

    EMAIL = "email"
    PASSWORD = "password"  # noqa: S105 - or a passkey
    SECOND = "second"
    CODES = "codes"
    NOTICE = "notice"
    SIGN_IN = "sign_in"  # instead of all but the first: there is a login already


class Over(BillingError):
    """Too long since the last step, begun elsewhere, or no longer open: the identity check comes first."""

    key = "join.over"


@dataclass(frozen=True)
class SetUp:
    """One invitation being set up in one browser."""

    challenge: Challenge
    invite: Invite

    @property
    def user(self) -> User:
        """The login; there is one once the email was confirmed."""
        found: User = self.invite.user
        return found

    @property
    def step(self) -> Step:
        return next(step for step, is_next in NEXT.items() if is_next(self))

    def keep(self, **facts: Any) -> None:
        """Facts about this browser's set-up."""
        self.challenge.facts = {**self.challenge.facts, **facts}
        self.challenge.save(only=[Challenge.facts])


NEXT: dict[Step, Any] = {
    Step.EMAIL: lambda it: not it.challenge.facts.get("email_confirmed"),
    Step.SIGN_IN: lambda it: not _is_new(it.user),
    Step.PASSWORD: lambda it: it.user.password_hash is None and Factor.PASSKEY not in second_step.ways(it.user),
    Step.SECOND: lambda it: not second_step.strong(it.user),
    Step.CODES: lambda it: not it.challenge.facts.get("codes_saved"),
    Step.NOTICE: lambda _: True,
}


def begin(invite: Invite, now: datetime) -> str:
    """The identity check was passed: returns the key for this browser's session. A set-up elsewhere ends.

    A code goes to the email on file; after three in an hour the last one stays, with the tries that are left of it.
    """
    with db.atomic("IMMEDIATE"):
        facts = {"invite": invite.id, "email": _last_sent(invite)}
        invites.stop_setting_up(invite, now)
        begun = challenges.put(invites.SETTING_UP, None, now, secret=invites.subject(invite), lasts=LASTS, **facts)
        with suppress(EnoughCodes):
            _send(SetUp(begun, invite), now)
    return str(begun.key)


def find(key: str, now: datetime) -> SetUp:
    """What this browser is setting up, for half an hour more. Raises Over."""
    running = (Challenge.key == key) & (Challenge.purpose == invites.SETTING_UP) & Challenge.used_at.is_null()
    challenge = Challenge.get_or_none(running & (Challenge.expires_at > now))
    invite = challenge and Invite.get_or_none((Invite.id == challenge.facts["invite"]) & invites.usable(now))
    if challenge is None or invite is None or (invite.user and invite.user.disabled_at):
        raise Over()
    challenge.expires_at = now + LASTS
    challenge.save(only=[Challenge.expires_at])
    return SetUp(challenge, invite)


def send_again(setup: SetUp, now: datetime) -> None:
    """Another code to the email on file; the one before it is over. Raises EnoughCodes."""
    with db.atomic("IMMEDIATE"):
        _send(setup, now)


def confirm_email(setup: SetUp, code: str, now: datetime, language: str) -> None:
    """The address is theirs: from now on there is a login, one entered before or one without any way in yet.

    Raises:
        challenges.WrongCode, challenges.CodeOver: as it says.
        Over: the set-up was ended meanwhile.
    """
    challenges.answer(setup.challenge.facts["email"], EMAIL_CODE, code, now)
    invite = setup.invite
    with db.atomic("IMMEDIATE"):
        _refuse_ended(setup)
        user = User.get_or_none(User.email == invite.email)
        invite.user = user or User.create(name=invite.name, email=invite.email, phone=invite.phone, language=language)
        invite.save(only=[Invite.user])
        setup.keep(email_confirmed=True)
        note(name(invite.user), "invite.email", invites.subject(invite), now)
        if _is_new(invite.user):
            _begin_anew(setup, now)


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
        setup.keep(codes_saved=True)


def finish(
    setup: SetUp, told_of: list[str], *, amounts: bool, language: str, now: datetime, ip: str = ""
) -> User:  # fmt: skip
    """The last step: notice and choices are kept, the account is theirs to see, the invitation is used.

    Raises Over: the set-up was ended, or finished, or the invitation ran out meanwhile.
    """
    user = setup.user
    with db.atomic("IMMEDIATE"):
        _refuse_ended(setup)
        privacy_notice.accept(user, language, now, ip)
        message_choices.choose(user, told_of, amounts=amounts, language=language, now=now, ip=ip)
        second_step.secure(user, now)
        invites.stop_setting_up(setup.invite, now)
        _use(setup.invite, user, now, ip)
    return user


def waiting_for(user: User, now: datetime) -> list[Invite]:
    """Invitations whose email this person confirmed: signed in, they may take the accounts along."""
    return list(Invite.select().where(invites.usable(now), Invite.user == user).order_by(Invite.id))


def take_along(user: User, language: str, now: datetime, ip: str = "") -> int:
    """Link what waits for this person, who has signed in; returns how many accounts that were."""
    with db.atomic("IMMEDIATE"):
        waiting = waiting_for(user, now)
        privacy_notice.accept(user, language, now, ip)
        for invite in waiting:
            invites.stop_setting_up(invite, now)
            _use(invite, user, now, ip)
    return len(waiting)


def _is_new(user: User) -> bool:
    """Whether nothing is behind this login, and never was: any other is entered by signing in.

    What it rests on outlasts the invitation that made the login, so that a later one can finish it.
    """
    had = (rows.select().where(rows.user == user).exists() for rows in (Link, Consent))
    return user.secured_at is None and not any(had)


def _begin_anew(setup: SetUp, now: datetime) -> None:
    """Nothing that another browser or another invitation began with this login opens anything any longer."""
    user = setup.user
    for other in Invite.select().where(Invite.user == user, Invite.id != setup.invite.id):
        invites.stop_setting_up(other, now)
    stood = user.password_hash or second_step.ways(user)
    second_step.forget(user, now)
    user.password_hash = None
    user.save(only=[User.password_hash])
    if stood:
        notices.changed(user, "invite.anew", now, subject=invites.subject(setup.invite))


def _refuse_ended(setup: SetUp) -> None:
    """For steps that bring something about: the set-up may have ended since this request looked. Raises Over."""
    if Challenge.get_by_id(setup.challenge.id).used_at:
        raise Over()


def _send(setup: SetUp, now: datetime) -> None:
    """The code goes to the address on file, which the page does not show. Raises EnoughCodes."""
    invite = setup.invite
    mailed_codes.count_one(SENT, invites.subject(invite), now, field="code")
    asked, code = challenges.ask(EMAIL_CODE, None, now)
    setup.keep(email=asked.key)
    queue("mail.code", invite.email, invite.language, now, code=code)


def _last_sent(invite: Invite) -> str:
    """The key of the code that was sent last, for whichever browser; empty before the first."""
    mine = Challenge.purpose == invites.SETTING_UP, Challenge.secret == invites.subject(invite)
    last = Challenge.select().where(*mine).order_by(Challenge.id.desc()).first()
    return str(last.facts["email"]) if last else ""


def _use(invite: Invite, user: User, now: datetime, ip: str) -> None:
    """What staff decided when they made the invitation comes into force, once. Raises Over."""
    mine = Invite.id == invite.id, Invite.user == user, invites.usable(now)
    if not Invite.update(used_at=now).where(*mine).execute():
        raise Over()
    invite.link = _link(invite, user, now, ip)
    invite.save(only=[Invite.link])
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
