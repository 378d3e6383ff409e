"""Money that came by hand: cash, a check, or paid on another site. It counts as arrived when a person says so."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from billing import postings, receipts
from billing.allocation import oldest_first
from billing.desk import LONGEST_NAME, all_of, book, checked, one_of, typed
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.formats import FieldRefused, line
from billing.ledger import charges_by_key
from billing.once import Ask
from billing.running import bankable
from choices import EntryKind, Method, Source, Way
from models import Account, Entry, Payment
from money import Cents

BY_HAND = (Method.CASH, Method.CHECK, Method.EXTERNAL)


class NotBanked(BillingError):
    """It is in the bank already, went back, or is the processor's to settle."""

    key = "pr.desk.err.banked"


class PickedGone(BillingError):
    """A visit that was ticked cannot be paid any more."""

    key = "pr.desk.err.picked"
    field = "charge"


@dataclass(frozen=True)
class Received:
    """What a person holds: cents, how and when it was paid, a check's number or a site's name.

    `charges` are keys of what it shall pay; with none of them it pays the oldest first. The rest stays as credit.
    """

    amount: Cents | None
    method: str
    paid_on: date | None
    reference: str
    charges: tuple[str, ...] = ()


def receive(account: Account, got: Received, ask: Ask, zone: str) -> bool:
    """Record a payment with its receipt; False when the same form recorded it before.

    Raises:
        FieldsRefused, PickedGone: nothing was written.
    """
    cents, method, paid_at, reference = all_of(
        lambda: typed(got.amount), lambda: Method(one_of(got.method, BY_HAND, "method")),
        lambda: _instant(got.paid_on, ask, zone), lambda: checked(line(LONGEST_NAME), got.reference, "reference"),
    )  # fmt: skip
    names = {Method.CHECK: {"check_number": reference}, Method.EXTERNAL: {"site": reference}}

    def write() -> Entry:
        picked = _picked(account, got.charges)
        payment = postings.record_payment(
            account=account, amount=cents, method=method, source=Source.STAFF, way=Way.STAFF, paid_at=paid_at,
            stamp=ask.stamp, reference=reference, **names.get(method, {}),
        )  # fmt: skip
        if picked:
            postings.allocate_all(payment, oldest_first(cents, picked), ask.stamp)
        else:
            postings.pay_oldest_first(payment, ask.stamp)
        receipts.issue(payment, ask.stamp)
        entry: Entry = Entry.get((Entry.payment == payment) & (Entry.kind == EntryKind.PAYMENT))
        return entry

    return book(ask, account, EntryKind.PAYMENT, cents, write, reference=reference)


def bank(payment: Payment, ask: Ask) -> bool:
    """Cash, a check or money from elsewhere is in the bank. Raises NotBanked."""

    def write() -> Entry:
        if not bankable(payment):
            raise NotBanked()
        return postings.settle(payment, ask.stamp)

    return book(ask, payment.account, EntryKind.SETTLEMENT, int(payment.amount), write, payment=payment)


def _instant(day: date | None, ask: Ask, zone: str) -> datetime:
    """Now for what was paid today, noon for an earlier day. Raises FieldRefused for none, or one to come."""
    if day is None or day > ask.stamp.on:
        raise FieldRefused("pr.desk.err.day", field="paid_on")
    return ask.stamp.at if day == ask.stamp.on else datetime.combine(day, time(12), ZoneInfo(zone))


def _picked(account: Account, keys: tuple[str, ...]) -> list[ChargeFigures]:
    found = [row for row in charges_by_key(keys) if row.charge.account_id == account.id and row.payable > 0]
    if len(found) != len(set(keys)):
        raise PickedGone()
    return found
