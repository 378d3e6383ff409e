"""What is here already, as files name it: people, accounts, fees, clinicians. Each kind is read once per file."""

from functools import cached_property
from typing import Any

from choices import EntryKind, ImportKind, Method
from exchange.cells import Refused
from models import Account, AccountClient, Client, Entry, Fee, Imported, Link, Payment, Provider, User
from money import Cents

WHO = ("client_id", "client_name", "first_name", "last_name", "date_of_birth")  # fields by which a client is found


class Known:
    """Looks up ids by what files call them. Raises Refused with both facts when it is none or several."""

    @cached_property
    def _clients(self) -> dict[str, int]:
        rows = Client.select(Client.external_id, Client.id).where(Client.external_id.is_null(False))
        return dict(rows.tuples())

    @cached_property
    def _names(self) -> dict[tuple[str, str], list[Client]]:
        found: dict[tuple[str, str], list[Client]] = {}
        columns = (Client.id, Client.first_name, Client.last_name, Client.date_of_birth, Client.external_id)
        for each in Client.select(*columns):
            found.setdefault((each.first_name, each.last_name), []).append(each)
        return found

    @cached_property
    def accounts(self) -> dict[str, int]:
        """Number -> id."""
        return dict(Account.select(Account.number, Account.id).tuples())

    @cached_property
    def pairs(self) -> dict[tuple[int, int], int]:
        """Account and client -> the row that puts them together."""
        rows = AccountClient.select(AccountClient.account, AccountClient.client, AccountClient.id)
        return {(account, client): id for account, client, id in rows.tuples()}

    @cached_property
    def fees(self) -> dict[str, Fee]:
        return {fee.fee_key: fee for fee in Fee.select()}

    @cached_property
    def outside_payments(self) -> set[tuple[int, Cents, str]]:
        """Account, amount and the other site's id of what was paid elsewhere and stands."""
        void = Entry.alias()
        gone = void.select(void.payment).where(void.kind == EntryKind.VOID)
        rows = Entry.select(Entry.account, Entry.amount, Entry.reference).join(Payment)
        outside = (Entry.kind == EntryKind.PAYMENT) & (Payment.method == Method.EXTERNAL)
        return set(rows.where(outside & Entry.payment.not_in(gone)).tuples())

    def paid_before(self, source: str, identity: str) -> int | None:
        """The account of what a file of this source brought under this identity, and what stands."""
        same = (Imported.source == source) & (Imported.kind == ImportKind.PAY_LINK)
        standing = same & (Imported.identity_sha256 == identity) & Imported.undone_at.is_null()
        made = Imported.select(Imported.made).where(standing).scalar()
        return int(Payment.get_by_id(int(made.split(":")[1])).account_id) if made else None

    @cached_property
    def _providers(self) -> dict[str, int]:
        return dict(Provider.select(Provider.npi, Provider.id).where(Provider.npi != "").tuples())

    @cached_property
    def providers_of(self) -> dict[int, int | None]:
        """Client -> who treats them."""
        return dict(Client.select(Client.id, Client.provider).tuples())

    @cached_property
    def dx_of(self) -> dict[int, list[str]]:
        """Client -> their diagnoses, main first."""
        return {each.id: each.dx for each in Client.select(Client.id, Client.dx)}

    @cached_property
    def _whole_names(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for (first, last), people in self._names.items():
            for name in (f"{first} {last}", f"{last}, {first}"):
                found.setdefault(name, []).extend(each.id for each in people)
        return found

    @cached_property
    def _accounts_of(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for account, client in self.pairs:
            found.setdefault(client, set()).add(account)
        return found

    def client(self, values: dict[str, Any]) -> int:
        """By external id; a file without ids names first name, last name and day of birth exactly, or the whole name
        of a client whom nobody else here is called as."""
        if external := values.get("client_id"):
            if external not in self._clients:
                raise Refused("unknown_client", value=external)
            return self._clients[external]
        whole = values.get("client_name", "")
        found = self._whole_names.get(whole, []) if whole else [each.id for each in self.same_person(values)]
        name = whole or f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
        if not name:
            raise Refused("empty")
        if len(found) > 1:
            raise Refused("ambiguous_client", name=name)
        if not found:
            raise Refused("unknown_client", value=name)
        return found[0]

    def same_person(self, values: dict[str, Any]) -> list[Client]:
        """Clients of exactly this name and day of birth."""
        named = self._names.get((values.get("first_name", ""), values.get("last_name", "")), [])
        born = values.get("date_of_birth")
        return [each for each in named if born is not None and each.date_of_birth == born]

    def known_client(self, external: str) -> int | None:
        return self._clients.get(external)

    def account(self, number: str) -> int:
        if number not in self.accounts:
            raise Refused("unknown_account", value=number)
        return self.accounts[number]

    def account_for(self, values: dict[str, Any], client: int | None) -> int | None:
        """By its number; a file that names clients alone means the one account that a client is on."""
        number = values.get("account_id", "")
        if not number:
            return self.only_account(client) if client else None
        account = self.account(number)
        if client and (account, client) not in self.pairs:
            raise Refused("not_together", value=number)
        return account

    def accounts_of(self, client: int) -> frozenset[int]:
        return frozenset(self._accounts_of.get(client, ()))

    def only_account(self, client: int) -> int:
        """The account of a client who is on just one."""
        found = self.accounts_of(client)
        if len(found) != 1:
            raise Refused("several_accounts" if found else "no_account")
        return next(iter(found))

    def account_of_email(self, email: str) -> int:
        """The account that alone is linked to a login with this address."""
        linked = Link.select(Link.account).join(User).where((User.email == email.lower()) & Link.ended_at.is_null())
        found = {account for (account,) in linked.tuples()}
        if len(found) != 1:
            raise Refused("several_accounts" if found else "unknown_email")
        return int(found.pop())

    def fee(self, key: str) -> Fee:
        if key not in self.fees:
            raise Refused("unknown_fee", value=key)
        return self.fees[key]

    def provider(self, npi: str) -> int:
        if npi not in self._providers:
            raise Refused("unknown_provider", value=npi)
        return self._providers[npi]
