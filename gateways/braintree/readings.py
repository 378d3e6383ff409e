"""From the SDK's objects to our values.

Reads attributes with defaults, because an element that was not sent is an attribute that is not
there. What cannot be read raises, and the caller treats that as "no usable answer".
"""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from gateways import (
    Card,
    CardResult,
    Disbursement,
    Event,
    Fact,
    Kind,
    Outcome,
    Reason,
    Result,
    SettledTotal,
    Standing,
)
from gateways.braintree import declines

OUTCOMES = {Standing.APPROVED: Outcome.APPROVED, Standing.DECLINED: Outcome.DECLINED}
BRANDS = {"MasterCard": "Mastercard"}


def cents(amount: Decimal | str) -> int:
    """Raises ValueError or InvalidOperation for anything but a number of whole cents."""
    exact = Decimal(amount) * 100
    if exact != exact.to_integral_value():
        raise ValueError(f"not whole cents: {amount}")
    return int(exact)


def dollars(whole_cents: int) -> str:
    """How the processor wants an amount: 12500 is "125.00"."""
    return f"{whole_cents // 100}.{whole_cents % 100:02}"


def utc(instant: datetime | None) -> datetime | None:
    """The SDK's instants are UTC without saying so."""
    return instant.replace(tzinfo=UTC) if instant else None


def text(thing: Any, name: str) -> str:
    return str(getattr(thing, name, None) or "")


def standing(status: str, code: str) -> Standing:
    if status in declines.APPROVED_STATUSES:
        return Standing.APPROVED
    if status in declines.REVERSED_STATUSES:
        return Standing.REVERSED
    declined = status in declines.DECLINED_STATUSES and code != "duplicate"
    return Standing.DECLINED if declined else Standing.UNKNOWN


def fact(transaction: Any) -> Fact:
    status, code = transaction.status, decline_code(transaction)
    paid_out = getattr(transaction, "disbursement_details", None)
    settled = getattr(paid_out, "settlement_amount", None)
    return Fact(
        id=transaction.id,
        order_id=text(transaction, "order_id"),
        kind=Kind(text(transaction, "type") or "sale"),
        status=status,
        standing=standing(status, code),
        cents=cents(transaction.amount),
        currency=text(transaction, "currency_iso_code"),
        account=text(transaction, "merchant_account_id"),
        created_at=utc(getattr(transaction, "created_at", None)),
        settled_at=_settled_at(transaction),
        disbursed_on=getattr(paid_out, "disbursement_date", None),
        settled_cents=None if settled is None else cents(settled),
        card=_card_of(transaction),
        refund_of=text(transaction, "refunded_transaction_id"),
        refund_ids=tuple(getattr(transaction, "refund_ids", None) or ()),
        dispute_ids=tuple(dispute.id for dispute in getattr(transaction, "disputes", None) or ()),
        decline_code=code,
        reason=declines.reason(code) if code else Reason.NONE,
    )


def decline_code(transaction: Any) -> str:
    """The number or word behind a refusal; empty when there was none."""
    if transaction.status == "gateway_rejected":
        return text(transaction, "gateway_rejection_reason")
    refused = transaction.status in declines.DECLINED_STATUSES
    return (text(transaction, "processor_response_code") or transaction.status) if refused else ""


def _settled_at(transaction: Any) -> datetime | None:
    events = getattr(transaction, "status_history", None) or ()
    return next((utc(event.timestamp) for event in events if event.status == "settled"), None)


def _card_of(transaction: Any) -> Card | None:
    details = getattr(transaction, "credit_card_details", None)
    return card(details) if details else None


def card(details: Any) -> Card:
    brand = text(details, "card_type")
    return Card(
        token=text(details, "token"),
        brand=BRANDS.get(brand, brand),
        last4=text(details, "last_4"),
        exp_month=int(text(details, "expiration_month") or 0),
        exp_year=int(text(details, "expiration_year") or 0),
        expired=getattr(details, "expired", False) is True,
        default=getattr(details, "default", False) is True,
        prepaid=text(details, "prepaid") == "Yes",
        debit=text(details, "debit") == "Yes",
        healthcare=text(details, "healthcare") == "Yes",
    )


