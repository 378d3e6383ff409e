"""Clients and billing accounts kept by hand: who they are, who pays, and who is on which account.

What changed is logged by the name of its column; old and new only where they say nothing about a person or their care.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from peewee import fn

from billing import formats, staffing
from billing.audit import note
from billing.errors import BillingError
from billing.formats import FieldRefused, FieldsRefused, line, needed, refuse
from billing.stamp import Stamp
from choices import AccountKind, StaffRole
from models import Account, AccountClient, Charge, Client, Link, Provider, Staff, db
from words import LANGUAGES

RELATIONS = ("self", "spouse", "child", "other")
SEXES = ("F", "M", "U")
MOST_WORDS, MOST_FOUND, LONGEST = 8, 200, 200  # letters: SQLite compares no pattern of 50,000
FIRST_BIRTHDAY = date(1900, 1, 1)
TOLD = ("number", "kind", "language", "provider", "external_id")  # what the log may say old -> new

Rules = Mapping[str, Callable[[Any], Any]]


class KnownAlready(BillingError):
    """A client of this name and day of birth is there; nothing was written."""

    key = "pr.client.err.known"
    field = "last_name"


class HasCharges(BillingError):
    """Services of this client stand on the account; nothing was changed."""

    key = "pr.client.err.charges"


class HasLink(BillingError):
    """Somebody is linked to the account as this client; nothing was changed."""

    key = "pr.client.err.link"


class NobodySo(BillingError):
    """No client is called that, or more than one."""

    key = "pr.client.err.nobody"
    field = "client"


class OnItAlready(BillingError):
    key = "pr.client.err.already"
    field = "client"


def word(words: tuple[str, ...], *, empty: bool = True) -> Callable[[str], str]:
    def rule(text: str) -> str:
        if text not in words and (text or not empty):
            raise refuse("pr.err.choose")
        return text

    return rule


def birthday(day: date | None) -> date:
    if day is None or day < FIRST_BIRTHDAY:
        raise refuse("pr.client.err.birthday")
    return day


def provider(key: str | None) -> Provider | None:
    """The clinician with this key; none is an answer too."""
    found: Provider | None = Provider.get_or_none(Provider.key == key)
    if key and found is None:
        raise refuse("pr.err.choose")
    return found


CLIENT_RULES: Rules = {
    "first_name": needed(line(80)),
    "last_name": needed(line(80)),
    "date_of_birth": birthday,
    "line1": line(120),
    "line2": line(120),
    "city": line(80),
    "state": formats.state,
    "zip": formats.zip_code,
    "phone": formats.phone,
    "email": formats.email,
    "sex": word(SEXES),
    "language": word(LANGUAGES, empty=False),
    "provider": provider,
    "external_id": line(64),
    "medicare": bool,
    "medicaid": bool,
    "plan": line(120),
    "member_id": line(40),
    "plan_group": line(40),
    "insured_relation": word(RELATIONS),
    "insured_name": line(120),
    "inactive": bool,
}
ACCOUNT_RULES: Rules = {
    "number": needed(line(64)),
    "guarantor_name": needed(line(120)),
    "kind": word(tuple(str(kind) for kind in AccountKind), empty=False),
    "phone": formats.phone,
    "email": formats.email,
    "line1": line(120),
    "line2": line(120),
    "city": line(80),
    "state": formats.state,
    "zip": formats.zip_code,
}


def add_client(values: Mapping[str, Any], stamp: Stamp) -> Client:
    """A new client on no account yet. Raises FieldsRefused, KnownAlready."""
    with db.atomic():
        client = Client()
        _set(client, _checked_client(client, values, stamp))
        if _same_person(client):
            raise KnownAlready()
        client.save(force_insert=True)
        note(stamp.by, "client.added", f"client:{client.id}", stamp.at)
    return client


def change_client(client: Client, values: Mapping[str, Any], stamp: Stamp) -> list[str]:
    """Keep these columns of a client; returns the names of those that changed. Raises FieldsRefused."""
    with db.atomic():
        return _keep(client, _checked_client(client, values, stamp), stamp)


def add_account(client: Client, values: Mapping[str, Any], stamp: Stamp) -> Account:
    """A new billing account for this client. Raises FieldsRefused."""
    with db.atomic():
        account = Account()
        _set(account, _checked_account(account, values))
        account.save(force_insert=True)
        note(stamp.by, "account.added", f"account:{account.id}", stamp.at, detail=account.number)
        put_on(account, client, stamp)
    return account


def change_account(account: Account, values: Mapping[str, Any], stamp: Stamp) -> list[str]:
    """Keep these columns of an account; returns the names of those that changed. Raises FieldsRefused."""
    with db.atomic():
        return _keep(account, _checked_account(account, values), stamp)


def find(staff: Staff, typed: str) -> Client:
    """The one client of this person whose name holds every word of `typed`. Raises NobodySo."""
    query = Client.select().where(staffing.own(staff)) if staff.role == StaffRole.THERAPIST else Client.select()
    for part in typed[:LONGEST].split()[:MOST_WORDS]:
        query = query.where(Client.first_name.contains(part) | Client.last_name.contains(part))
    found = list(query.limit(MOST_FOUND)) if typed.strip() else []
    exact = [client for client in found if client.name.casefold() == " ".join(typed.split()).casefold()]
    if len(exact or found) != 1:
        raise NobodySo("pr.client.err.several" if found else "")
    return (exact or found)[0]


def next_number() -> str:
    """The number after the highest, for the account made next; numbers with other letters are passed over."""
    written = [row.number for row in Account.select(Account.number)]
    return str(max((int(text) for text in written if re.fullmatch(r"[0-9]{1,12}", text)), default=1000) + 1)


def put_on(account: Account, client: Client, stamp: Stamp) -> None:
    """Bill this client's care to the account from now on. Raises OnItAlready."""
    with db.atomic():
        if _on(account, client).exists():
            raise OnItAlready()
        AccountClient.create(account=account, client=client)
        note(stamp.by, "account.client_on", f"account:{account.id} client:{client.id}", stamp.at)


