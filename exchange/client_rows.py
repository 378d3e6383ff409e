"""Rows of people who receive care."""

from billing import formats
from billing.stamp import Stamp
from exchange import cells, people
from exchange.known import Known
from exchange.mapping import Column
from exchange.rows import Row
from models import AccountClient, Agreement, BreakGlass, Charge, Client, Document, Invite, Link
from words import LANGUAGES

RELATIONS = ("self", "spouse", "child", "other")
DX = tuple(f"dx{number}" for number in range(1, 13))
COLUMNS = (
    Column("client_id", cells.text(64), required=True),
    Column("first_name", cells.text(80), required=True),
    Column("last_name", cells.text(80), required=True),
    Column("date_of_birth", cells.past_day, required=True, dated=True),
    Column("email", cells.typed(formats.email)),
    Column("phone", cells.typed(formats.phone)),
    Column("address_line1", cells.text(120)),
    Column("address_line2", cells.text(120)),
    Column("city", cells.text(80)),
    Column("state", cells.typed(formats.state)),
    Column("zip", cells.typed(formats.zip_code)),
    Column("provider_npi", cells.shaped(formats.npi, "bad_npi")),
    Column("language", cells.word(*LANGUAGES)),
    Column("medicare", cells.yes),
    Column("medicaid", cells.yes),
    Column("plan", cells.text(120)),
    Column("member_id", cells.text(40)),
    Column("group_no", cells.text(40)),
    Column("insured_name", cells.text(120)),
    Column("relation", cells.word(*RELATIONS)),
    *(Column(name, cells.typed(formats.diagnosis)) for name in DX),
    Column("active", cells.yes),
)
EITHER = ()
KEY = ("client_id",)
EXAMPLE = {
    "client_id": "C-17", "first_name": "Ana", "last_name": "Delgado-Demo", "date_of_birth": "1987-04-12",
    "email": "ana@example.com", "phone": "(312) 555-0142", "address_line1": "18 Harbor Street", "city": "Chicago",
    "state": "IL", "zip": "60601", "provider_npi": "", "language": "en", "medicare": "no", "medicaid": "no",
    "plan": "", "relation": "", "dx1": "", "active": "yes",
}  # fmt: skip
ELSEWHERE = ("provider_npi", "active", *DX)  # no columns of ours by themselves
HERE = {
    "client_id": "external_id", "address_line1": "line1", "address_line2": "line2", "group_no": "plan_group",
    "relation": "insured_relation",
}  # fmt: skip
DEPENDING = {
    "account": AccountClient,
    "charge": Charge,
    "paper": Document,
    "link": Link,
    "invite": Invite,
    "agreement": Agreement,
    "glass": BreakGlass,
}


def resolve(row: Row, known: Known) -> None:
    """A client by external id; one entered by hand is known by name and day of birth, and gets the id."""
    values = row.values
    row.facts = {HERE.get(name, name): value for name, value in values.items() if name not in ELSEWHERE}
    if dx := [values[name] for name in DX if name in values]:
        row.facts["dx"] = list(dict.fromkeys(dx))
    if "active" in values:
        row.facts["inactive"] = not values["active"]
    if npi := values.get("provider_npi"):
        row.facts["provider"] = row.ask("provider_npi", known.provider, npi)
    row.content = people.content(row)
    if not row.sound("client_id"):
        return
    id = known.known_client(values["client_id"]) or _by_hand(row, known)
    if id:
        row.stands = f"client:{id}"
        row.changes = people.differences(Client.get_by_id(id), row.facts)


def together(rows: list[Row], known: Known) -> None:
    """Clients stand by themselves."""


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    return [people.kept(Client, row) for row in rows]


def withdraw(made: dict[str, int]) -> None:
    Client.delete().where(Client.id == made["client"]).execute()


def standing(made: dict[str, int]) -> str:
    """Why a client cannot be withdrawn: what something else says of them."""
    for why, model in DEPENDING.items():
        if model.select().where(model.client == made["client"]).exists():
            return why
    return ""


def shown(row: Row) -> str:
    return f"{row.values['first_name']} {row.values['last_name']}"


def _by_hand(row: Row, known: Known) -> int | None:
    found = [each for each in known.same_person(row.values) if each.external_id is None]
    if len(found) > 1:
        row.refuse("client_id", "ambiguous_client", name=shown(row))
    return int(found[0].id) if len(found) == 1 else None
