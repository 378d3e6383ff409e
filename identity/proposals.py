"""Logins without an account, and which account each may belong to. Nobody is ever linked by a match: a person decides.

What ties a login to an account is an email, a phone or a name on file. A proposal is made only where the ties lead to
exactly one account, and to that account only this one login leads; everything else is listed for a decision.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing import staffing
from choices import AccountKind, LinkRole, Right, StaffRole
from identity import links
from identity.birthdays import is_grown_up
from identity.invites import contact, plain
from identity.links import Health, Money
from models import Account, AccountClient, Client, Link, Practice, Staff, User
from words import local_day

NAME, EMAIL, PHONE = "name", "email", "phone"
Ties = dict[Account, set[str]]


@dataclass(frozen=True)
class Proposal:
    """This login and this account lead to each other alone. `why` ends catalogue keys; `client` is who they are."""

    user: User
    account: Account
    role: LinkRole
    client: Client | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class Undecided:
    """A login that several accounts may be meant by, or one account that several logins may belong to."""

    user: User
    accounts: tuple[Account, ...]


@dataclass(frozen=True)
class Found:
    clear: list[Proposal]
    many: list[Undecided]
    none: list[User]

    @property
    def count(self) -> int:
        return len(self.clear) + len(self.many) + len(self.none)


def find(staff: Staff, now: datetime) -> Found:
    """The logins never linked to anything, sorted; a therapist reads only what leads to own clients alone."""
    users = _never_linked()
    by_client = _clients() if users else {}
    ties = {user: _ties(user, by_client) for user in users}
    claims = Counter(account for found in ties.values() for account in found)
    alone = {user for user, found in ties.items() if len(found) == 1 and claims[next(iter(found))] == 1}
    seen = {account.id for account in staffing.own_accounts(staff)} if users else set()
    today = local_day(now, Practice.the().time_zone)
    shown = [user for user in users if _may_read(staff, ties[user], seen)]
    return Found(
        [_proposal(user, ties[user], by_client, today) for user in shown if user in alone],
        [Undecided(user, tuple(ties[user])) for user in shown if ties[user] and user not in alone],
        [user for user in shown if not ties[user]],
    )


def waiting(staff: Staff) -> int:
    """How many logins were never linked, for those who read them all."""
    return 0 if staff.role == StaffRole.THERAPIST else int(_strangers().count())


def approve(chosen: Iterable[tuple[Proposal, bool]], by: Staff, now: datetime, ip: str = "") -> list[Link]:
    """Link what a person ticked; each with whether this person may see health details. Raises LinkRefused."""
    return [_link(proposal, health, by, now, ip) for proposal, health in chosen]


def rights_of(proposal: Proposal, health: bool) -> tuple[Right, ...]:
    """What would be given: paying, and with `health` everything the role brings."""
    if health:
        return links.default_rights(proposal.role, proposal.account, proposal.client)
    return links.rights_for(proposal.role, proposal.account, Money.PAYS, Health.NOTHING)


def _link(proposal: Proposal, health: bool, by: Staff, now: datetime, ip: str) -> Link:
    rights, basis = rights_of(proposal, health), f"on file: same {', '.join(proposal.why)}"
    return links.link(
        proposal.user, proposal.account, proposal.role, rights, basis, by, now, ip, client=proposal.client
    )


def _never_linked() -> list[User]:
    return list(_strangers().order_by(User.name, User.id))


def _strangers() -> Any:
    """Whoever had a link that ended is no riddle: somebody decided that."""
    able = User.disabled_at.is_null() & User.anonymised_at.is_null()
    return User.select().where(able & User.id.not_in(Link.select(Link.user)))


def _clients() -> dict[Account, list[Client]]:
    facts = (Client.id, Client.first_name, Client.last_name, Client.email, Client.phone, Client.date_of_birth)
    rows = AccountClient.select(AccountClient, Account, *facts).join(Account).switch(AccountClient).join(Client)
    found: dict[Account, list[Client]] = defaultdict(list)
    for row in rows.order_by(Account.number, AccountClient.id):
        found[row.account].append(row.client)
    return found


def _ties(user: User, by_client: dict[Account, list[Client]]) -> Ties:
    """Each account something on file leads to, and what."""
    found = {account: {*_why(user, account, clients)} for account, clients in by_client.items()}
    return {account: why for account, why in found.items() if why}


def _why(user: User, account: Account, clients: list[Client]) -> Iterator[str]:
    if plain(account.guarantor_name) == plain(user.name):
        yield NAME
    for client in clients:
        facts = {
            NAME: (plain(client.name), plain(user.name)),
            EMAIL: (contact(client.email), contact(user.email)),
            PHONE: (contact(client.phone), contact(user.phone)),
        }
        yield from (why for why, (on_file, theirs) in facts.items() if on_file and on_file == theirs)


def _may_read(staff: Staff, ties: Ties, seen: set[int]) -> bool:
    """A login that leads nowhere, or to a colleague's client as well, is for those who see all accounts."""
    return staff.role != StaffRole.THERAPIST or (bool(ties) and all(account.id in seen for account in ties))


def _proposal(user: User, ties: Ties, by_client: dict[Account, list[Client]], today: date) -> Proposal:
    [(account, why)] = ties.items()
    client = _self(user, by_client[account], today) if account.kind != AccountKind.JOINT else None
    role = LinkRole.SELF if client else LinkRole.GUARANTOR
    return Proposal(user, account, role, client, tuple(word for word in (NAME, EMAIL, PHONE) if word in why))


def _self(user: User, clients: list[Client], today: date) -> Client | None:
    """The account's only client, if known to be an adult and of this name."""
    is_it = len(clients) == 1 and plain(clients[0].name) == plain(user.name) and is_grown_up(clients[0], today)
    return clients[0] if is_it else None
