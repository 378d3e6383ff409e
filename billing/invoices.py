"""Invoices: what is owed and for what. A charge marked ready is invoiced once and stands on one live invoice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from billing import messages, papers
from billing.access import users_with
from billing.figures import ChargeFigures
from billing.ledger import charge_figures
from billing.papers import Paper
from billing.stamp import Stamp
from choices import ChargeKind, DocumentType, EntryKind, Payer, Right
from models import Account, Charge, Document, DocumentCharge, Entry, Practice, db
from money import Cents
from words import say


@dataclass(frozen=True)
class InvoiceLine:
    """One charge. `part` = fee - changes - health plan - what still waits on the plan; `balance` = part - paid."""

    client: str
    service_date: date
    label: str
    fee: Cents
    changes: Cents
    health_plan: Cents
    part: Cents
    paid: Cents
    balance: Cents
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Invoice(Paper):
    """The totals are the sums of the lines. `portal_host` is where to pay online; empty: by phone only."""

    bill_to: str
    account: str
    due_on: date
    lines: tuple[InvoiceLine, ...]
    insured: bool  # some line went to a health plan, so its columns are shown
    total: Cents
    paid: Cents
    balance: Cents
    paid_at: datetime | None  # when nothing was left to pay already at issue
    portal_host: str


@dataclass(frozen=True)
class Standing:
    """An invoice today: what is left, or when the last of it was paid."""

    left: Cents
    paid_at: datetime | None


def issue_ready(on: date, stamp: Stamp, *, portal_host: str = "") -> int:
    """Invoice what is ready: one invoice and one notice per account. Safe to run again; returns how many were made.

    Args:
        on: charges with a later service date wait for their own day.
        portal_host: where to pay online, as printed.
    """
    due_days = Practice.the().invoice_due_days
    with db.atomic():
        ready = _ready(on)
        for account, charges in ready:
            document = issue(account, charges, stamp, due_days, portal_host=portal_host)
            if document.data["balance"]:
                _tell(account, stamp)
    return len(ready)


def issue(
    account: Account, charges: Iterable[Charge], stamp: Stamp, due_days: int, *, portal_host: str = ""
) -> Document:
    """Invoice these charges of `account`, due in `due_days` days."""
    figures = _figures(account, charges)
    paper = build(account, figures, stamp.on + timedelta(days=due_days), portal_host)
    return _issue(paper, account, figures, stamp)


def drop(charge: Charge, stamp: Stamp) -> Document | None:
    """Correct the live invoice of a voided charge: the same lines without it. None when it stands on none."""
    listing = DocumentCharge.select().where((DocumentCharge.charge == charge) & _on_live_invoice()).first()
    if listing is None:
        return None
    old = listing.document
    figures = [each for each in _figures(old.account, charges_of(old)) if each.charge.id != charge.id]
    paper = build(old.account, figures, date.fromisoformat(old.data["due_on"]), old.data["portal_host"])
    return _issue(paper, old.account, figures, stamp, replaces=old)


def build(account: Account, figures: list[ChargeFigures], due_on: date, portal_host: str) -> Invoice:
    """What an invoice for these charges says now, in the language of the account's first client."""
    practice, language = Practice.the(), papers.language_of(account)
    lines = tuple(_line(each, language) for each in figures)
    standing = _standing(figures)
    return Invoice(
        letterhead=papers.letterhead(practice), zone=practice.time_zone, language=language,
        bill_to=account.guarantor_name, account=account.number, due_on=due_on, lines=lines,
        insured=any(each.charge.payer == Payer.INSURANCE for each in figures),
        total=sum(line.part for line in lines), paid=sum(line.paid for line in lines), balance=standing.left,
        paid_at=standing.paid_at, portal_host=portal_host if practice.payments_on else "",
    )  # fmt: skip


def standing(document: Document) -> Standing:
    """What is left of an issued invoice today."""
    return _standing(_figures(document.account, charges_of(document)))


def charges_of(document: Document) -> list[Charge]:
    """The charges a paper lists."""
    return list(Charge.select().join(DocumentCharge).where(DocumentCharge.document == document))


def _issue(
    paper: Invoice, account: Account, figures: list[ChargeFigures], stamp: Stamp, replaces: Document | None = None
) -> Document:
    charges = [each.charge for each in figures]
    return papers.issue(paper, DocumentType.INVOICE, stamp, charges=charges, replaces=replaces, account=account)


def _line(figures: ChargeFigures, language: str) -> InvoiceLine:
    charge = figures.charge
    return InvoiceLine(
        charge.client.first_name, charge.service_date, charge.label_in(language), figures.gross, figures.adjusted,
        figures.insurance, figures.client, figures.allocated, figures.open, tuple(notes_of(charge, language)),
    )  # fmt: skip


def notes_of(charge: Charge, language: str) -> Iterable[str]:
    """What a paper says of a charge besides its label."""
    if charge.kind == ChargeKind.FEE:
        yield say("doc.notmedical", language)
    if charge.share_of:
        yield say("doc.share", language, n=charge.share_number, of=charge.share_of)


def _figures(account: Account, charges: Iterable[Charge]) -> list[ChargeFigures]:
    wanted = {charge.id for charge in charges}
    return [figures for figures in charge_figures([account]) if figures.charge.id in wanted]


def _standing(figures: list[ChargeFigures]) -> Standing:
    left = sum(each.open for each in figures)
    return Standing(left, None if left else _last_paid(each.charge for each in figures))


def _last_paid(charges: Iterable[Charge]) -> datetime | None:
    paid = Entry.charge.in_([charge.id for charge in charges]) & (Entry.kind == EntryKind.ALLOCATION)
    last = Entry.select().where(paid).order_by(Entry.id.desc()).first()
    return last.at if last else None


def _on_live_invoice() -> Any:
    return DocumentCharge.document.in_(papers.live(DocumentType.INVOICE))


def _ready(on: date) -> list[tuple[Account, list[Charge]]]:
    """Accounts with their ready charges that the client owes a part of and that stand on no live invoice."""
    invoiced = DocumentCharge.select(DocumentCharge.charge).where(_on_live_invoice())
    free = Charge.ready & (Charge.service_date <= on) & Charge.id.not_in(invoiced)
    ids = {charge.id for charge in Charge.select(Charge.id).where(free)}
    accounts = Account.select().where(Account.id.in_(Charge.select(Charge.account).where(free))).order_by(Account.id)
    owed = [(account, _owed(account, ids)) for account in accounts]
    return [(account, charges) for account, charges in owed if charges]


def _owed(account: Account, ids: set[int]) -> list[Charge]:
    figures = charge_figures([account])
    return [each.charge for each in figures if each.client > 0 and each.charge.id in ids]


def _tell(account: Account, stamp: Stamp) -> None:
    """One neutral notice to each login that may open bills."""
    for user in users_with(Right.BILLS, account):
        messages.tell_of_bill(user, account, stamp.at)
