"""Payments made on the practice's page at another site, as that site's report tells of them (M34)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from billing import inbox, moneyback, postings, receipts
from billing.figures import PaymentFigures
from billing.ledger import payment_figures_of
from billing.stamp import Stamp
from choices import EntryKind, Method, Source, Way
from models import Account, Entry, Payment, Practice, db
from money import Cents
from words import local_day

GONE = "void"  # what an outside payment that went back already is


@dataclass(frozen=True)
class Told:
    """What the site's report may say besides: the card's last digits, how it was paid, what it kept in cents."""

    last4: str = ""
    method: str = ""
    fee: Cents | None = None


NOTHING = Told()


def record(
    account: Account, amount: Cents, paid_on: date, reference: str, stamp: Stamp, told: Told = NOTHING
) -> Payment:
    """Put `amount` cents on the account: the oldest services first, the rest as credit; with receipt and news.

    Such money has no attempt that could wait, so it is posted at once also where staff posts by hand.
    `reference` is the other site's id of the payment.
    """
    practice = Practice.the()
    with db.atomic():
        payment = postings.record_payment(
            account=account, amount=amount, method=Method.EXTERNAL, source=Source.IMPORT, way=Way.IMPORT,
            paid_at=_noon(paid_on, practice.time_zone), stamp=stamp, reference=reference, card_last4=told.last4,
            card_brand=told.method, fee=told.fee, site=practice.outside_name,
        )  # fmt: skip
        postings.pay_oldest_first(payment, stamp)
        receipts.issue(payment, stamp)
        inbox.put("notice.payment", stamp.at, account=account, payment=payment, amount=amount)
    return payment


def take_back(payment: Payment, reason: str, stamp: Stamp) -> None:
    """Void a payment that is not in the bank yet, with a receipt that says so. Raises NotAllowed for another."""
    with db.atomic():
        receipts.issue_refund(moneyback.void(payment, reason, stamp), stamp)


def again(payment: Payment, stamp: Stamp) -> Payment:
    """Record once more what was taken back."""
    entry = Entry.get((Entry.payment == payment) & (Entry.kind == EntryKind.PAYMENT))
    day = local_day(payment.paid_at, Practice.the().time_zone)
    told = Told(payment.card_last4, payment.card_brand, payment.fee)
    return record(payment.account, payment.amount, day, entry.reference, stamp, told)


def standing(ids: Iterable[int]) -> dict[int, str]:
    """Payment id -> why it cannot be taken back: void, banked. Nothing for one that can."""
    found = {row.payment.id: _why(row) for row in payment_figures_of(ids)}
    return {id: why for id, why in found.items() if why}


def _why(figures: PaymentFigures) -> str:
    if figures.settled:
        return "banked"
    return GONE if figures.back else ""


def _noon(day: date, zone: str) -> datetime:
    """A report names the day alone."""
    return datetime.combine(day, time(12), ZoneInfo(zone))
