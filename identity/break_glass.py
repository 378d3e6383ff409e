"""Opening a client of a colleague who is away: for a reason, for an hour, and never unseen.

Who may, and what an open window shows, stands in `billing.staffing`. A client is found by their exact name or number
only: this is no list to read. The owners hear of each opening on the next day.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.audit import note
from billing.errors import BillingError
from billing.formats import FieldRefused, line
from billing.messages import queue
from billing.staffing import opened, own, running
from billing.tasks import raise_task
from choices import StaffRole
from models import Account, AccountClient, BreakGlass, Client, Practice, Staff, db
from words import local_day

LASTS = timedelta(hours=1)
SHORTEST, LONGEST = 10, 300


class NoReason(BillingError):
    """It must be worth ten letters."""

    key = "pr.glass.err.reason"
    field = "reason"


@dataclass(frozen=True)
class Found:
    """A client as far as it takes to know which one, with the accounts they are billed to."""

    client: Client
    accounts: tuple[Account, ...]

    @property
    def initials(self) -> str:
        """ "A. D."."""
        names = self.client.first_name, self.client.last_name
        return " ".join(f"{name[0].upper()}." for name in names if name)


@dataclass(frozen=True)
class Window(Found):
    """A client who is open until then."""

    ends_at: datetime


def find(staff: Staff, text: str) -> list[Found]:
    """Clients of colleagues with exactly this account number or full name, letter case aside."""
    wanted, rows = " ".join(text.split()).casefold(), _others(staff)
    fits = [row.client for row in rows if wanted in (row.account.number.casefold(), row.client.name.casefold())]
    return [Found(client, accounts_of(client)) for client in dict.fromkeys(fits)]


def search(staff: Staff, text: str, now: datetime, ip: str = "") -> list[Found]:
    """As `find`, and noted: asking who is a client is itself something to know of. What was typed is not kept."""
    found = find(staff, text)
    note(_name(staff), "glass.search", "", now, ip=ip, result="" if found else "none")
    return found


def open_client(staff: Staff, key: str, reason: str, now: datetime, ip: str = "") -> BreakGlass:
    """Let this therapist read a colleague's client (by key) for an hour; one who is open already stays so until then.

    Raises:
        NoReason, FieldRefused: the reason says too little, or what it must not.
        DoesNotExist: no such client among those of colleagues.
    """
    kept = _reason(reason)
    with db.atomic("IMMEDIATE"):
        client = next((row.client for row in _others(staff) if row.client.key == key), None)
        if client is None:
            raise Client.DoesNotExist(key)
        found: BreakGlass | None = _open(staff, now).where(BreakGlass.client == client).first()
        return found or _opened(staff, client, kept, now, ip)


def windows(staff: Staff, now: datetime) -> list[Window]:
    """What this person has open now, the newest first."""
    return [Window(row.client, accounts_of(row.client), row.ends_at) for row in _open(staff, now)]


def close(staff: Staff, key: str, now: datetime, ip: str = "") -> None:
    """Close this client (by key) before the hour is over; one who is not open stays closed."""
    with db.atomic("IMMEDIATE"):
        for row in _open(staff, now).where(Client.key == key):
            row.ends_at = now
            row.save(only=[BreakGlass.ends_at])
            note(_name(staff), "glass.close", _subject(row.client), now, ip=ip)


def close_all(staff: Staff, by: Staff, now: datetime, ip: str = "") -> None:
    """Close whatever this person has open, because `by` changed what they may do."""
    with db.atomic("IMMEDIATE"):
        for row in BreakGlass.select(BreakGlass, Client).join(Client).where(running(staff, now)):
            row.ends_at = now
            row.save(only=[BreakGlass.ends_at])
            note(_name(by), "glass.close", _subject(row.client), now, ip=ip)


def note_views(staff: Staff, accounts: Iterable[int], now: datetime, ip: str = "") -> None:
    """Note that a page showed something of these accounts (ids), as far as a client is open there."""
    shown = AccountClient.select(AccountClient.client).where(AccountClient.account.in_(list(accounts)))
    for row in _open(staff, now).where(BreakGlass.client.in_(shown)):
        note(_name(staff), "glass.view", _subject(row.client), now, ip=ip)


def tell_owners(now: datetime) -> int:
    """Tell the owners, on the day after, that clients were opened; returns how many times that was."""
    zone = Practice.the().time_zone
    with db.atomic("IMMEDIATE"):
        untold = BreakGlass.select().where(BreakGlass.told_at.is_null()).order_by(BreakGlass.id)
        rows = [row for row in untold if local_day(row.began_at, zone) < local_day(now, zone)]
        for row in rows:
            row.told_at = now
            row.save(only=[BreakGlass.told_at])
            raise_task("task.glass", now, account=accounts_of(row.client)[0], detail=row.staff.name)
        if rows:
            _write_to_owners(now)
    return len(rows)


def _write_to_owners(now: datetime) -> None:
    for owner in Staff.select().where(Staff.role == StaffRole.OWNER, Staff.disabled_at.is_null()):
        queue("mail.staff.glass", owner.email, owner.language, now)


def _reason(text: str) -> str:
    try:
        kept = line(LONGEST)(text)
    except FieldRefused as refused:
        refused.field = NoReason.field
        raise
    if len(kept) < SHORTEST:
        raise NoReason()
    return kept


def _opened(staff: Staff, client: Client, reason: str, now: datetime, ip: str) -> BreakGlass:
    row: BreakGlass = BreakGlass.create(staff=staff, client=client, reason=reason, began_at=now, ends_at=now + LASTS)
    note(_name(staff), "glass.open", f"{_subject(client)} break_glass:{row.id}", now, ip=ip)
    return row


def _open(staff: Staff, now: datetime) -> Any:
    rows = BreakGlass.select(BreakGlass, Client).join(Client)
    return rows.where(opened(staff, now)).order_by(BreakGlass.id.desc())


def _others(staff: Staff) -> Any:
    """Each client of a colleague with each account: no more of them than a search needs."""
    rows = AccountClient.select(AccountClient, Account, Client.id, Client.key, Client.first_name, Client.last_name)
    return rows.join(Account).switch(AccountClient).join(Client).where(~own(staff)).order_by(Account.number)


def accounts_of(client: Client) -> tuple[Account, ...]:
    rows = Account.select().join(AccountClient).where(AccountClient.client == client)
    return tuple(rows.order_by(Account.number))


def _name(staff: Staff) -> str:
    return f"staff:{staff.id}"


def _subject(client: Client) -> str:
    return f"client:{client.id}"
