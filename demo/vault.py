"""What the processor knows of the demo practice: saved cards, payments and disputes, read from its books."""

from datetime import datetime, timedelta
from typing import Any

from choices import AttemptState, EntryKind
from models import Attempt, Dispute, Entry, Payment, SavedCard, User

PAID_OUT_AFTER = timedelta(days=2)


def seeds() -> dict[str, Any]:
    """Customers with their cards, and past sales, in the form that the built-in sandbox plants."""
    return {"customers": cards(), "sales": sales()}


def cards() -> list[dict[str, Any]]:
    """The vault: one customer per login with saved cards."""
    kept = SavedCard.select(SavedCard, User).join(User).where(SavedCard.removed_at.is_null()).order_by(SavedCard.id)
    customers: dict[str, list[dict[str, Any]]] = {}
    for card in kept:
        customers.setdefault(card.user.vault_id, []).append(_card(card))
    return [{"id": vault_id, "cards": held} for vault_id, held in customers.items()]


def sales() -> list[dict[str, Any]]:
    """Every payment that an attempt made, oldest first; all of the story's have settled."""
    settled = dict(Entry.select(Entry.payment_id, Entry.at).where(Entry.kind == EntryKind.SETTLEMENT).tuples())
    made = Payment.select(Payment, Attempt).join(Attempt).where(Attempt.state == AttemptState.SUCCEEDED)
    return [_sale(payment, settled[payment.id]) for payment in made.order_by(Payment.id)]


def _card(card: SavedCard) -> dict[str, Any]:
    return {
        "token": card.token, "brand": card.brand, "last4": card.last4, "default": card.main,
        "exp_month": card.exp_month, "exp_year": card.exp_year, "healthcare": card.healthcare,
        "prepaid": card.funding == "prepaid", "debit": card.funding == "debit",
    }  # fmt: skip


def _sale(payment: Payment, settled: datetime) -> dict[str, Any]:
    attempt = payment.attempt
    return {
        "id": attempt.transaction_id, "order_id": attempt.order_id, "cents": attempt.amount,
        "at": _text(attempt.created_at), "settled_at": _text(settled),
        "disbursed_on": (settled + PAID_OUT_AFTER).date().isoformat(), **_used(attempt),
        "disputes": [_dispute(row) for row in Dispute.select().where(Dispute.payment == payment)],
    }  # fmt: skip


def _dispute(row: Dispute) -> dict[str, Any]:
    return {
        "id": row.processor_id, "reason": row.reason, "at": f"{row.opened_on}T12:00:00Z",
        "reply_by": row.evidence_due_on.isoformat(),
    }  # fmt: skip


def _used(attempt: Attempt) -> dict[str, Any]:
    if attempt.saved_card:
        return {"token": attempt.saved_card.token}
    card = {"brand": attempt.card_brand, "last4": attempt.card_last4}
    return {"card": card | {"exp_month": 12, "exp_year": attempt.created_at.year + 2}}


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
