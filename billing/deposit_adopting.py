"""A sale in a deposit that the books do not know, for it was taken at the processor's own screen: a payment of the
account that a person picks, pays nothing yet, and is tied to its line."""

from datetime import UTC, date, datetime, time

from billing import audit, postings, receipts
from billing.errors import allow
from billing.stamp import Stamp
from billing.transactions import matches
from choices import IN_FLIGHT, DepositLineKind, Method, Source, Way
from models import Account, Attempt, Deposit, DepositLine, Payment, db

OFFERED = 10  # accounts


def sale(deposit: Deposit, line: int) -> DepositLine:
    """A sale of this deposit that nobody knows; `DoesNotExist` when there is none like it."""
    nobodys = DepositLine.payment.is_null() & (DepositLine.kind == DepositLineKind.SALE)
    found: DepositLine = DepositLine.get((DepositLine.deposit == deposit) & (DepositLine.id == line) & nobodys)
    return found


def accounts(text: str) -> list[Account]:
    """The accounts that what was typed may mean, by number or name; none for nothing."""
    found = Account.select().where(matches(text.strip())).order_by(Account.number).limit(OFFERED)
    return list(found) if text.strip() else []


def adopt(line: DepositLine, account: str, stamp: Stamp, ip: str = "") -> Payment:
    """Take the sale in as money of this account (its public key), unapplied. `DoesNotExist` for no such account.

    What waits to be posted here is no stranger's: it is refused, and so is a sale that was taken in before.
    """
    with db.atomic():
        whose = Account.get(Account.key == account)
        line = DepositLine.get_by_id(line.id)
        allow(line.payment_id is None and line.amount > 0 and not (_waits(line) or _taken(line)))
        payment = postings.record_payment(
            account=whose, amount=line.amount, method=Method.CARD, source=Source.IMPORT, way=Way.IMPORT,
            paid_at=min(_noon(line.deposit.day), stamp.at), stamp=stamp,
        )  # fmt: skip
        postings.settle(payment, stamp)
        receipts.issue(payment, stamp)
        line.payment = payment
        line.save()
        audit.note(stamp.by, "deposit.adopted", f"payment:{payment.id}", stamp.at, ip=ip)
    return payment


def _noon(day: date) -> datetime:
    """When on that day is not told."""
    return datetime.combine(day, time(18), UTC)


def _taken(line: DepositLine) -> bool:
    """Another deposit names the same sale, and there it has its payment."""
    same = (DepositLine.reference == line.reference) & (DepositLine.kind == DepositLineKind.SALE)
    return bool(DepositLine.select().where(same & DepositLine.payment.is_null(False)).exists())


def _waits(line: DepositLine) -> bool:
    """It is a try of ours, booked or still in flight."""
    in_flight = (Attempt.order_id == line.order_id) & Attempt.state.in_(IN_FLIGHT)
    return bool(Attempt.select().where((Attempt.transaction_id == line.reference) | in_flight).exists())