def result(answer: Any) -> Result:
    """What a charge or refund came to. A refusal with a transaction is a decline, without one a validation error."""
    transaction = getattr(answer, "transaction", None)
    return _judged(transaction) if transaction else _invalid(answer)


def _judged(transaction: Any) -> Result:
    found = fact(transaction)
    outcome, code, why = OUTCOMES.get(found.standing, Outcome.UNKNOWN), found.decline_code, found.reason
    if outcome is Outcome.APPROVED:
        return Result(outcome, found)
    return Result(
        outcome=Outcome.UNKNOWN if code in declines.DUPLICATES else outcome,
        fact=found,
        reason=why,
        staff_text=staff_text(transaction, code),
        decline_code=code,
        hard_declined=text(transaction, "processor_response_type") == "hard_declined",
        alert=why is Reason.SETUP,
    )


def staff_text(refusal: Any, code: str) -> str:
    words = text(refusal, "processor_response_text") or text(refusal, "gateway_rejection_reason")
    return f"{code} {words}".strip() if words != code else code


def error_codes(answer: Any) -> list[str]:
    return [str(error.code) for error in answer.errors.deep_errors]


def _invalid(answer: Any) -> Result:
    codes = error_codes(answer)
    outcome = Outcome.UNKNOWN if not codes or declines.DOUBTFUL & set(codes) else Outcome.DECLINED
    code, why = _first_reason(codes)
    return Result(outcome, None, why, answer.message, code, alert=why is Reason.SETUP)


def _first_reason(codes: list[str]) -> tuple[str, Reason]:
    """The first code that says more than "refused", else the first."""
    ranked = sorted(codes, key=lambda code: declines.reason(code) is Reason.REFUSED)
    return (ranked[0], declines.reason(ranked[0])) if ranked else ("", Reason.NONE)


def card_result(answer: Any) -> CardResult:
    """What saving a card came to."""
    if answer.is_success:
        return CardResult(Outcome.APPROVED, card(answer.payment_method))
    if check := answer.credit_card_verification:
        return _unverified(check)
    invalid = _invalid(answer)
    return CardResult(
        invalid.outcome, None, invalid.reason, invalid.staff_text, invalid.decline_code, alert=invalid.alert
    )


def _unverified(check: Any) -> CardResult:
    code = text(check, "gateway_rejection_reason") or text(check, "processor_response_code") or check.status
    hard = text(check, "processor_response_type") == "hard_declined"
    return CardResult(Outcome.DECLINED, None, declines.reason(code), staff_text(check, code), code, hard)


def event(notification: Any) -> Event:
    """A webhook as a hint: what kind, and what to look at again."""
    at, kind = utc(notification.timestamp), notification.kind
    assert at is not None
    if dispute := getattr(notification, "dispute", None):
        return Event(kind, at, dispute.id, text(getattr(dispute, "transaction", None), "id"))
    if payout := getattr(notification, "disbursement", None):
        return Event(kind, at, payout.id, disbursement=disbursement(payout))
    transaction_id = text(getattr(notification, "transaction", None), "id")
    return Event(kind, at, transaction_id, transaction_id)


def disbursement(payout: Any) -> Disbursement:
    sign = -1 if text(payout, "disbursement_type") == "debit" else 1
    return Disbursement(
        id=payout.id,
        cents=sign * cents(payout.amount),
        day=getattr(payout, "disbursement_date", None),
        success=payout.success is True,
        account=text(payout.merchant_account, "id"),
        transaction_ids=tuple(payout.transaction_ids),
        exception_text=text(payout, "exception_message"),
    )


def settled_total(day: date, record: dict[str, str]) -> SettledTotal:
    brand = record["card_type"]
    return SettledTotal(
        day=day,
        brand=BRANDS.get(brand, brand),
        kind=Kind(record["kind"]),
        account=record["merchant_account_id"],
        count=int(record["count"]),
        cents=cents(record["amount_settled"]),
    )
