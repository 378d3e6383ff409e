"""What was posted, for whoever types it into the practice's record system: a row for each allocation or release."""

from typing import Any

from peewee import JOIN, SQL, Case, fn

from billing.sheets import Cell
from choices import EntryKind, ImportKind, Payer
from exchange.outgoing import Asked, Sheet, read
from exchange.transactions_file import payment_id
from models import Account, Attempt, Charge, Client, Entry, Imported, Payment
from money import plain_dollars

HEADER = [
    "Posting ID", "Transaction ID", "Posted Date", "Account ID", "Client ID", "External Client ID", "Service Date",
    "Charge ID", "External Charge ID", "Code", "Amount Applied", "Charge Balance After",
]  # fmt: skip
K = EntryKind


def sheet(asked: Asked) -> Sheet:
    """In the order of the ledger. What was taken off a visit again is below zero."""
    chosen = Entry.kind.in_((K.ALLOCATION, K.RELEASE)) & Entry.id.between(asked.after + 1, asked.until)
    rows = Entry.select().where(chosen & asked.days(Entry.on))
    return Sheet(HEADER, rows.count(), map(_cells, read(_with_facts(rows))))


def external_id() -> Any:
    """What the file that brought the charge at hand calls it."""
    made = (Imported.made == SQL("'charge:'").concat(Charge.id.cast("TEXT"))) & (Imported.kind == ImportKind.CHARGES)
    return Imported.select(fn.MAX(Imported.external_id)).where(made & Imported.undone_at.is_null())


def client_id(id: int) -> str:
    return f"C{id}"


def charge_id(id: int) -> str:
    return f"V{id}"


def _with_facts(rows: Any) -> Any:
    rows = rows.join(Charge).join(Client).join_from(Entry, Account).join_from(Entry, Payment)
    return rows.join_from(Payment, Attempt, JOIN.LEFT_OUTER).select(
        Entry.id, Entry.kind, Entry.on, Entry.amount, Attempt.order_id.alias("order"), Payment.id.alias("payment"),
        Account.number, Client.id.alias("client"), Client.external_id, Charge.id.alias("charge"), Charge.service_date,
        Charge.code, external_id().alias("external_charge"), open_after(Entry.id).alias("after"),
    ).order_by(Entry.id)  # fmt: skip


def open_after(last: Any) -> Any:
    """What the client still owed of the charge at hand after the entry with this id, in cents."""
    entry = Entry.alias()

    def net(plus: EntryKind, *minus: EntryKind) -> Any:
        signs = [(plus, entry.amount), *((kind, 0 - entry.amount) for kind in minus)]
        return fn.COALESCE(fn.SUM(Case(entry.kind, signs, 0)), 0)

    price = (
        net(K.CHARGE, K.CHARGE_VOID) - net(K.ADJUSTMENT, K.ADJUSTMENT_REVERSAL)
        - net(K.INSURANCE_PAYMENT, K.INSURANCE_REVERSAL)
    )  # fmt: skip
    part = fn.MIN(price, net(K.TRANSFER, K.TRANSFER_REVERSAL))
    owed = Case(None, [(Charge.payer == str(Payer.CLIENT), price)], part) - net(K.ALLOCATION, K.RELEASE)
    return entry.select(owed).where((entry.charge == Charge.id) & (entry.id <= last))


def _cells(row: Any) -> list[Cell]:
    applied = row.amount if row.kind == K.ALLOCATION else -row.amount
    return [
        f"L{row.id}", row.order or payment_id(row.payment), row.on, row.number, client_id(row.client),
        row.external_id, row.service_date, charge_id(row.charge), row.external_charge, row.code,
        plain_dollars(applied), plain_dollars(row.after),
    ]  # fmt: skip
