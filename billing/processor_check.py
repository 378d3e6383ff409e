"""The books held against the processor's own list: money there and not here, here and not there, or different.

It only reads. What was made in the last minutes is left out, for it may still be on its way into the books.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from billing import dollar
from billing.figures import PaymentFigures
from billing.ledger import payment_figures_of
from choices import AttemptState, BackKind
from gateways import Fact, Gateway, Kind, Standing
from models import Attempt, MoneyBack, Payment
from money import Cents, format_dollars

WINDOW = timedelta(days=7)
ON_ITS_WAY = timedelta(minutes=10)
OURS = re.compile(r"[PT]\d{6,}-[A-Z2-7]{6}(-R\d+)?")  # T: a test
NAMED = 10  # foreign transactions


@dataclass(frozen=True)
class Comparison:
    """`found`: each difference with what the processor holds of it, if anything; empty when both agree.

    `foreign`: ids of transactions without our reference.
    """

    found: list[tuple[str, Fact | None]]
    foreign: list[str]

    @property
    def differences(self) -> list[str]:
        """One sentence each."""
        return [sentence for sentence, _ in self.found]

    @property
    def aside(self) -> str:
        """A sentence about what others charged on the same account; empty when nobody did."""
        if not self.foreign:
            return ""
        named = ", ".join(self.foreign[:NAMED]) + (", …" if len(self.foreign) > NAMED else "")
        return f"Not Evenly's, so not compared: {len(self.foreign)} at the processor ({named})."


def differences(gateway: Gateway, now: datetime, window: timedelta = WINDOW) -> list[str]:
    """One sentence per difference in what was made within `window`; an empty list when both agree.

    Raises:
        GatewayUnavailable: the processor could not be asked, so nothing is known.
    """
    return compare(gateway, now, window).differences


def compare(gateway: Gateway, now: datetime, window: timedelta = WINDOW) -> Comparison:
    """Everything made within `window`, on both sides. Raises GatewayUnavailable."""
    first, last = now - window, now - ON_ITS_WAY
    facts = {fact.id: fact for fact in gateway.created(first, last)}
    sales, backs = _sales(first, last, facts), _backs(first, last, facts)
    for id in [*sales, *backs]:
        if id not in facts and (found := gateway.find(id)):  # a clock or the search lags behind
            facts[id] = found
    return Comparison(
        [*_compare_sales(sales, facts), *_compare_backs(backs, facts), *_unknown_here({**sales, **backs}, facts)],
        [fact.id for fact in facts.values() if not _is_ours(fact)],
    )


def _sales(first: datetime, last: datetime, facts: dict[str, Fact]) -> dict[str, Attempt]:
    """Transaction id -> the success we know it by: made in the window here, or there."""
    made = Attempt.created_at.between(first, last) | Attempt.transaction_id.in_(list(facts))
    booked = (Attempt.state == AttemptState.SUCCEEDED) & Attempt.transaction_id.is_null(False)
    return {row.transaction_id: row for row in Attempt.select().where(booked & made).order_by(Attempt.id)}


def _backs(first: datetime, last: datetime, facts: dict[str, Fact]) -> dict[str, MoneyBack]:
    """Transaction id -> the refund we know it by."""
    made = MoneyBack.created_at.between(first, last) | MoneyBack.transaction_id.in_(list(facts))
    done = (MoneyBack.kind == BackKind.REFUND) & (MoneyBack.state == AttemptState.SUCCEEDED)
    rows = MoneyBack.select().where(done & made & MoneyBack.transaction_id.is_null(False)).order_by(MoneyBack.id)
    return {row.transaction_id: row for row in rows}


def _compare_sales(sales: dict[str, Attempt], facts: dict[str, Fact]) -> Iterator[tuple[str, Fact | None]]:
    posted = Payment.select(Payment.id, Payment.attempt).where(Payment.attempt.in_(list(sales.values())))
    figures = payment_figures_of([payment.id for payment in posted])
    by_attempt = {row.payment.attempt_id: row for row in figures}
    for id, attempt in sales.items():
        name = f"Payment {attempt.order_id}"
        fact = facts.get(id)
        if fact is None:
            yield f"{name}: {format_dollars(attempt.amount)} in the books, not at the processor.", None
        elif fact.cents != attempt.amount:
            yield _amounts(name, attempt.amount, fact)
        else:
            yield from _compare_status(name, fact, by_attempt.get(attempt.id))


def _compare_status(name: str, fact: Fact, figures: PaymentFigures | None) -> Iterator[tuple[str, Fact | None]]:
    """What still waits to be posted has no figures, and counts as money we hold."""
    gone = figures is not None and bool(figures.voided or figures.returned)
    if fact.standing != Standing.APPROVED and not gone:
        yield f"{name}: paid in the books, {fact.status} at the processor.", fact
    elif fact.standing == Standing.APPROVED and gone:
        yield f"{name}: taken back in the books, {fact.status} at the processor.", fact
    elif figures is not None and figures.settled and not fact.past_voiding:
        yield f"{name}: settled in the books, {fact.status} at the processor.", fact


def _amounts(name: str, ours: Cents, fact: Fact) -> tuple[str, Fact]:
    return f"{name}: {format_dollars(ours)} in the books, {format_dollars(fact.cents)} at the processor.", fact


def _compare_backs(backs: dict[str, MoneyBack], facts: dict[str, Fact]) -> Iterator[tuple[str, Fact | None]]:
    for id, back in backs.items():
        name = f"Refund {back.order_id}"
        fact = facts.get(id)
        if fact is None:
            yield f"{name}: {format_dollars(back.amount)} in the books, not at the processor.", None
        elif fact.cents != back.amount:
            yield _amounts(name, back.amount, fact)
        elif fact.standing != Standing.APPROVED and back.failed_at is None:
            yield f"{name}: given back in the books, {fact.status} at the processor.", fact


def _unknown_here(known: dict[str, Attempt | MoneyBack], facts: dict[str, Fact]) -> Iterator[tuple[str, Fact | None]]:
    """Money that moved there under our reference, and that no payment or refund of ours names."""
    for fact in facts.values():
        if fact.id not in known and fact.standing == Standing.APPROVED and _is_ours(fact) and not dollar.is_one(fact):
            what = "refunded" if fact.kind == Kind.CREDIT else "charged"
            name = fact.order_id or fact.id
            yield f"{name}: {format_dollars(fact.cents)} {what} at the processor, not in the books.", fact


def _is_ours(fact: Fact) -> bool:
    """It carries a reference of ours, or is a credit that somebody made by hand for a sale of ours."""
    if OURS.fullmatch(fact.order_id):
        return True
    return bool(fact.refund_of) and Attempt.select().where(Attempt.transaction_id == fact.refund_of).exists()
