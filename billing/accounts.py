"""Accounts as staff see them: a searchable list with figures, and who stands behind one account."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from billing import staffing
from billing.figures import AccountFigures, ChargeFigures
from billing.ledger import account_figures, charge_figures
from billing.staffing import Panel
from billing.transactions import matches
from models import Account, AccountClient, Client, Link, Staff, User
from money import Cents

PER_PAGE = 50


@dataclass(frozen=True)
class AccountRow:
    """One line of the list."""

    account: Account
    clients: list[Client]
    figures: AccountFigures
    users: int


@dataclass(frozen=True)
class AccountListing:
    """One page of the list of `count` accounts; `due` is what they are asked for, where all are on this page."""

    rows: list[AccountRow]
    count: int
    due: Cents | None
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.count // PER_PAGE))


def listing(staff: Staff, text: str, page: int, now: datetime) -> AccountListing:
    """Accounts this person may see whose number, guarantor or client holds `text`, in six queries."""
    found, reading = staffing.accounts(staff, now), staffing.panel(staff, now)
    found = found.where(matches(text)) if text else found
    count = found.count()
    page = min(max(page, 1), max(1, -(-count // PER_PAGE)))
    shown = list(found.order_by(Account.guarantor_name, Account.number).paginate(page, PER_PAGE))
    figures, clients, users = account_figures(shown), clients_of(shown, reading), _users(shown)
    rows = [AccountRow(each, clients[each.id], figures[each.id], users[each.id]) for each in shown]
    due = sum(each.due for each in figures.values()) if count == len(rows) else None
    return AccountListing(rows, count, due, page)


def clients_of(accounts: list[Account], reading: Panel) -> dict[int, list[Client]]:
    """Account id -> its clients by name, of those whose care is read."""
    query = AccountClient.select(AccountClient, Client).join(Client).where(AccountClient.account.in_(accounts))
    found: dict[int, list[Client]] = defaultdict(list)
    for row in query.order_by(Client.first_name, Client.last_name):
        if reading.has(row.client):
            found[row.account_id].append(row.client)
    return found


def of_client(client: Client) -> list[Account]:
    """The accounts that this client's care is billed to, by number."""
    rows = Account.select().join(AccountClient).where(AccountClient.client == client)
    return list(rows.order_by(Account.number))


def links_of(account: Account) -> list[Link]:
    """The live links to this account with their users, by name."""
    query = Link.select(Link, User).join(User).where(Link.account == account, Link.ended_at.is_null())
    return list(query.order_by(User.name))


def unfinished(account: Account, reading: Panel) -> list[ChargeFigures]:
    """Charges with money still to come, of the care that is read."""
    return [row for row in charge_figures([account], unfinished=True) if reading.reads(row.charge)]


def _users(accounts: list[Account]) -> dict[int, int]:
    found: dict[int, int] = defaultdict(int)
    for link in Link.select(Link.account).where(Link.account.in_(accounts), Link.ended_at.is_null()):
        found[link.account_id] += 1
    return found
