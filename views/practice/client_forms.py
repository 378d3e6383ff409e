"""Forms of clients and accounts: text becomes types; what may be kept is decided in billing."""

from typing import Any, Self

from wtforms import BooleanField, DateField, SelectField
from wtforms.validators import Optional

from billing import staffing
from billing.clients import ACCOUNT_RULES, CLIENT_RULES, RELATIONS, SEXES, next_number
from billing.staffing import Act
from choices import AccountKind, StaffRole
from models import Account, Client, Provider, Staff
from views.context import say
from views.practice.forms import LabelledForm, text_field
from words import LANGUAGES

ON_FILE = (
    "date_of_birth", "line1", "line2", "city", "state", "zip", "member_id", "plan_group", "insured_name",
)  # fmt: skip
ADDRESS = ("line1", "line2", "city", "state", "zip")
NAMES = {"en": "English", "es": "Español"}


class ClientForm(LabelledForm):
    """Who a client is. A therapist's clients are their own: the form does not ask whose."""

    labels = {name: f"pr.client.{name}" for name in (*CLIENT_RULES, *ACCOUNT_RULES)}
    first_name = text_field()
    last_name = text_field()
    date_of_birth = DateField(validators=[Optional()])
    provider = SelectField(default="", validate_choice=False)
    language = SelectField(default="", validate_choice=False)
    phone = text_field()
    email = text_field()
    line1 = text_field()
    line2 = text_field()
    city = text_field()
    state = text_field()
    zip = text_field()
    sex = SelectField(default="", validate_choice=False)
    medicare = BooleanField()
    medicaid = BooleanField()
    plan = text_field()
    member_id = text_field()
    plan_group = text_field()
    insured_relation = SelectField(default="", validate_choice=False)
    insured_name = text_field()
    external_id = text_field()
    inactive = BooleanField()

    def __init__(self, staff: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.staff = staff
        self.language.choices = [(word, NAMES[word]) for word in LANGUAGES]
        self.sex.choices = _words("sex", SEXES)
        self.insured_relation.choices = _words("relation", RELATIONS)
        nobody = ("", say("pr.prov.nobody"))
        self.provider.choices = [nobody, *((each.key, each.name) for each in Provider.select().order_by(Provider.name))]
        if staff.role == StaffRole.THERAPIST:
            del self.provider

    def without_file(self) -> Self:
        """For who may keep clients, and not read what is on file for the insurer."""
        for name in ON_FILE:
            del self[name]
        return self

    def load(self, client: Client) -> None:
        """Show what is kept now."""
        for field in self:
            field.data = getattr(client, field.name)
        if self.provider:
            self.provider.data = client.provider.key if client.provider else ""

    def kept(self) -> dict[str, Any]:
        return {field.name: field.data for field in self if field.name in CLIENT_RULES}


class NewClientForm(ClientForm):
    """With who pays, unless the account is there already."""

    guarantor_name = text_field()
    number = text_field()

    def __init__(self, staff: Staff, account: Account | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(staff, *args, **kwargs)
        del self.inactive
        if account:
            del self.guarantor_name, self.number
        else:
            self.number.data = self.number.data or next_number()

    def kept(self) -> dict[str, Any]:
        """A therapist's new client is in their own care."""
        own = {} if self.provider else {"provider": self.staff.provider.key}
        return {**super().kept(), **own}

    def account(self, client: Client) -> dict[str, Any]:
        """Facts of the new client's own account; nobody named, the client pays."""
        name = self.guarantor_name.data.strip() or client.name
        return {"number": self.number.data, "guarantor_name": name, "kind": str(AccountKind.SINGLE)}


class AccountForm(LabelledForm):
    """Who pays, how to reach them, and what kind of account it is."""

    labels = {name: f"pr.client.{name}" for name in ACCOUNT_RULES}
    guarantor_name = text_field()
    number = text_field()
    kind = SelectField(default="", validate_choice=False)
    phone = text_field()
    email = text_field()
    line1 = text_field()
    line2 = text_field()
    city = text_field()
    state = text_field()
    zip = text_field()

    def __init__(self, staff: Staff, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not staffing.may(staff, Act.SEE_ON_FILE):
            for name in ADDRESS:
                del self[name]
        self.kind.choices = [(str(kind), say(f"pr.client.kind.{kind}")) for kind in AccountKind]

    def load(self, account: Account) -> None:
        """Show what is kept now."""
        for field in self:
            field.data = getattr(account, field.name)

    def kept(self) -> dict[str, Any]:
        return {field.name: field.data for field in self}


class OneClientForm(LabelledForm):
    """A client by name."""

    labels = {"client": "pr.client.name"}
    client = text_field()


def _words(kind: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    return [("", say("pr.any.none")), *((word, say(f"pr.client.{kind}.{word}")) for word in words)]
