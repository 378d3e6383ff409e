"""The practice's charges as a file, by date of service: what each costs and what of it is open. No diagnosis."""

from typing import Any

from peewee import JOIN

from billing.sheets import Cell
from exchange.outgoing import Asked, Sheet, read
from exchange.posting_file import charge_id, client_id, external_id, open_after
from models import Account, Charge, Client, Entry, Provider
from money import plain_dollars

HEADER = [
    "Charge ID", "External Charge ID", "Account ID", "Client ID", "External Client ID", "Service Date", "Kind", "Label",
    "Code", "Modifiers", "Units", "Provider NPI", "Payer", "Amount", "Open",
]  # fmt: skip
NAMES = ["Guarantor", "Client"]


def sheet(asked: Asked) -> Sheet:
    """The charges of these days of service, as they stand now."""
    rows = Charge.select().where(asked.days(Charge.service_date) & Charge.id.in_(_posted(asked)))
    found = (_cells(row, asked) for row in read(_with_facts(rows, asked)))
    return Sheet([*HEADER, *(NAMES if asked.names else [])], rows.count(), found)


def _posted(asked: Asked) -> Any:
    return Entry.select(Entry.charge_id).where((Entry.kind == "charge") & (Entry.id <= asked.until))


def _with_facts(rows: Any, asked: Asked) -> Any:
    rows = rows.join(Account).join_from(Charge, Client).join_from(Charge, Provider, JOIN.LEFT_OUTER)
    return rows.select(
        Charge.id, Charge.service_date, Charge.kind, Charge.label, Charge.code, Charge.modifiers, Charge.units,
        Charge.payer, Charge.amount, Account.number, Account.guarantor_name.alias("guarantor"),
        Client.id.alias("client"), Client.external_id, Client.first_name, Client.last_name, Provider.npi,
        external_id().alias("external_charge"), open_after(asked.until).alias("open"),
    ).order_by(Charge.service_date, Charge.id)  # fmt: skip


def _cells(row: Any, asked: Asked) -> list[Cell]:
    who = [row.guarantor, f"{row.first_name} {row.last_name}"] if asked.names else []
    return [
        charge_id(row.id), row.external_charge, row.number, client_id(row.client), row.external_id, row.service_date,
        row.kind, row.label, row.code, " ".join(row.modifiers), str(row.units), row.npi, row.payer,
        plain_dollars(row.amount), plain_dollars(row.open), *who,
    ]  # fmt: skip
