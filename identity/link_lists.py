"""Links as staff read them: who sees which account and how much of it, and whom a new link may be made for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from billing import staffing
from billing.transactions import matches
from choices import StaffRole
from models import Account, Client, Invite, Link, Staff, User

PER_PAGE = 50
FOUND = 20  # of a search for one person or one account


@dataclass(frozen=True)
class Listing:
    """One page of `count` links, those of one person together."""

    rows: list[Link]
    count: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PER_PAGE))


def listing(staff: Staff, text: str, page: int, now: datetime) -> Listing:
    """Links to accounts this person may see, by the name of the user; what has ended stands last."""
    found = _links().where(staffing.within(staff, Link.account, now))
    if text:
        found = found.where(_named(text) | matches(text))
    count = found.count()
    page = min(max(page, 1), max(1, -(-count // PER_PAGE)))
    order = (User.name, User.id, Link.ended_at.is_null(False), Account.number)
    return Listing(list(found.order_by(*order).paginate(page, PER_PAGE)), count, page)


def of_account(account: Account) -> list[Link]:
    """Everybody with a live link to this account, by name."""
    return list(_links().where((Link.account == account) & Link.ended_at.is_null()).order_by(User.name))


def find(staff: Staff, key: str, now: datetime) -> Link:
    """One link by its public key; `DoesNotExist` when this person may not see its account."""
    found: Link = _links().where((Link.key == key) & staffing.within(staff, Link.account, now)).get()
    return found


def find_own(staff: Staff, key: str) -> Link:
    """One link by its public key that this person may change; `DoesNotExist` when its account is not theirs."""
    found: Link = _links().where((Link.key == key) & Link.account.in_(_own(staff))).get()
    return found


def invitation(staff: Staff, key: str) -> Invite:
    """One invitation likewise."""
    rows = Invite.select(Invite, Account).join(Account)
    found: Invite = rows.where((Invite.key == key) & Invite.account.in_(_own(staff))).get()
    return found


def may_let_in(staff: Staff, user: User) -> bool:
    """Whether this person answers for who `user` is: the owner for everyone, others for who was never elsewhere.

    A link of somebody's own making proves nothing of the rest that this login opens, or has opened, or waits for.
    """
    if staff.role == StaffRole.OWNER:
        return True
    own = _own(staff)
    theirs = [table.select().where(table.user == user) for table in (Link, Invite)]
    strange = any(rows.where(rows.model.account.not_in(own)).exists() for rows in theirs)
    return not strange and Link.select().where(Link.user == user, Link.ended_at.is_null()).exists()


def people(staff: Staff, text: str) -> list[User]:
    """Logins whose name or email holds `text`; a therapist finds those of own accounts, and others by whole email."""
    able = User.disabled_at.is_null() & User.anonymised_at.is_null()
    known = _named(text)
    if staff.role == StaffRole.THERAPIST:
        mine = Link.select(Link.user).where(Link.account.in_(_own(staff)))
        known = (known & User.id.in_(mine)) | (User.email == text.lower())
    return list(User.select().where(able & known).order_by(User.name).limit(FOUND))


def person(key: str) -> User:
    """One login by its public key, of those that may still be linked; whoever has the key has found it before."""
    able = User.disabled_at.is_null() & User.anonymised_at.is_null()
    found: User = User.get((User.key == key) & able)
    return found


def accounts(staff: Staff, text: str) -> list[Account]:
    """Accounts this person decides about whose number, guarantor or client holds `text`."""
    found = staffing.own_accounts(staff).where(matches(text))
    return list(found.order_by(Account.guarantor_name, Account.number).limit(FOUND))


def _links() -> Any:
    rows = Link.select(Link, User, Account, Client).join(User).switch(Link).join(Account)
    return rows.switch(Link).join(Client, JOIN.LEFT_OUTER)


def _own(staff: Staff) -> Any:
    return staffing.own_accounts(staff).select(Account.id)


def _named(text: str) -> Any:
    return User.name.contains(text) | User.email.contains(text)
