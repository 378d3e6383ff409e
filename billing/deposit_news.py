"""Payouts as the processor itself tells of them: announced once by a signed notification, and found by their day.

Both know what was paid out and what of; neither knows the fees, which only the processor's report has.
"""

from datetime import date, datetime
from itertools import groupby
from typing import Any

from billing.deposits import Payout, Told, record
from choices import DepositLineKind, DepositSource
from gateways import Fact, Gateway, Kind
from models import Deposit, DepositLine


def paid_out(gateway: Gateway, told: dict[str, Any]) -> list[Fact]:
    """The transactions that a notification (`WebhookDelivery.facts`) names; none when it is another account's.

    One search for the day; what it does not show is asked for one by one.

    Raises:
        GatewayUnavailable: the processor could not be asked.
    """
    if not _is_ours(gateway, told["account"]):
        return []
    day = _day_of(told)
    paid = {fact.id: fact for fact in gateway.disbursed(day, day)}
    found = [paid.get(id) or gateway.find(id) for id in told["transaction_ids"]]
    return [fact for fact in found if fact]


def announced(told: dict[str, Any], facts: list[Fact], now: datetime) -> Deposit:
    """The deposit of a notification and of the transactions it names."""
    lines = tuple(map(_told, facts))
    return record(Payout(_day_of(told), lines, DepositSource.ANNOUNCED, told["id"], told["cents"]), now)


def sweep(gateway: Gateway, first: date, last: date, now: datetime) -> int:
    """Write down payouts between two days, both included, whose notification never came; returns how many.

    Raises:
        GatewayUnavailable: the processor could not be asked.
    """
    facts = [fact for fact in gateway.disbursed(first, last) if _is_ours(gateway, fact.account)]
    known = DepositLine.select(DepositLine.reference).where(DepositLine.reference.in_([fact.id for fact in facts]))
    there = {line.reference for line in known}
    new = sorted((fact for fact in facts if fact.id not in there and fact.disbursed_on), key=_day)
    days = [(day, tuple(map(_told, group))) for day, group in groupby(new, _day)]
    return len([record(Payout(day, lines, DepositSource.ANNOUNCED), now) for day, lines in days])


def _is_ours(gateway: Gateway, account: str) -> bool:
    return not gateway.merchant_account or account == gateway.merchant_account


def _day(fact: Fact) -> date:
    return fact.disbursed_on or date.max


def _day_of(told: dict[str, Any]) -> date:
    return date.fromisoformat(told["day"])


def _told(fact: Fact) -> Told:
    cents = fact.cents if fact.settled_cents is None else fact.settled_cents
    if fact.kind == Kind.CREDIT:
        return Told(fact.id, DepositLineKind.REFUND, -cents, order_id=fact.order_id, about=fact.refund_of)
    return Told(fact.id, DepositLineKind.SALE, cents, order_id=fact.order_id)
