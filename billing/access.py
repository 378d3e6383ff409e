"""Who may see and pay what. Every read starts from the signed-in user's live links.

Lookups raise `peewee.DoesNotExist` for another person's object, so that strangers read "not found", never "forbidden".
"""

from dataclasses import dataclass

from choices import Right
from models import Account, Charge, Link, User
from words import say


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


def live_links(user: User) -> list[Link]:
    """The links of this user that have not ended, with their accounts."""
    live = (Link.user == user) & Link.ended_at.is_null()
    return list(Link.select(Link, Account).join(Account).where(live).order_by(Account.number))


def reader(user: User) -> Reader:
    return Reader(user, tuple(live_links(user)))


def account(user: User, key: str, right: Right) -> Account:
    """The account with this key if a live link gives `right` on it; else `DoesNotExist`."""
    for link in live_links(user):
        if link.account.key == key and link.allows(right):
            return link.account
    raise Account.DoesNotExist(key)


def rights(user: User, account: Account) -> frozenset[Right]:
    """Everything the user's live links allow on this account."""
    words = {word for link in live_links(user) if link.account_id == account.id for word in link.rights}
    return frozenset(Right(word) for word in words)
