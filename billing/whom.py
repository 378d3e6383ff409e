"""Whose care a service is charged for, and to which account: found by what staff types."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from billing import staffing
from billing.clients import LONGEST, MOST_WORDS
from billing.errors import BillingError
from billing.payment_filters import matches
from choices import StaffRole
from models import Account, AccountClient, Client, Staff

OFFERED = 200  # as many as a page offers beforehand; others are typed
TOLD_APART = 8
DOT = " · "


class Whom(NamedTuple):
    """A client on an account."""

    account: Account
    client: Client

    @property
    def text(self) -> str:
        """As staff reads and types it; two accounts of one client differ by their numbers."""
        return f"{self.client.name}{DOT}{self.account.number}"

    @property
    def key(self) -> str:
        return f"{self.account.key}.{self.client.key}"


class WhomRefused(BillingError):
    """Nobody, or more than one, is called that."""

    field = "client"


def offered(staff: Staff) -> list[Whom]:
    """Clients in care about whom this person decides, by name; the first two hundred."""
    return _rows(_mine(staff).where(~Client.inactive).limit(OFFERED))


def find(staff: Staff, typed: str) -> Whom:
    """The one client whose name and account number hold every word of `typed`.

    Raises:
        WhomRefused: nothing typed, nobody found, or several.
    """
    words = typed[:LONGEST].replace(DOT.strip(), " ").replace(",", " ").split()
    if not words:
        raise WhomRefused("pr.err.needed")
    found = _exactly(staff, typed.strip()) or _with_words(staff, words[:MOST_WORDS])
    if len(found) != 1:
        raise WhomRefused("pr.svc.err.several" if found else "pr.svc.err.nobody")
    return found[0]


def account(typed: str) -> Account:
    """The account of this number, or the only one that this text may mean; as `Whom.text` has it, too.

    Raises:
        WhomRefused: nobody, or several.
    """
    text = typed[:LONGEST].strip()
    known: Account | None = Account.get_or_none(Account.number == text.rpartition(DOT)[2])
    found = [known] if known else list(Account.select().where(matches(text)).limit(2))
    if len(found) != 1:
        raise WhomRefused("pr.import.pick.several" if found else "pr.import.pick.nobody")
    return found[0]


def by_key(staff: Staff, key: str) -> Whom | None:
    """The pair with these two public keys, if this person decides about it."""
    account, _, client = key.partition(".")
    return next(iter(_rows(_mine(staff).where((Account.key == account) & (Client.key == client)))), None)


def _exactly(staff: Staff, text: str) -> list[Whom]:
    """Who is called just that, as it is offered; a number may be of several words."""
    rows = _rows(_mine(staff).where(Account.number == text.rpartition(DOT)[2]))
    return [whom for whom in rows if whom.text.casefold() == text.casefold()]


def _with_words(staff: Staff, words: list[str]) -> list[Whom]:
    query = _mine(staff)
    for word in words:
        query = query.where(
            Client.first_name.contains(word) | Client.last_name.contains(word) | (Account.number == word)
        )
    return _rows(query.limit(TOLD_APART))


def _mine(staff: Staff) -> Any:
    query = AccountClient.select(AccountClient, Account, Client).join(Account).switch(AccountClient).join(Client)
    if staff.role == StaffRole.THERAPIST:
        query = query.where(staffing.own(staff))
    return query.order_by(Client.first_name, Client.last_name, Account.number)


def _rows(query: Any) -> list[Whom]:
    return [Whom(row.account, row.client) for row in query]


def accounts_of(clients: Iterable[int]) -> list[int]:
    """The ids of the accounts that these clients (by id) are on."""
    query = AccountClient.select(AccountClient.account).where(AccountClient.client.in_(list(clients))).distinct()
    return [row.account_id for row in query]
