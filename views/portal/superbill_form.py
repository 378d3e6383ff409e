"""What a client chooses for a superbill: for whom, from which day to which, by which therapist."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask import abort, url_for
from wtforms import DateField, SelectField, ValidationError

from billing.access import patients
from billing.superbills import Wanted
from choices import ChargeKind
from models import Account, Charge, Client, Document, Provider, User
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
    """The form with the choices of one user, and the superbill it asks for."""

    def __init__(self, user: User, typed: Mapping[str, Any] | None) -> None:
        self.pairs = {_key(account, client): (account, client) for account, client in patients(user)}
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


def again(document: Document) -> str:
    """Where the same superbill is made once more, from what is on file now."""
    return url_for(
        "portal.documents.superbill", whom=_key(document.account, document.client), from_on=document.from_on,
        to_on=document.to_on, provider=document.provider.key if document.provider else EVERYONE,
    )  # fmt: skip


def of_visits(user: User, charges: Iterable[Charge]) -> str:
    """Where a superbill of these visits is made: of one client, from the first day to the last.

    Of the last month when no visit is among them, and empty for a user who may have no superbill.
    """
    able = {(account.id, client.id) for account, client in patients(user)}
    theirs = [each for each in charges if each.kind == ChargeKind.SERVICE and (each.account_id, each.client_id) in able]
    visits = [each for each in theirs if each.client_id == theirs[0].client_id]
    return url_for("portal.documents.superbill", **_about(visits)) if able else ""


def _about(visits: Sequence[Charge]) -> dict[str, Any]:
    if not visits:
        return {}
    days, by = [str(each.service_date) for each in visits], {each.provider for each in visits}
    provider = by.pop() if len(by) == 1 else None
    whom, who = _key(visits[0].account, visits[0].client), provider.key if provider else EVERYONE
    return {"whom": whom, "from_on": min(days), "to_on": max(days), "provider": who}


def _key(account: Account, client: Client) -> str:
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