def take_off(account: Account, client: Client, stamp: Stamp) -> None:
    """This client's care is billed elsewhere; one who is not on the account stays so.

    Raises:
        HasCharges: whoever may see the account would no longer know whose services these are.
        HasLink: somebody may see the account as this client, or for them.
    """
    with db.atomic():
        if Charge.select().where((Charge.account == account) & (Charge.client == client)).exists():
            raise HasCharges()
        as_client = (Link.account == account) & (Link.client == client) & Link.ended_at.is_null()
        if Link.select().where(as_client).exists():
            raise HasLink()
        ids = [row.id for row in _on(account, client)]
        if AccountClient.delete().where(AccountClient.id.in_(ids)).execute():
            note(stamp.by, "account.client_off", f"account:{account.id} client:{client.id}", stamp.at)


def _on(account: Account, client: Client) -> Any:
    return AccountClient.select().where((AccountClient.account == account) & (AccountClient.client == client))


def _checked_client(client: Client, values: Mapping[str, Any], stamp: Stamp) -> dict[str, Any]:
    kept, problems = _checked(CLIENT_RULES, values)
    if kept.get("date_of_birth", stamp.on) > stamp.on:
        problems.append(FieldRefused("pr.client.err.birthday", field="date_of_birth"))
    if "external_id" in kept:
        kept["external_id"] = kept["external_id"] or None
        if kept["external_id"] and _taken(Client, client, "external_id", kept):
            problems.append(FieldRefused("pr.client.err.id", field="external_id"))
    return _unless(problems, kept)


def _checked_account(account: Account, values: Mapping[str, Any]) -> dict[str, Any]:
    kept, problems = _checked(ACCOUNT_RULES, values)
    if "number" in kept and _taken(Account, account, "number", kept):
        problems.append(FieldRefused("pr.client.err.number", field="number"))
    return _unless(problems, kept)


def _checked(rules: Rules, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[BillingError]]:
    """What of `values` is kept, and one problem per field that is not."""
    kept: dict[str, Any] = {}
    problems: list[BillingError] = []
    for name, value in values.items():
        try:
            kept[name] = rules[name](value)
        except FieldRefused as refused:
            refused.field = name
            problems.append(refused)
    return kept, problems


def _unless(problems: list[BillingError], kept: dict[str, Any]) -> dict[str, Any]:
    if problems:
        raise FieldsRefused(tuple(problems))
    return kept


def _taken(model: Any, row: Client | Account, name: str, kept: Mapping[str, Any]) -> bool:
    return bool(model.select().where((getattr(model, name) == kept[name]) & (model.id != row.id)).exists())


def _same_person(client: Client) -> bool:
    """Days of birth are sealed: only those of the same name are opened."""
    same = (fn.LOWER(Client.first_name) == client.first_name.lower()) & (
        fn.LOWER(Client.last_name) == client.last_name.lower()
    )
    return any(row.date_of_birth == client.date_of_birth for row in Client.select().where(same))


def _keep(row: Client | Account, kept: Mapping[str, Any], stamp: Stamp) -> list[str]:
    changed = [name for name, value in kept.items() if getattr(row, name) != value]
    if changed:
        table = type(row).__name__.lower()
        told = ", ".join(_told(name, getattr(row, name), kept[name]) for name in changed)
        note(stamp.by, f"{table}.changed", f"{table}:{row.get_id()}", stamp.at, detail=told)
        _set(row, kept)
        row.save(only=changed)
    return changed


def _set(row: Client | Account, kept: Mapping[str, Any]) -> None:
    for name, value in kept.items():
        setattr(row, name, value)


def _told(name: str, old: object, new: object) -> str:
    return f"{name}: {_shown(old)} -> {_shown(new)}" if name in TOLD else name


def _shown(value: object) -> str:
    return f"provider:{value.get_id()}" if isinstance(value, Provider) else str(value or "")
