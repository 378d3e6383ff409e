"""Invoices: what is owed and for what. A charge marked ready is invoiced once and stands on one live invoice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from billing import messages, papers
from billing.access import users_with
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.ledger import charge_figures
from billing.papers import Paper
from billing.stamp import Stamp
from choices import ChargeKind, DocumentType, EntryKind, Payer, Right
from models import Account, Charge, Document, DocumentCharge, Entry, OpenCharge, Practice, db
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


class NothingToInvoice(BillingError):
    """Nothing was chosen, or all of it stands on an invoice by now."""

    key = "pr.inv.none"
    field = "charge"


def issue_ready(on: date, stamp: Stamp, *, portal_host: str = "") -> int:
    """Invoice what is ready: one invoice and one notice per account. Safe to run again; returns how many were made.

    Where more of a charge became the client's part since it was invoiced, the invoice is corrected.

    Args:
        on: charges with a later service date wait for their own day.
        portal_host: where to pay online, as printed.
    """
    with db.atomic():
        grown = [_correct(document, stamp) for document in _outgrown()]
        ready = waiting(on)
        for account, figures in ready:
            _issue_now(account, figures, stamp, portal_host)
    return len(grown) + len(ready)


def issue_chosen(account: Account, keys: Iterable[str], stamp: Stamp, *, portal_host: str = "") -> Document:
    """Invoice these of the account's charges now, made ready if they were not; with the notice, as `issue_ready`.

    Raises:
        NothingToInvoice: none of them can be.
    """
    with db.atomic():
        chosen = [each for each in open_for(account, stamp.on) if each.charge.key in set(keys)]
        if not chosen:
            raise NothingToInvoice()
        Charge.update(ready=True).where(Charge.id.in_([each.charge.id for each in chosen])).execute()
        return _issue_now(account, chosen, stamp, portal_host)


def waiting(on: date) -> list[tuple[Account, list[ChargeFigures]]]:
    """What the next run invoices, by account: ready, with a part that the client owes, and on no live invoice."""
    return _free(_due(on))


def unpaid(on: date) -> list[tuple[Account, list[ChargeFigures]]]:
    """Of `waiting`, what is not paid already: found without a look at every charge there ever was."""
    return _free(_due(on) & Charge.id.in_(OpenCharge.select(OpenCharge.charge).where(OpenCharge.open > 0)))


def open_for(account: Account, on: date) -> list[ChargeFigures]:
    """What could be invoiced for this account, ready or not."""
    [(_, figures)] = _free((Charge.account == account) & (Charge.service_date <= on)) or [(account, [])]
    return figures


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
    figures = [each for each in _on(old) if each.charge.id != charge.id]
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
    return _standing(_on(document))


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


def _due(on: date) -> Any:
    return Charge.ready & (Charge.service_date <= on)


def _free(which: Any) -> list[tuple[Account, list[ChargeFigures]]]:
    """Accounts with those of these charges that the client owes a part of and that stand on no live invoice."""
    listed = DocumentCharge.select(DocumentCharge.id).join(Document)
    listed = listed.where((DocumentCharge.charge == Charge.id) & papers.is_live(DocumentType.INVOICE))
    free = which & ~fn.EXISTS(listed)
    found = list(Charge.select(Charge.id, Charge.account).where(free))
    ids, of = {charge.id for charge in found}, {charge.account_id for charge in found}
    accounts = Account.select().where(Account.id.in_(of)).order_by(Account.id)
    owed = [(account, _owed(account, ids)) for account in accounts]
    return [(account, figures) for account, figures in owed if figures]


def _owed(account: Account, ids: set[int]) -> list[ChargeFigures]:
    return [each for each in charge_figures([account]) if each.client > 0 and each.charge.id in ids]


def _issue_now(account: Account, figures: list[ChargeFigures], stamp: Stamp, portal_host: str) -> Document:
    charges, due_days = [each.charge for each in figures], Practice.the().invoice_due_days
    document = issue(account, charges, stamp, due_days, portal_host=portal_host)
    if document.data["balance"]:
        _tell(account, stamp)
    return document


def _outgrown() -> list[Document]:
    """Live invoices on which a health plan left the client a larger part after they were made."""
    moved = (Entry.kind == EntryKind.TRANSFER) & (Entry.at > Document.issued_at)
    rows = Document.select().join(DocumentCharge).join(Entry, on=Entry.charge == DocumentCharge.charge)
    rows = rows.where(_on_live_invoice() & moved).order_by(Document.id).distinct()
    return [each for each in rows if sum(row.client for row in _on(each)) > each.data["total"]]


def _correct(old: Document, stamp: Stamp) -> Document:
    """The same charges as they are now, due anew; and the notice."""
    figures, due_on = _on(old), stamp.on + timedelta(days=Practice.the().invoice_due_days)
    paper = build(old.account, figures, due_on, old.data["portal_host"])
    _tell(old.account, stamp)
    return _issue(paper, old.account, figures, stamp, replaces=old)


def _on(document: Document) -> list[ChargeFigures]:
    return _figures(document.account, charges_of(document))


def _tell(account: Account, stamp: Stamp) -> None:
    """One neutral notice to each login that may open bills."""
    for user in users_with(Right.BILLS, account):
        messages.tell_of_bill(user, account, stamp.at)
