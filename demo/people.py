"""The people of the demo: practice, providers, staff, clients, accounts, logins, links and saved cards."""

from datetime import datetime
from typing import Any

from billing.consents import agree_to_keep_card
from choices import LinkRole
from demo import codes
from demo.dates import Calendar
from identity.links import own_client
from identity.whose import Person
from models import (
    Account,
    AccountClient,
    Agreement,
    Client,
    Diagnosis,
    Fee,
    Link,
    Practice,
    Provider,
    Row,
    SavedCard,
    Staff,
    User,
)

Given = dict[str, Any]


class People:
    """`named` maps the ids of practice.json ("A01", "U-ana") to their rows."""

    def __init__(self, calendar: Calendar, password_hash: str, now: datetime) -> None:
        self.calendar = calendar
        self.password_hash = password_hash
        self.now = now
        self.named: dict[str | None, Any] = {None: None}

    def move_in(self, given: Given) -> None:
        Practice.create(id=1, **given["practice"])
        self._each(given["providers"], self._provider)
        self._each(given["staff"], self._staff)
        Fee.insert_many(given["fees"]).execute()
        Diagnosis.insert_many(given["diagnoses"]).execute()
        self._each(given["clients"], self._client)
        for row in given["agreements"]:
            self._agreement(row)
        self._each(given["accounts"], self._account)
        self._each(given["users"], self._user)
        for row in given["links"]:
            self._link(row)
        for row in given["cards"]:
            self._card(row)

    def _each(self, rows: list[Given], make: Any) -> None:
        for row in rows:
            self.named[row["id"]] = make({name: value for name, value in row.items() if name != "id"})

    def _provider(self, row: Given) -> Row:
        return Provider.create(**row | {"supervisor": self.named[row["supervisor"]]})

    def _staff(self, row: Given) -> Row:
        return self._equipped(
            Staff.create(**row | {"provider": self.named[row["provider"]]}, password_hash=self.password_hash)
        )

    def _client(self, row: Given) -> Row:
        return Client.create(**row | {"provider": self.named[row["provider"]]})

    def _agreement(self, row: Given) -> None:
        fee = Fee.get(Fee.fee_key == row["fee"])
        facts = {"client": self.named[row["client"]], "fee": fee, "by": f"staff:{self.named[row['by']].id}"}
        dates = {"from_on": self.calendar.day(row["from_on"]), "at": self.calendar.instant(row["at"])}
        Agreement.create(**row | facts | dates)

    def _account(self, row: Given) -> Row:
        clients = row.pop("clients")
        account = Account.create(**row)
        for client in clients:
            AccountClient.create(account=account, client=self.named[client])
        return account

    def _user(self, row: Given) -> Row:
        # The sandbox's vault is filled by the same name, also when the demo is loaded again.
        vault_id = "c-demo-" + row["email"].partition("@")[0]
        return self._equipped(User.create(**row, vault_id=vault_id, password_hash=self.password_hash))

    def _equipped(self, person: Person) -> Person:
        codes.equip(person, self.now)
        return person

    def _link(self, row: Given) -> None:
        ended = row.get("ended_at")
        facts = {name: self.named[row[name]] for name in ("user", "account", "approved_by")}
        facts["client"] = own_client(facts["account"], LinkRole(row["role"]))
        dates = {
            "from_on": self.calendar.day(row["from_on"]),
            "ended_at": self.calendar.instant(ended) if ended else None,
        }
        Link.create(**row | facts | dates)

    def _card(self, row: Given) -> None:
        user, kept_at = self.named[row["user"]], self.calendar.instant(row.pop("kept_at"))
        exp_month, exp_year = self.calendar.month(row.pop("expires"))
        consent = agree_to_keep_card(user, user.language, "", row["token"], kept_at)
        self.named[row["token"]] = SavedCard.create(
            **row | {"user": user}, exp_month=exp_month, exp_year=exp_year, consent=consent
        )
