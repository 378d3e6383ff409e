"""What is chosen for a superbill, by a client or by staff: for whom, from which day to which, by which therapist."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import abort
from wtforms import DateField, SelectField, ValidationError

from billing.superbills import Wanted
from models import Account, Charge, Client, Provider
from views.context import say, today
from views.forms import Form

DAY_FORMATS = ["%Y-%m-%d", "%m/%d/%Y"]  # what browsers send, and what people type where there is no date picker
EVERYONE = "all"


class DayField(DateField):
    """A day; anything else is refused with the field's own sentence, a catalogue key."""

    def __init__(self, refusal: str, **options: Any) -> None:
        self.refusal = refusal
        super().__init__(format=DAY_FORMATS, **options)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata([text.strip() for text in valuelist])
        except ValueError:
            raise ValueError(self.refusal) from None

    def pre_validate(self, form: Form) -> None:
        if self.data is None and not self.errors:
            raise ValidationError(self.refusal)


class SuperbillForm(Form):
    """`whom` names an account and a client of it; which there are depends on the reader."""

    whom = SelectField()
    from_on = DayField("docs.sb.from.err")
    to_on = DayField("docs.sb.to.err")
    provider = SelectField()

    def validate_to_on(self, field: DateField) -> None:
        if field.data and self.from_on.data and field.data < self.from_on.data:
            raise ValidationError("docs.sb.order.err")


class SuperbillChoice:
    """The form with the clients that the reader may choose among, and the superbill it asks for."""

    def __init__(self, pairs: Iterable[tuple[Account, Client]], typed: Mapping[str, Any] | None) -> None:
        self.pairs = {key_of(account, client): (account, client) for account, client in pairs}
        if not self.pairs:
            abort(404)  # without the right there is no such page
        self.providers = {provider.key: provider for provider in _providers(self.pairs.values())}
        self.form = SuperbillForm(typed, **_last_month(today()), provider=self._usual_provider())
        self.form.whom.choices = [
            (key, _name(account, client, self.pairs)) for key, (account, client) in self.pairs.items()
        ]
        everyone = (EVERYONE, say("docs.sb.all"))
        self.form.provider.choices = [*((key, row.signature) for key, row in self.providers.items()), everyone]

    def wanted(self) -> Wanted:
        """What a valid form asks for."""
        account, client = self.pairs[self.form.whom.data]
        provider = self.providers.get(self.form.provider.data)
        return Wanted(account, client, self.form.from_on.data, self.form.to_on.data, provider)

    def _usual_provider(self) -> str:
        """One superbill per therapist is usual: the first client's own."""
        client = next((client for _, client in self.pairs.values()), None)
        own = client.provider.key if client and client.provider else ""
        return own if own in self.providers else next(iter(self.providers), EVERYONE)


def key_of(account: Account, client: Client) -> str:
    """How the form names the two together."""
    return f"{account.key}.{client.key}"


def _providers(pairs: Any) -> list[Provider]:
    """Who gave these clients care on these accounts, by name."""
    accounts, clients = {account.id for account, _ in pairs}, {client.id for _, client in pairs}
    theirs = Charge.account.in_(list(accounts)) & Charge.client.in_(list(clients))
    return list(Provider.select().join(Charge).where(theirs).distinct().order_by(Provider.name))


def _last_month(on: date) -> dict[str, date]:
    last = on.replace(day=1) - timedelta(days=1)
    return {"from_on": last.replace(day=1), "to_on": last}


def _name(account: Account, client: Client, pairs: Mapping[str, tuple[Account, Client]]) -> str:
    """The client's first name; with the account's number when the client is on more than one."""
    alone = sum(other.id == client.id for _, other in pairs.values()) == 1
    return str(client.first_name) if alone else f"{client.first_name} · {account.number}"
