"""What a client takes home: payments, what they paid, and charges, as far as this reader may know, as tables.

Never a code or a diagnosis: those stand on superbills, which have a right of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from billing import history
from billing.access import Reader, reader
from billing.history import Item, PaidFor
from billing.ledger import charge_figures
from billing.sheets import Cell
from models import Payment, Practice, User
from money import plain_dollars
from words import local_day, say

STATES = {"paid": "hist.paid", "waiting": "hist.waiting", "pending": "hist.pending", "refund": "doc.refund"}
COLUMNS = {
    "payments": ("date", "account", "amount", "state", "way", "people"),
    "allocations": ("paid_on", "account", "date", "person", "service", "amount"),
    "charges": ("date", "account", "person", "service", "provider", "amount", "open", "pending"),
}


@dataclass(frozen=True)
class Table:
    """One file of rows; the header is in the reader's language, the columns always in this order."""

    name: str
    header: list[str]
    rows: list[list[Cell]]


def tables(user: User, language: str) -> list[Table]:
    """Payments and what they paid; charges too unless the practice hides what is owed. The queries do not grow."""
    who, practice = reader(user), Practice.the()
    zone, items = practice.time_zone, history.everything(user)
    paid = history.paid_for_each(item.payment.id for item in items if item.payment)
    found = {"payments": [_payment(item, zone, language) for item in items]}
    found["allocations"] = [row for item in items for row in _paid_for(who, item, paid, zone, language)]
    if practice.show_balance:
        found["charges"] = list(_charges(who, language))
    return [Table(name, _header(name, language), rows) for name, rows in found.items()]


def _header(name: str, language: str) -> list[str]:
    return [say(f"own.c.{column}", language) for column in COLUMNS[name]]


def _payment(item: Item, zone: str, language: str) -> list[Cell]:
    paid = item.payment or item.attempt
    state = say(STATES.get(item.state, f"hist.is.{item.state}"), language)
    way = say(f"pr.method.{paid.method}", language) if isinstance(paid, Payment) else say("pr.method.card", language)
    last4 = f" {paid.card_last4}" if paid and paid.card_last4 else ""
    amount = plain_dollars(item.amount)
    return [local_day(item.at, zone), item.account.number, amount, state, way + last4, ", ".join(item.people)]


def _paid_for(
    who: Reader, item: Item, paid: dict[int, list[PaidFor]], zone: str, language: str
) -> Iterator[list[Cell]]:
    for line in paid.get(item.payment.id, ()) if item.payment else ():
        yield [
            local_day(item.at, zone), item.account.number, line.charge.service_date, who.client_name(line.charge),
            who.charge_label(line.charge, language), plain_dollars(line.amount),
        ]  # fmt: skip


def _charges(who: Reader, language: str) -> Iterator[list[Cell]]:
    for row in charge_figures(who.accounts):
        charge = row.charge
        if row.client or row.pending:
            amounts = (plain_dollars(cents) for cents in (row.client, row.open, row.pending))
            names = who.client_name(charge), who.charge_label(charge, language), who.provider_name(charge)
            yield [charge.service_date, charge.account.number, *names, *amounts]
