"""Which superbills are out of date: what one counts as paid may go back later, or a visit on it be voided.

That is asked of the ledger and never written down.
"""

from collections.abc import Iterable
from typing import Any

from billing import papers
from choices import DocumentType, EntryKind
from models import Document, DocumentCharge, DocumentPayment, Entry

NO_LONGER_PAID = (EntryKind.REFUND, EntryKind.VOID, EntryKind.RETURN, EntryKind.CHARGEBACK, EntryKind.RELEASE)


def out_of_date(document: Document) -> bool:
    """Whether, after it was issued, money that this superbill counts went back or was taken off, or a visit voided."""
    return document.id in out_of_date_among([document])


def out_of_date_among(documents: Iterable[Document]) -> set[int]:
    """The ids of those that are out of date, in one query."""
    return {id for (id,) in _out_of_date([document.id for document in documents]).tuples()}


def live_out_of_date() -> Any:
    """The ids of all that are out of date and that nothing replaces, as a query."""
    return _out_of_date(papers.live(DocumentType.SUPERBILL))


def _out_of_date(asked: Any) -> Any:
    since = Entry.at >= Document.issued_at
    paid = (
        DocumentPayment.select(DocumentPayment.document)
        .join(Document).join_from(DocumentPayment, Entry, on=Entry.payment == DocumentPayment.payment)
        .where(DocumentPayment.document.in_(asked) & Entry.kind.in_(NO_LONGER_PAID) & since)
    )  # fmt: skip
    listed = (
        DocumentCharge.select(DocumentCharge.document)
        .join(Document).join_from(DocumentCharge, Entry, on=Entry.charge == DocumentCharge.charge)
        .where(DocumentCharge.document.in_(asked) & (Entry.kind == EntryKind.CHARGE_VOID) & since)
    )  # fmt: skip
    return paid | listed
