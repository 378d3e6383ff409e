"""Rows of billing accounts: one for each account and client; an account is never made up from a name."""

from typing import Any

from billing import formats
from billing.stamp import Stamp
from choices import AccountKind
from exchange import cells, people
from exchange.known import Known
from exchange.mapping import Column
from exchange.rows import Row
from models import Account, AccountClient, Attempt, Charge, Document, Invite, Link, Payment

COLUMNS = (
    Column("account_id", cells.text(64), required=True),
    Column("guarantor_name", cells.text(120), required=True),
    Column("guarantor_email", cells.typed(formats.email)),
    Column("guarantor_phone", cells.typed(formats.phone)),
    Column("guarantor_address_line1", cells.text(120)),
    Column("guarantor_address_line2", cells.text(120)),
    Column("guarantor_city", cells.text(80)),
    Column("guarantor_state", cells.typed(formats.state)),
    Column("guarantor_zip", cells.typed(formats.zip_code)),
    Column("client_id", cells.text(64), required=True),
    Column("kind", cells.word(*(str(kind) for kind in AccountKind))),
    Column("confidential", cells.yes),
)
EITHER = ()
KEY = ("account_id", "client_id")
EXAMPLE = {
    "account_id": "1024", "guarantor_name": "Ana Delgado-Demo", "guarantor_email": "ana@example.com",
    "guarantor_phone": "(312) 555-0142", "guarantor_address_line1": "18 Harbor Street", "guarantor_city": "Chicago",
    "guarantor_state": "IL", "guarantor_zip": "60601", "client_id": "C-17", "kind": "single",
}  # fmt: skip
HERE = {
    "guarantor_name": "guarantor_name", "guarantor_email": "email", "guarantor_phone": "phone",
    "guarantor_address_line1": "line1", "guarantor_address_line2": "line2", "guarantor_city": "city",
    "guarantor_state": "state", "guarantor_zip": "zip",
}  # fmt: skip
DEPENDING: dict[str, Any] = {
    "charge": Charge, "payment": Payment, "attempt": Attempt, "paper": Document, "link": Link, "invite": Invite,
}  # fmt: skip


def resolve(row: Row, known: Known) -> None:
    """An account by its number, with one of its clients."""
    values = row.values
    client = row.ask("client_id", known.client, values)
    if values.get("confidential"):
        row.refuse("confidential", "confidential")
    if row.problems:
        return
    row.facts = {"client": client, **{HERE[name]: value for name, value in values.items() if name in HERE}}
    row.facts |= {"kind": AccountKind(values["kind"])} if values.get("kind") else {}
    row.content = people.content(row)
    account = known.accounts.get(values["account_id"])
    if account:
        told = {name: value for name, value in row.facts.items() if name != "client"}
        row.changes = people.differences(Account.get_by_id(account), told)
        row.facts["account"] = account
        pair = known.pairs.get((account, client or 0))
        row.stands = f"account_client:{pair}" if pair else ""


def together(rows: list[Row], known: Known) -> None:
    """All rows of one account say the same of its guarantor."""
    first: dict[tuple[str, str], Row] = {}
    for row in rows:
        for name in (name for name in HERE if name in row.values and "account_id" in row.values):
            other = first.setdefault((row.values["account_id"], name), row)
            if other.values[name] != row.values[name]:
                row.refuse(name, "two_names", n=str(other.line))


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    return [_written(row) for row in rows]


def withdraw(made: dict[str, int]) -> None:
    AccountClient.delete().where(AccountClient.id == made["account_client"]).execute()
    if "account" in made:
        Account.delete().where(Account.id == made["account"]).execute()


def standing(made: dict[str, int]) -> str:
    """Why an account cannot be withdrawn, or a client not be taken off one."""
    pair = AccountClient.get_by_id(made["account_client"])
    if Charge.select().where((Charge.account == pair.account) & (Charge.client == pair.client)).exists():
        return "charge"
    account = made.get("account")
    found = (why for why, model in DEPENDING.items() if model.select().where(model.account == account).exists())
    return next(found, "") if account else ""


def shown(row: Row) -> str:
    return f"{row.values['account_id']} {row.values['guarantor_name']}"


def _written(row: Row) -> str:
    """The account when it is new, and the client on it."""
    made, number = [], row.values["account_id"]
    account = Account.get_or_none(Account.number == number)
    if account is None:
        told = {name: value for name, value in row.facts.items() if name != "client"}
        account = Account.create(number=number, **told)
        made.append(f"account:{account.id}")
    elif row.changes:
        Account.update({name: new for name, (_, new) in row.changes.items()}).where(Account.id == account.id).execute()
    pair = row.stands or f"account_client:{AccountClient.create(account=account, client=row.facts['client']).id}"
    return " ".join([*made, pair])
