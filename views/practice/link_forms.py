"""What staff decides about one person and one account: two questions asked apart, a role, and on what ground."""

from collections.abc import Iterable
from dataclasses import dataclass

from wtforms import RadioField, SelectField, StringField

from choices import LinkRole, Right
from identity import links
from identity.links import Health, LinkRefused, Money
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
    """Of a link there is already: how much this person may see and do. No answer is chosen beforehand for a new one.

    `clients` are those of the account whom whoever decides may read; of others nobody is told, and for them nothing is
    opened. A link for one of those stays for that one.
    """

    labels = LABELS
    money = RadioField()
    health = RadioField()
    client = SelectField(default="")

    def __init__(self, account: Account, clients: Iterable[Client], link: Link | None = None) -> None:
        super().__init__()
        self.account, self.clients, self.link = account, {client.key: client for client in clients}, link
        self.money.choices = [(word.value, say(f"pr.link.who.{word}")) for word in Money]
        self.health.choices = [(word.value, say(f"pr.link.health.{word}")) for word in Health]
        self.client.choices = [(key, client.name) for key, client in self.clients.items()]
        self.client.choices.insert(0, ("", say("pr.link.nobody")))
        if self.strange:
            self.client.choices = [("", say("pr.link.another"))]

    @property
    def strange(self) -> Client | None:
        """Whom the link is for, when whoever decides may not read them."""
        client: Client | None = self.link.client if self.link else None
        return None if client is None or client.key in self.clients else client

    def load(self, link: Link) -> None:
        """Show what holds now."""
        self.money.data, self.health.data = links.money_of(link.rights), links.health_of(link.rights)
        self.client.data = link.client.key if link.client and not self.strange else ""

    def decided(self, role: LinkRole, basis: str) -> Terms:
        """Of a valid form. Raises LinkRefused: such a link may not be."""
        rights = links.rights_for(role, self.account, Money(self.money.data), Health(self.health.data))
        client = self.strange or self.clients.get(self.client.data) or links.own_client(self.account, role)
        links.check(self.account, role, rights, client)
        if self._opens_more(role, rights, client):
            raise LinkRefused("pr.link.err.others", field="client" if client is None else "health")
        return Terms(role, rights, client, basis)

    def _opens_more(self, role: LinkRole, rights: tuple[Right, ...], client: Client | None) -> bool:
        """Whether these terms open care of clients whom whoever decides may not read, and the link did not so far."""
        others = len(self.clients) < len(links.clients_of(self.account))
        for_others = client == self.strange if client else others and role == LinkRole.REPRESENTATIVE
        before = self.link.rights if self.link and self.link.client == client else ()
        return for_others and not {*rights} - links.OF_MONEY <= {*before}


class LinkForm(RightsForm):
    """A new link."""

    role = RadioField()
    basis = text_field()

    def __init__(self, account: Account, clients: Iterable[Client]) -> None:
        super().__init__(account, clients)
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

    def __init__(self, account: Account, clients: Iterable[Client]) -> None:
        super().__init__(account, clients)
        self.language.choices = [("en", "English"), ("es", "Español")]


class EndForm(ReasonForm):
    """Why a link ends, for staff."""

    labels = {"reason": "pr.link.reason"}


class FindForm(LabelledForm):
    """Looking for the person and the account of a new link."""

    labels = {"person": "pr.link.find.person", "whose": "pr.link.find.account"}
    person = text_field()
    whose = text_field()
