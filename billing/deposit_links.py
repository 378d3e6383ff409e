"""Which payment, refund or dispute of ours a line of a deposit is, found by the processor's ids."""

from typing import Any

from choices import DepositLineKind
from models import Attempt, Deposit, DepositLine, Dispute, MoneyBack, Payment

K = DepositLineKind


def link(deposit: Deposit | None = None) -> int:
    """Tie the lines that name nothing of ours yet, of one deposit or of all; returns how many were tied.

    A payment that waited to be posted, and one that became known later, is tied by the next look.
    """
    loose = DepositLine.payment.is_null() & (DepositLine.kind != K.ADJUSTMENT)
    within = loose & (DepositLine.deposit == deposit) if deposit else loose
    lines = list(DepositLine.select().where(within))
    return sum(map(_tie, lines, _found(lines)))


def order_of(transaction_id: str) -> str:
    """The order id under which we asked for this sale; empty when it is not ours."""
    attempt = Attempt.get_or_none(transaction_id=transaction_id) if transaction_id else None
    return attempt.order_id if attempt else ""


def _found(lines: list[DepositLine]) -> list[tuple[int | None, int | None]]:
    """For each line the ids of its payment and of its refund, in five queries however many there are."""
    references = [line.reference for line in lines]
    sales = _sales(references, [line.order_id for line in lines if line.kind in (K.DISPUTE, K.DISPUTE_WON)])
    backs = {row.transaction_id: row for row in MoneyBack.select().where(MoneyBack.transaction_id.in_(references))}
    by_sale = _by_attempt([row.attempt_id for row in backs.values()])
    disputes = _pairs(Dispute.select(Dispute.processor_id, Dispute.payment), Dispute.processor_id.in_(references))
    return [_one(line, sales, backs, by_sale, disputes) for line in lines]


def _one(
    line: DepositLine,
    sales: dict[str, int],
    backs: dict[str, MoneyBack],
    by_sale: dict[int, int],
    disputes: dict[str, int],
) -> tuple[int | None, int | None]:
    if line.kind == K.REFUND:
        back = backs.get(line.reference)
        return (back.payment_id or by_sale.get(back.attempt_id), back.id) if back else (None, None)
    if line.kind == K.SALE:
        return sales.get(line.reference), None
    return disputes.get(line.reference) or sales.get(line.reference) or sales.get(line.order_id), None


def _sales(references: list[str], orders: list[str]) -> dict[str, int]:
    """The payment of each transaction id, and of each order id asked for; also of sales adopted from a deposit."""
    named = Attempt.transaction_id.in_(references) | Attempt.order_id.in_(orders)
    rows = Payment.select(Attempt.transaction_id, Attempt.order_id, Payment.id).join(Attempt).where(named).tuples()
    found = {name: payment for id, order, payment in rows for name in (id, order)}
    adopted = DepositLine.select(DepositLine.reference, DepositLine.payment)
    known = DepositLine.payment.is_null(False) & (DepositLine.kind == K.SALE)
    return _pairs(adopted, known & DepositLine.reference.in_(references)) | found


def _by_attempt(ids: list[int]) -> dict[int, int]:
    return _pairs(Payment.select(Payment.attempt, Payment.id), Payment.attempt.in_(ids))


def _pairs(query: Any, which: Any) -> dict[Any, int]:
    return dict(query.where(which).tuples())


def _tie(line: DepositLine, ids: tuple[int | None, int | None]) -> bool:
    if ids == (None, None):
        return False
    line.payment_id, line.back_id = ids
    line.save()
    return True
