"""What the processor paid out to the demo practice, and what its bank shows: all match but the last, which waits."""

from datetime import date
from typing import Any

from billing import banking, deposits
from billing.banking import Shown
from billing.deposits import Payout, Told
from billing.stamp import Stamp
from choices import DepositLineKind, DepositSource
from demo.dates import Calendar
from models import Deposit, DepositLine, Payment

BANKING_HOUR = 8
DISPUTE = "demo-dispute"


def pay_out(given: list[dict[str, Any]], calendar: Calendar, named: dict[str | None, Any]) -> None:
    """Write the deposits down in their order, each matched on the day that the bank shows it."""
    for facts in given:
        day = calendar.day(facts["day"])
        told = tuple(_told(line, named) for line in facts["lines"])
        payout = Payout(day, told, DepositSource.REPORT, facts["transfer_id"])
        deposit = deposits.record(payout, calendar.at(day, BANKING_HOUR))
        _tie(deposit, facts["lines"], named)
        if facts["bank_on"]:
            _bank(deposit, calendar.day(facts["bank_on"]), calendar)


def _told(line: list[Any], named: dict[str | None, Any]) -> Told:
    kind, name, cents, fee = line
    return Told(_reference(name, named.get(name)), DepositLineKind(kind), cents, fee)


def _reference(name: str, payment: Payment | None) -> str:
    """The processor's id; of what the story knows no id of, one made from its name."""
    if payment and payment.attempt:
        return str(payment.attempt.transaction_id)
    return DISPUTE if name.startswith("CB") else f"hf{name.replace('-', '').lower()}"


def _tie(deposit: Deposit, lines: list[list[Any]], named: dict[str | None, Any]) -> None:
    """A sale taken at the processor's own screen, and its refund, are no attempts of ours."""
    for kind, name, _, _ in lines:
        payment = named[{"RF-001": "PM-015"}.get(name, name)] if kind != DepositLineKind.DISPUTE else None
        mine = (DepositLine.deposit == deposit) & (DepositLine.reference == _reference(name, named.get(name)))
        if payment:
            DepositLine.update(payment=payment).where(mine).execute()


def _bank(deposit: Deposit, day: date, calendar: Calendar) -> None:
    stamp = Stamp.of("system", calendar.at(day, BANKING_HOUR), str(calendar.zone))
    banking.keep([Shown(day, f"BRAINTREE FUNDING {deposit.transfer_id}", deposit.net)], stamp)
    banking.match(stamp)
