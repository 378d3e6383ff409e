"""What staff decides about one person and one account: two questions asked apart, a role, and on what ground."""

from collections.abc import Iterable
from dataclasses import dataclass

from wtforms import RadioField, SelectField, StringField

from choices import LinkRole, Right
from identity import links
from identity.links import Health, Money
from models import Account, Client, Link
from views.context import say
from views.practice.forms import LabelledForm, ReasonForm, text_field

LABELS = {
    "role": "pr.link.role", "money": "pr.link.who", "health": "pr.link.health", "client": "pr.link.client",
    "basis": "pr.link.basis",
}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What was decided, as a link takes it."""

    role: LinkRole
    rights: tuple[Right, ...]
    client: Client | None
    basis: str


class RightsForm(LabelledForm):
    """Of a link there is already: how much this person may see and do. No answer is chosen beforehand for a new one."""

    labels = LABELS
    money = RadioField()
    health = RadioField()
    client = SelectField(default="")

    def __init__(self, account: Account, clients: Iterable[Client], *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.account, self.clients = account, {client.key: client for client in clients}
        self.money.choices = [(word.value, say(f"pr.link.who.{word}")) for word in Money]
        self.health.choices = [(word.value, say(f"pr.link.health.{word}")) for word in Health]
        self.client.choices = [("", say("pr.link.nobody"))]
        self.client.choices += [(key, client.name) for key, client in self.clients.items()]

    def load(self, link: Link) -> None:
        """Show what holds now."""
        self.money.data, self.health.data = links.money_of(link.rights), links.health_of(link.rights)
        self.client.data = link.client.key if link.client else ""

    def decided(self, role: LinkRole, basis: str) -> Terms:
        """Of a valid form. Raises LinkRefused: such a link may not be."""
        rights = links.rights_for(role, self.account, Money(self.money.data), Health(self.health.data))
        client = self.clients.get(self.client.data) or links.own_client(self.account, role)
        links.check(self.account, role, rights, client)
        return Terms(role, rights, client, basis)


class LinkForm(RightsForm):
    """A new link."""

    role = RadioField()
    basis = text_field()

    def __init__(self, account: Account, clients: Iterable[Client], *args: object, **kwargs: object) -> None:
        super().__init__(account, clients, *args, **kwargs)
        self.role.choices = [(role.value, say(f"pr.link.role.{role}")) for role in LinkRole]

    def terms(self) -> Terms:
        """Of a valid form. Raises LinkRefused, FieldRefused."""
        return self.decided(LinkRole(self.role.data), links.check_basis(self.basis.data))


class InviteForm(LinkForm):
    """A new link for someone who has no login yet."""

    labels = LABELS | {name: f"pr.link.{name}" for name in ("name", "email", "phone", "language")}
    name: StringField = text_field()
    email = text_field()
    phone = text_field()
    language = SelectField()

    def __init__(self, account: Account, clients: Iterable[Client], *args: object, **kwargs: object) -> None:
        super().__init__(account, clients, *args, **kwargs)
        self.language.choices = [("en", "English"), ("es", "Español")]


class EndForm(ReasonForm):
    """Why a link ends, for staff."""

    labels = {"reason": "pr.link.reason"}


class FindForm(LabelledForm):
    """Looking for the person and the account of a new link."""

    labels = {"person": "pr.link.find.person", "account": "pr.link.find.account"}
    person = text_field()
    account = text_field()
