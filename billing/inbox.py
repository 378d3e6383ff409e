"""The practice's inbox: what came in, and what did not go as it should. Never a name and never health details.

News are put in by the transaction that causes them. One person's look is everyone's: the practice reads it together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from billing import staffing
from billing.stamp import Stamp
from choices import StaffRole
from models import Account, Attempt, Notice, Payment, Staff
from money import Cents

PER_PAGE = 50
MOST = 100  # nobody counts further


@dataclass(frozen=True)
class Listing:
    """One page, what nobody has read on top, the newest first; then what was read, the last read first."""

    rows: list[Notice]
    page: int
    more: bool

    @property
    def unread(self) -> list[Notice]:
        return [row for row in self.rows if row.read_at is None]

    @property
    def newest(self) -> str:
        """The key of the last that came in of what this page shows."""
        return str(max(self.rows, key=lambda row: row.id).key)


def put(
    kind: str,
    at: datetime,
    *,
    account: Account | None = None,
    payment: Payment | None = None,
    attempt: Attempt | None = None,
    amount: Cents | None = None,
) -> Notice:
    """Write news down, inside the caller's transaction. `kind` is a key of the catalogue, `notice.` and a word."""
    about = {"account": account, "payment": payment, "attempt": attempt, "amount": amount}
    row: Notice = Notice.create(kind=kind, at=at, **about)
    return row


def put_once(kind: str, at: datetime, since: datetime, **about: Any) -> None:
    """The same, but not when these news of this account and attempt were put in since then."""
    same = (Notice.kind == kind) & (Notice.at >= since)
    for name in ("account", "attempt"):
        same &= getattr(Notice, name) == about.get(name)
    if not Notice.select().where(same).exists():
        put(kind, at, **about)


def unread(staff: Staff, now: datetime) -> int:
    """How many wait for this person, counted up to `MOST`."""
    return int(_unread(staff, now).limit(MOST).count())


def newest(staff: Staff, count: int, now: datetime) -> list[Notice]:
    """The last few that nobody has read."""
    return _whole(_unread(staff, now).order_by(*_NEWEST).limit(count))


def listing(staff: Staff, page: int, now: datetime) -> Listing:
    """What this person may see, in three queries that cost no more when there is more."""
    page, end = max(page, 1), max(page, 1) * PER_PAGE
    waits = [row.id for row in _unread(staff, now).order_by(*_NEWEST).limit(end + 1)]
    seen = Notice.select(Notice.id).where(_may(staff, now) & Notice.read_at.is_null(False))
    ids = waits + [row.id for row in seen.order_by(Notice.read_at.desc(), *_NEWEST).limit(end + 1 - len(waits))]
    shown = ids[end - PER_PAGE : end]
    found = {row.id: row for row in _whole(shown)}
    return Listing([found[id] for id in shown], page, len(ids) > end)


def read(staff: Staff, keys: Collection[str], stamp: Stamp) -> int:
    """Somebody has seen these; returns how many were news until now."""
    return _read(staff, Notice.key.in_(list(keys)), stamp)


def read_all(staff: Staff, newest: str, stamp: Stamp) -> int:
    """The same of everything up to the one with this key: what came in meanwhile was not seen.

    Raises:
        DoesNotExist: nothing has this key.
    """
    return _read(staff, Notice.id <= Notice.get(Notice.key == newest).id, stamp)


def done(kind: str, attempt: Attempt, stamp: Stamp) -> None:
    """What these news asked for was done: whoever did it need not read them."""
    about = (Notice.kind == kind) & (Notice.attempt == attempt) & Notice.read_at.is_null()
    Notice.update(read_at=stamp.at, read_by=stamp.by).where(about).execute()


_NEWEST = (Notice.at.desc(), Notice.id.desc())


def _read(staff: Staff, which: Any, stamp: Stamp) -> int:
    # What is open in an emergency may be read; to put it away is for those in whose care the client is.
    mine = _of(staff, staffing.own_accounts(staff)) & Notice.read_at.is_null()
    seen = Notice.update(read_at=stamp.at, read_by=stamp.by).where(mine & which)
    return int(seen.execute())


def _unread(staff: Staff, now: datetime) -> Any:
    return Notice.select(Notice.id).where(_may(staff, now) & Notice.read_at.is_null())


def _may(staff: Staff, now: datetime) -> Any:
    return _of(staff, staffing.accounts(staff, now))


def _of(staff: Staff, accounts: Any) -> Any:
    """A therapist reads of these accounts, and not of what concerns the practice as a whole."""
    if staff.role != StaffRole.THERAPIST:
        return Notice.id.is_null(False)
    return Notice.account.in_(accounts.select(Account.id))


def _whole(ids: Any) -> list[Notice]:
    """These rows with what they are about."""
    rows = Notice.select(Notice, Account, Payment, Attempt)
    for about in (Account, Payment, Attempt):
        rows = rows.join_from(Notice, about, JOIN.LEFT_OUTER)
    return list(rows.where(Notice.id.in_(ids)).order_by(*_NEWEST))
