"""The task that a superbill counts money which went back, or a visit that was voided: raised with that, finished when
a new one replaces it.
"""

from typing import Any

from billing import inbox, papers, tasks
from billing.stamp import Stamp
from choices import DocumentType
from models import Account, Charge, Document, DocumentCharge, DocumentPayment, Payment, Task

KIND = "task.superbill"


def report_out_of_date(payment: Payment, stamp: Stamp) -> None:
    """Put the live superbills that count this payment on the staff's list; called when money of it went back, or no
    longer pays what it paid.
    """
    listed = Document.select().join(DocumentPayment).where(DocumentPayment.payment == payment)
    _report(listed, payment.account, payment, stamp)


def report_voided(charge: Charge, stamp: Stamp) -> None:
    """The same of those that list this visit; called when it was voided."""
    listed = Document.select().join(DocumentCharge).where(DocumentCharge.charge == charge)
    _report(listed, charge.account, None, stamp)


def _report(listed: Any, account: Account, payment: Payment | None, stamp: Stamp) -> None:
    live = listed.where(Document.id.in_(papers.live(DocumentType.SUPERBILL))).order_by(Document.id)
    numbers = ", ".join(document.number for document in live)
    if numbers:
        tasks.raise_task(KIND, stamp.at, account=account, payment=payment, detail=numbers)
        inbox.put("notice.superbill", stamp.at, account=account, payment=payment)


def finish_replaced(account: Account, stamp: Stamp) -> None:
    """Take the tasks off whose superbills have all been replaced; called when one was issued, in its transaction."""
    open_ = list(Task.select().where((Task.kind == KIND) & (Task.account == account) & Task.done_at.is_null()))
    of = (Document.account == account) & Document.id.in_(papers.live(DocumentType.SUPERBILL))
    live = {document.number for document in Document.select().where(of)} if open_ else set()
    for task in open_:
        if live.isdisjoint(task.detail.split(", ")):
            tasks.finish(task.key, stamp)
