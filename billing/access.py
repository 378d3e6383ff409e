"""Who may see and pay what. Every read starts from the signed-in user's live links.

Lookups raise `peewee.DoesNotExist` for another person's object, so that strangers read "not found", never "forbidden".
"""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from choices import LinkRole, Right
from models import Account, AccountClient, Charge, Client, Link, User
from words import say

# Who acts or pays for somebody else never learns of care that this person consented to alone (45 CFR 164.502(g)(3)).
OUTSIDERS = (LinkRole.REPRESENTATIVE, LinkRole.GUARANTOR)


@dataclass(frozen=True)
class Reader:
    """One user with the links that are live now; asks no further queries."""

    user: User
    links: tuple[Link, ...]

    @property
    def accounts(self) -> list[Account]:
        """Accounts whose balance this user may see, by number."""
        return self.allowed(Right.BALANCE)

    def allowed(self, right: Right) -> list[Account]:
        found = {link.account_id: link.account for link in self.links if link.allows(right)}
        return sorted(found.values(), key=lambda account: account.number)

    def may(self, account: Account | int, right: Right) -> bool:
        id = account if isinstance(account, int) else account.id
        return any(link.account_id == id and link.allows(right) for link in self.links)

    def charge_label(self, charge: Charge, language: str) -> str:
        """What the service was, or just "Visit" for a reader without the services right."""
        return charge.label_in(language) if self.may(charge.account_id, Right.SERVICES) else say("sel.visit", language)

    def client_name(self, charge: Charge) -> str:
        return charge.client.first_name if self.may(charge.account_id, Right.SERVICES) else ""

    def provider_name(self, charge: Charge) -> str:
        seen = charge.provider_id and self.may(charge.account_id, Right.PROVIDER)
        return charge.provider.name if seen else ""


def live() -> Any:
    """The condition that a link opens something now.

    Nobody can link a representative or guarantor to an account with a confidential charge, nor the other way round.
    Should the rows say so all the same, that link opens nothing.
    """
    confidential = Charge.select(Charge.id).where((Charge.account == Link.account) & Charge.confidential)
    return Link.ended_at.is_null() & (Link.role.not_in(OUTSIDERS) | ~fn.EXISTS(confidential))


def live_links(user: User) -> list[Link]:
    """The links of this user that are live, with their accounts."""
    mine = Link.select(Link, Account).join(Account).where((Link.user == user) & live())
    return list(mine.order_by(Account.number))


def users_with(right: Right, account: Account) -> list[User]:
    """The logins whose live links give `right` on this account, each once."""
    links = Link.select(Link, User).join(User).where((Link.account == account) & live())
    return list({link.user_id: link.user for link in links if link.allows(right)}.values())


def last_links(user: User, account: int) -> list[Link]:
    """The live links of this user to one account (by id), or those that ended last when none is live."""
    found = [link for link in live_links(user) if link.account_id == account]
    ended = Link.select().where((Link.user == user) & (Link.account == account) & Link.ended_at.is_null(False))
    past = [] if found else list(ended.order_by(Link.ended_at.desc()))
    return found or [link for link in past if link.ended_at == past[0].ended_at]


def patients(user: User) -> list[tuple[Account, Client]]:
    """Whose superbills this user may have: clients of accounts with that right, each as far as the link reaches."""
    links = [link for link in live_links(user) if link.allows(Right.SUPERBILLS)]
    rows = AccountClient.select(AccountClient, Account, Client).join(Account).switch(AccountClient).join(Client)
    rows = rows.where(AccountClient.account.in_([link.account_id for link in links]))
    pairs = [(row.account, row.client) for row in rows.order_by(Account.number, AccountClient.id)]
    alone = [account.id for account, _ in pairs]
    return [(a, c) for a, c in pairs if any(_reaches(link, a, c, alone.count(a.id) == 1) for link in links)]


def reader(user: User) -> Reader:
    return Reader(user, tuple(live_links(user)))


def account(user: User, key: str, right: Right) -> Account:
    """The account with this key if a live link gives `right` on it; else `DoesNotExist`."""
    for link in live_links(user):
        if link.account.key == key and link.allows(right):
            return link.account
    raise Account.DoesNotExist(key)


def _reaches(link: Link, account: Account, client: Client, alone: bool) -> bool:
    """Whether a link with the right to superbills is about this client, the account's only one when `alone`."""
    if link.account_id != account.id:
        return False
    if link.client_id:
        return bool(link.client_id == client.id)
    return link.role == LinkRole.REPRESENTATIVE or (alone and link.role in (LinkRole.SELF, LinkRole.MINOR))


def rights(user: User, account: Account) -> frozenset[Right]:
    """Everything the user's live links allow on this account."""
    words = {word for link in live_links(user) if link.account_id == account.id for word in link.rights}
    return frozenset(Right(word) for word in words)
