"""Rows of an outside pay link's report: money that clients paid on another site, under that site's payment id."""

import re
from datetime import date, timedelta
from typing import Any

from peewee import fn

from billing import outside_paid
from billing.payment_filters import midnight
from billing.stamp import Stamp
from choices import PREFIXES, DocumentType, Source
from exchange import cells
from exchange.cells import Refused
from exchange.known import Known
from exchange.mapping import Column
from exchange.rows import Row, hashed
from models import Document, Payment, Practice
from money import Cents, format_dollars
from words import local_day

UNDONE = "import undone"
AGAIN = "import: posted again as the file says now"
# What sites call a payment that went through; any other word is listed and not taken in.
SUCCESS = (
    "success", "successful", "succeeded", "completed", "complete", "paid", "approved", "captured", "settled",
    "settling", "submittedforsettlement", "deposited", "posted", "ok", "yes",
)  # fmt: skip
COLUMNS = (
    Column("payment_id", cells.text(120), required=True),
    Column("date", cells.instant_day, required=True, dated=True),
    Column("amount", cells.price, required=True),
    Column("account_number", cells.text(64)),
    Column("invoice_number", cells.text(40)),
    Column("email", cells.text(254)),
    Column("status", cells.text(80)),
    Column("last4", cells.text(40)),
    Column("method", cells.text(40)),
    Column("fee", cells.dollars),
)
EITHER = (("account_number", "invoice_number", "email"),)
KEY = ("payment_id",)
DAY = "date"
EXAMPLE = {
    "payment_id": "ch_1001", "date": "2026-10-19", "amount": "45.00", "account_number": "1024", "status": "paid",
    "last4": "4242", "method": "Visa", "fee": "1.61",
}  # fmt: skip
_INVOICE = re.compile(PREFIXES[DocumentType.INVOICE] + r"-(\d{4})-(\d{1,9})", re.ASCII)


def resolve(row: Row, known: Known) -> None:
    """Whose money it is: by account number, else by invoice, else by an address that exactly one account has; else as
    a person says, or said when it was taken in before.
    """
    values = row.values
    row.ask("status", _went_through, values.get("status", ""))
    whole = not row.problems
    account = row.ask("account_number", _account, row, known, of=("invoice_number", "email", "payment_id"))
    row.whose = whole and (account is None or account == row.picked)
    if row.problems:
        return
    row.facts = {"account": account}
    row.account, row.effect = account, -values["amount"]
    row.content = hashed(account, values["amount"], str(values["date"]))


def together(rows: list[Row], known: Known) -> None:
    """A payment that another file brought, or a person wrote down, does not come twice."""
    for row in (row for row in rows if row.writes and not row.problems and not row.imported):
        if (row.account, row.values["amount"], row.values["payment_id"]) in known.outside_payments:
            row.refuse("payment_id", "known_payment", value=row.values["payment_id"])


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    """Record them, the oldest first; those that are posted again are voided first."""
    old = [int(row.stands.split(":")[1]) for row in rows if row.stands]
    _void(old, AGAIN, stamp)
    made = {row.line: _recorded(row, stamp) for row in sorted(rows, key=lambda row: (row.values["date"], row.line))}
    return [made[row.line] for row in rows]


def undo(ids: list[int], stamp: Stamp) -> None:
    _void(ids, UNDONE, stamp)


def restore(ids: list[int], stamp: Stamp) -> list[int]:
    """Record anew what stood there before."""
    return [outside_paid.again(Payment.get_by_id(id), stamp).id for id in ids]


def standing(ids: list[int]) -> dict[int, str]:
    """Payment id -> what stands on it, and so forbids to undo."""
    return outside_paid.standing(ids)


def replaced(id: int) -> Cents:
    """What a payment that is to be voided takes off the account now."""
    return 0 if standing([id]) else -int(Payment.get_by_id(id).amount)


def between(first: date, last: date) -> Any:
    """The payments of these days, as `Imported.made` names them."""
    zone = Practice.the().time_zone
    days = (Payment.paid_at >= midnight(first, zone)) & (Payment.paid_at < midnight(last + timedelta(days=1), zone))
    return Payment.select(fn.PRINTF("payment:%d", Payment.id)).where((Payment.source == Source.IMPORT) & days)


def said(id: int) -> str:
    """What stands there, in a few words."""
    payment = Payment.get_by_id(id)
    day = local_day(payment.paid_at, Practice.the().time_zone)
    return f"{format_dollars(payment.amount)}, {day.isoformat()}"


def _went_through(word: str) -> None:
    plain = "".join(letter for letter in word.casefold() if letter.isalnum())
    if plain and plain not in SUCCESS:
        raise Refused("not_paid", value=cells.shown(word))


def told(row: Row) -> list[Any]:
    """What helps a person to say whose it is: day, cents, their id, and how the file names the account."""
    values = row.values
    named = (values.get(name) for name in ("account_number", "invoice_number", "email"))
    return [values["date"].isoformat(), values["amount"], values["payment_id"], next(filter(None, named), "")]


def _account(row: Row, known: Known) -> int:
    if row.picked and row.picked in known.accounts.values():
        return row.picked
    try:
        return _named(row.values, known)
    except Refused:
        before = known.paid_before(row.facts["source"], row.identity)
        if before is None:
            raise
        return before


def _named(values: dict[str, Any], known: Known) -> int:
    if number := values.get("account_number"):
        return known.account(number)
    if number := values.get("invoice_number"):
        return _invoiced(number)
    if email := values.get("email"):
        return known.account_of_email(email)
    raise Refused("unmatched", value=values["payment_id"])


def _invoiced(number: str) -> int:
    """The account that an invoice of ours is for."""
    found = _INVOICE.fullmatch(number.upper())
    account = _of_invoice(int(found[1]), int(found[2])) if found else None
    if account is None:
        raise Refused("unknown_invoice", value=cells.shown(number))
    return account


def _of_invoice(year: int, serial: int) -> int | None:
    mine = (Document.type == DocumentType.INVOICE) & (Document.year == year) & (Document.serial == serial)
    account: int | None = Document.select(Document.account).where(mine).scalar()
    return account


def _recorded(row: Row, stamp: Stamp) -> str:
    values = row.values
    last4 = re.sub(r"\D", "", values.get("last4", ""))[-4:]
    told = outside_paid.Told(last4, values.get("method", ""), abs(values["fee"]) if "fee" in values else None)
    payment = outside_paid.record(
        row.facts["account"], values["amount"], values["date"], values["payment_id"], stamp, told
    )
    return f"payment:{payment.id}"


def _void(ids: list[int], reason: str, stamp: Stamp) -> None:
    for payment in Payment.select().where(Payment.id.in_(ids)).order_by(Payment.id.desc()):
        outside_paid.take_back(payment, reason, stamp)
