"""Receipts: what was paid, for what, and what is still owed; one for every payment and each time money goes back."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing import papers, superbill_tasks
from billing.access import rights
from billing.ledger import account_figure, allocations_newest_first, payment_figure
from billing.papers import Earlier, Paper
from billing.stamp import Stamp
from choices import BACK, ChargeKind, DocumentType, EntryKind, Method, Right
from models import Attempt, Charge, Document, Entry, Payment, Practice, User, WaitingPayment
from money import Cents
from words import say

BY_HAND = (Method.CHECK, Method.CASH)
METHODS = {Method.ACH: "doc.ach", Method.CASH: "doc.cash"}


@dataclass(frozen=True)
class ReceiptLine:
    """This much of the payment pays this visit. Without the services right: no name, and "Visit"."""

    client: str
    service_date: date
    label: str
    amount: Cents
    notes: tuple[str, ...]


@dataclass(frozen=True)
class GivenBack:
    """Money of the payment that went back before this paper was made; below zero where a bank brought it back again.

    `number` is of its own receipt, empty when it has none.
    """

    kind: EntryKind
    at: datetime
    amount: Cents
    number: str


@dataclass(frozen=True, kw_only=True)
class Receipt(Paper):
    """`amount` = the lines + `unused` + what was given back before.

    A receipt of money back has no lines: it names the receipt it takes back from, and the ledger `entry` it is for.
    """

    paid_at: datetime
    amount: Cents
    method: str
    reference: str  # the end of the processor's own
    lines: tuple[ReceiptLine, ...]
    unused: Cents
    owed: Cents
    waiting: bool
    refund_of: Earlier | None
    policy: str
    back: EntryKind | None = None
    entry: int = 0
    given_back: tuple[GivenBack, ...] = ()


def issue(paid: Payment | WaitingPayment, stamp: Stamp, *, serial: int = 0) -> Document:
    """The receipt of this payment, made at the moment it is known; asked for again, it is the same paper.

    Call it after the payment's allocations, in their transaction: "still owed" is the account's due right then.
    """
    given = of(paid)
    if given is None:
        return _issue(build(paid), paid, stamp, serial, [charge for charge, _ in _shares(paid)])
    if isinstance(paid, Payment) and given.payment_id is None:
        Document.update(payment=paid).where(Document.id == given.id).execute()
    return given


def issue_refund(entry: Entry, stamp: Stamp) -> Document:
    """The receipt of money that went back, or that a bank brought back; asked for again, it is the same paper.

    Call it after the entry, in its transaction, for a void, refund, return, chargeback or chargeback won. The receipt
    of the payment stays as it is. Staff learn of superbills that the entry makes out of date.
    """
    issue(entry.payment, stamp)
    given = _of_entry(entry)
    if given:
        return given
    superbill_tasks.report_out_of_date(entry.payment, stamp)
    return _issue(build_refund(entry), entry.payment, stamp)


def issue_refunds(payment: Payment, stamp: Stamp) -> None:
    """A receipt for each time money of this payment went back or came back; as `issue_refund`."""
    for entry in _back(payment):
        issue_refund(entry, stamp)


def of(paid: Payment | WaitingPayment) -> Document | None:
    """The receipt of this payment, also when it was given before posting."""
    payment = paid.id if isinstance(paid, Payment) else None
    return next(iter(_all_of(paid.attempt_id, payment)), None)


def refunds_of(document: Document) -> list[Document]:
    """The receipts of money given back from the payment that `document` is the receipt of; oldest first."""
    if document.data["refund_of"]:
        return []
    return _all_of(document.attempt_id, document.payment_id)[1:]


def build(paid: Payment | WaitingPayment) -> Receipt:
    """What the receipt of `paid` says now."""
    labels, language, shares = shows_labels(paid), _language(paid), _shares(paid)
    return Receipt(
        **_about(paid, language), paid_at=_paid_at(paid), amount=paid.amount, method=paid_with(paid, language),
        reference=_reference(paid.attempt),
        lines=tuple(_line(charge, amount, language, labels) for charge, amount in shares),
        unused=_unused(paid, [amount for _, amount in shares]),
        waiting=isinstance(paid, WaitingPayment), refund_of=None, given_back=_given_back(paid),
    )  # fmt: skip


def build_refund(entry: Entry) -> Receipt:
    """What the receipt of this money back says; the payment has its own receipt already."""
    payment = entry.payment
    first, language = Document.get(Document.id == of(payment)), _language(payment)
    return Receipt(
        **_about(payment, language), paid_at=entry.at, amount=entry.amount, method=sent_to(entry, language),
        reference=_reference_of(entry),
        lines=(), unused=0, waiting=False, refund_of=Earlier(first.number, first.issued_at), back=entry.kind,
        entry=entry.id, given_back=_given_back(payment, before=entry),
    )  # fmt: skip


def shows_labels(paid: Payment | WaitingPayment) -> bool:
    """False when a login paid that may not see what the care was."""
    user = _user(paid)
    return user is None or Right.SERVICES in rights(user, paid.account)


def _issue(
    receipt: Receipt, paid: Payment | WaitingPayment, stamp: Stamp, serial: int = 0, charges: Iterable[Charge] = ()
) -> Document:
    payment = paid if isinstance(paid, Payment) else None
    return papers.issue(
        receipt, DocumentType.RECEIPT, stamp, serial=serial, charges=charges, account=paid.account, user=_user(paid),
        payment=payment, attempt=paid.attempt, labels=shows_labels(paid),
    )  # fmt: skip


def _all_of(attempt: int | None, payment: int | None) -> list[Document]:
    """The receipts of one payment, the first one first: by its attempt, or by itself when it has none."""
    mine = Document.attempt == attempt if attempt else Document.payment == payment
    return list(Document.select().where((Document.type == DocumentType.RECEIPT) & mine).order_by(Document.id))


def _of_entry(entry: Entry) -> Document | None:
    papers_of = _all_of(entry.payment.attempt_id, entry.payment_id)
    return next((each for each in papers_of if each.data.get("entry") == entry.id), None)


def _given_back(paid: Payment | WaitingPayment, before: Entry | None = None) -> tuple[GivenBack, ...]:
    """What went back of a payment, oldest first: all of it, or what was there `before` this entry."""
    if isinstance(paid, WaitingPayment):
        return ()
    numbers = {each.data.get("entry"): each.number for each in _all_of(paid.attempt_id, paid.id)}
    return tuple(
        GivenBack(entry.kind, entry.at, _signed(entry), numbers.get(entry.id, ""))
        for entry in _back(paid)
        if before is None or entry.id < before.id
    )


def _back(payment: Payment) -> list[Entry]:
    return list(Entry.select().where((Entry.payment == payment) & Entry.kind.in_(BACK)).order_by(Entry.id))


def _signed(entry: Entry) -> Cents:
    amount: Cents = entry.amount
    return -amount if entry.kind == EntryKind.CHARGEBACK_WON else amount


def _about(paid: Payment | WaitingPayment, language: str) -> dict[str, Any]:
    practice = Practice.the()
    return {
        "letterhead": papers.letterhead(practice),
        "zone": practice.time_zone,
        "language": language,
        "owed": account_figure(paid.account).due,
        "policy": practice.refund_policy,
    }


def _shares(paid: Payment | WaitingPayment) -> list[tuple[Charge, Cents]]:
    if isinstance(paid, WaitingPayment):
        shares = [(line.charge, line.amount) for line in paid.attempt.lines]
    else:
        shares = allocations_newest_first(paid)
    return sorted(shares, key=lambda share: (share[0].service_date, share[0].id))


def _unused(paid: Payment | WaitingPayment, amounts: Iterable[Cents]) -> Cents:
    if isinstance(paid, WaitingPayment):
        return int(paid.amount) - sum(amounts)
    return payment_figure(paid).unapplied


def _line(charge: Charge, amount: Cents, language: str, labels: bool) -> ReceiptLine:
    if not labels:
        return ReceiptLine("", charge.service_date, say("sel.visit", language), amount, ())
    notes = (say("doc.notmedical", language),) if charge.kind == ChargeKind.FEE else ()
    return ReceiptLine(charge.client.first_name, charge.service_date, charge.label_in(language), amount, notes)


def _user(paid: Payment | WaitingPayment) -> User | None:
    return paid.user if isinstance(paid, Payment) else paid.attempt.user


def _paid_at(paid: Payment | WaitingPayment) -> datetime:
    at: datetime = paid.paid_at if isinstance(paid, Payment) else paid.received_at
    return at


def _language(paid: Payment | WaitingPayment) -> str:
    user = _user(paid)
    return str(user.language) if user else papers.language_of(paid.account)


def paid_with(paid: Payment | WaitingPayment, language: str) -> str:
    """The way money came, as a receipt names it."""
    if isinstance(paid, WaitingPayment):
        return say("doc.card", language, brand=paid.attempt.card_brand, last4=paid.attempt.card_last4)
    if paid.method == Method.CARD:
        return say("doc.card", language, brand=paid.card_brand, last4=paid.card_last4)
    if paid.method == Method.CHECK:
        return say("doc.check", language, number=paid.check_number)
    if paid.method == Method.EXTERNAL:
        return say("hist.site", language, site=paid.site)
    return say(METHODS[paid.method], language)


def sent_to(entry: Entry, language: str) -> str:
    """Where a refund went: back the way it came, or as `category` says; anything else is about the payment itself."""
    by = entry.category or entry.payment.method
    if entry.kind == EntryKind.REFUND and by == Method.CHECK:
        return say("doc.check", language, number=entry.reference).strip()
    return say("doc.cash", language) if by == Method.CASH else paid_with(entry.payment, language)


def _reference_of(entry: Entry) -> str:
    """The end of the credit's name at the processor, or of the sale's where there is no credit."""
    if (entry.category or entry.payment.method) in BY_HAND:
        return ""
    return str(entry.reference)[-6:] or _reference(entry.payment.attempt)


def _reference(attempt: Attempt | None) -> str:
    return (attempt.transaction_id or "")[-6:] if attempt else ""
