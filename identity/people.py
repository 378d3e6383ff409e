"""The practice's own people: who has a login, as what, and how a login begins and ends.

A login that ends is never deleted: its name stands in the log. There is always an owner left, and nobody changes what
they themselves may do.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from peewee import JOIN, fn

from billing import formats, staffing
from billing.audit import note
from billing.clients import provider
from billing.errors import BillingError
from billing.formats import FieldRefused, FieldsRefused, line, needed, refuse
from billing.messages import queue
from billing.staffing import Act
from billing.tasks import raise_task
from choices import LinkPurpose, StaffRole
from identity import break_glass, invites, notices, resets, second_step, signins
from models import Account, AuditEntry, Invite, OneTimeLink, Provider, Staff, db
from words import LANGUAGES

TAKEN_BACK = "task.invite_taken_back"
WITH_CLIENTS = (StaffRole.OWNER, StaffRole.THERAPIST)  # they may stand for a clinician


class LastOwner(BillingError):
    """Somebody must be able to do everything."""

    key = "pr.staff.err.last"


class Oneself(BillingError):
    """What somebody may do is for another person to say."""

    key = "pr.staff.err.self"


class Standing(StrEnum):
    """How far a login is."""

    READY = "ready"  # a second step stands
    INVITED = "invited"  # the first link waits to be used
    STUCK = "stuck"  # nothing stands, and no link that works is out
    REMOVED = "removed"


@dataclass(frozen=True)
class Member:
    """One person with what there is to know of the login."""

    staff: Staff
    standing: Standing
    signed_in_at: datetime | None


def listing(now: datetime) -> list[Member]:
    """Everybody by name, whoever was removed at the end, in three queries."""
    last, invited = _last_sign_ins(), _invited(now)
    people = Staff.select(Staff, Provider).join(Provider, JOIN.LEFT_OUTER)
    ordered = people.order_by(Staff.disabled_at.is_null(False), Staff.name)
    return [Member(each, _standing(each, invited), last.get(f"staff:{each.id}")) for each in ordered]


def add(values: Mapping[str, Any], by: Staff, now: datetime, ip: str = "") -> Staff:
    """A new login without a password, and the email with the link that begins it.

    `values`: name, email, role, provider (its key or ""), language, backup. Raises FieldsRefused.
    """
    kept = _checked(values)
    with db.atomic("IMMEDIATE"):
        if Staff.select().where(Staff.email == kept["email"]).exists():
            raise FieldsRefused((refuse("pr.staff.err.email", field="email"),))
        staff: Staff = Staff.create(**kept)
        note(f"staff:{by.id}", "staff.add", f"staff:{staff.id}", now, ip=ip, detail=staff.role)
        _send_first_link(staff, by, now)
    return staff


def change(staff: Staff, values: Mapping[str, Any], by: Staff, now: datetime, ip: str = "") -> list[str]:
    """Keep these of role, provider, language and backup; returns the names of those that changed.

    What somebody may do is read anew with each request; all the same, a change of it ends their sessions.

    Raises:
        FieldsRefused: with one problem per field.
        Oneself, LastOwner: not this role.
    """
    kept = _checked(values)
    with db.atomic("IMMEDIATE"):
        changed = [name for name, value in kept.items() if getattr(staff, name) != value]
        if {"role", "provider", "backup"} & set(changed):
            _refuse(staff, by, kept["role"])
            signins.end_all(staff, now)
            break_glass.close_all(staff, by, now, ip)
        for name in changed:
            detail = f"{_shown(getattr(staff, name))} -> {_shown(kept[name])}"
            note(f"staff:{by.id}", f"staff.{name}", f"staff:{staff.id}", now, ip=ip, detail=detail)
            setattr(staff, name, kept[name])
        if changed:
            staff.save(only=changed)
        if {"role", "provider"} & set(changed):
            reach = staffing.own_accounts(staff) if staffing.may(staff, Act.CHANGE_LINKS) else None
            _take_back_made(staff, reach, by, now, ip)
    return changed


def remove(staff: Staff, by: Staff, now: datetime, ip: str = "") -> None:
    """End this login at once, with its sessions, its links, and every way in that it opened for others.

    Done again, nothing happens. Raises Oneself, LastOwner.
    """
    with db.atomic("IMMEDIATE"):
        _refuse(staff, by, None)
        ended = Staff.update(disabled_at=now).where(Staff.id == staff.id, Staff.disabled_at.is_null()).execute()
        if ended:
            _take_back_links(staff, now)
            signins.end_all(staff, now)
            break_glass.close_all(staff, by, now, ip)
            _take_back_made(staff, None, by, now, ip)
            note(f"staff:{by.id}", "staff.remove", f"staff:{staff.id}", now, ip=ip)


def begin_again(staff: Staff, by: Staff, now: datetime, ip: str = "") -> None:
    """A new first link: nothing that proved who this was counts any longer. Somebody who was removed is back with it.

    For whoever lost everything, once it was seen who it is, face to face or by video. Raises Oneself.
    """
    if staff == by:
        raise Oneself()
    with db.atomic("IMMEDIATE"):
        second_step.forget(staff, now)
        _take_back_links(staff, now)
        Staff.update(password_hash=None, disabled_at=None).where(Staff.id == staff.id).execute()
        note(f"staff:{by.id}", "staff.again", f"staff:{staff.id}", now, ip=ip)
        _send_first_link(staff, by, now)


def _refuse(staff: Staff, by: Staff, role: str | None) -> None:
    """Raise unless `by` may give this person `role`, or none."""
    if staff == by:
        raise Oneself(field="role")
    others = Staff.select().where(Staff.role == StaffRole.OWNER, Staff.disabled_at.is_null(), Staff.id != staff.id)
    if staff.role == StaffRole.OWNER and role != StaffRole.OWNER and not others.exists():
        raise LastOwner(field="role")


def _send_first_link(staff: Staff, by: Staff, now: datetime) -> None:
    token = resets.first_sign_in(staff, by, now)
    queue("mail.staff.first", staff.email, staff.language, now, first_url=f"/practice/reset/{token}")


def _take_back_links(staff: Staff, now: datetime) -> None:
    for purpose in LinkPurpose:
        notices.take_back(staff, purpose, now)


def _take_back_made(staff: Staff, reach: Any, by: Staff, now: datetime, ip: str) -> None:
    """What this person made and nobody has used: links for one use, and invitations to accounts out of their `reach`.

    `reach` selects accounts; None for who decides about none any longer. Owners find a task for each account.
    """
    OneTimeLink.update(used_at=now).where(OneTimeLink.made_by == staff, OneTimeLink.used_at.is_null()).execute()
    within = [] if reach is None else reach.select(Account.id)
    unused = Invite.used_at.is_null() & Invite.revoked_at.is_null() & Invite.account.not_in(within)
    for invite in Invite.select(Invite, Account).join(Account).where((Invite.made_by == staff) & unused):
        invites.revoke(invite, by, now, ip)
        raise_task(TAKEN_BACK, now, account=invite.account)


def _standing(staff: Staff, invited: set[int]) -> Standing:
    if staff.disabled_at:
        return Standing.REMOVED
    if staff.secured_at:
        return Standing.READY
    return Standing.INVITED if staff.id in invited else Standing.STUCK


def _invited(now: datetime) -> set[int]:
    good = OneTimeLink.used_at.is_null() & (OneTimeLink.expires_at > now)
    rows = OneTimeLink.select(OneTimeLink.staff).where((OneTimeLink.purpose == LinkPurpose.STAFF) & good)
    return {row.staff_id for row in rows}


def _last_sign_ins() -> dict[str, datetime]:
    """ "staff:7" -> when they last came in; the log outlives the sessions."""
    rows = AuditEntry.select(AuditEntry.by, fn.MAX(AuditEntry.at).alias("at"))
    rows = rows.where(AuditEntry.what == "sign_in", AuditEntry.result == "", AuditEntry.by.startswith("staff:"))
    return {row.by: row.at for row in rows.group_by(AuditEntry.by)}


def _email(text: str) -> str:
    return needed(formats.email)(text).lower()


def _role(word: str) -> StaffRole:
    if word not in list(StaffRole):
        raise refuse("pr.err.choose")
    return StaffRole(word)


def _language(word: str) -> str:
    if word not in LANGUAGES:
        raise refuse("pr.err.choose")
    return word


RULES: dict[str, Callable[[Any], Any]] = {
    "name": needed(line(80)),
    "email": _email,
    "role": _role,
    "provider": provider,
    "language": _language,
    "backup": bool,
}


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """What of `values` is kept; raises FieldsRefused."""
    kept: dict[str, Any] = {}
    problems = tuple(_problems(values, kept))
    if problems:
        raise FieldsRefused(problems)
    kept["provider"] = kept["provider"] if kept["role"] in WITH_CLIENTS else None
    kept["backup"] = kept["backup"] and kept["role"] == StaffRole.THERAPIST
    return kept


def _problems(values: Mapping[str, Any], kept: dict[str, Any]) -> Iterator[FieldRefused]:
    for name, value in values.items():
        try:
            kept[name] = RULES[name](value)
        except FieldRefused as refused:
            refused.field = name
            yield refused
    if kept.get("role") == StaffRole.THERAPIST and kept.get("provider", 0) is None:
        yield refuse("pr.staff.err.provider", field="provider")


def _shown(value: object) -> str:
    return f"provider:{value.get_id()}" if isinstance(value, Provider) else str(value)
