"""Where deposits and the books do not agree, each thing named: in the deposit and not here, here and in no deposit,
or in both and different."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from peewee import SQL, fn

import banking_days
from billing import dollar
from billing.deposits import TYPED, expected, lines_of
from choices import AttemptState, DepositLineKind, EntryKind
from models import Attempt, Deposit, DepositLine, Entry, MoneyBack, Payment, TestPayment
from money import Cents

K = DepositLineKind
SETTLED_DAYS = 5  # banking days after which a settled payment must be in a deposit
LOOKED_BACK = timedelta(days=120)
SETTLES_WITHIN = timedelta(days=30)
DISPUTES = {K.DISPUTE: EntryKind.CHARGEBACK, K.DISPUTE_WON: EntryKind.CHARGEBACK_WON}


class What(StrEnum):
    """One kind of difference."""

    SALE = "sale"  # in the deposit, not in the books
    REFUND = "refund"
    DISPUTE = "dispute"
    AMOUNT = "amount"  # in both, not the same
    FEE = "fee"  # the others have one
    DOUBLE = "double"  # in another deposit as well
    SUM = "sum"  # the parts do not come to the net
    BANK = "bank"  # the bank shows another amount
    LATE = "late"  # or nothing, after five work days
    MISSING = "missing"  # settled here, in no deposit
    MISSING_BACK = "missing_back"


@dataclass(frozen=True)
class Difference:
    """What differs, in cents: `ours` in the books (or expected), `theirs` in the deposit (or at the bank)."""

    what: What
    deposit: Deposit | None = None
    line: DepositLine | None = None
    payment: Payment | None = None
    ours: Cents = 0
    theirs: Cents = 0
    other: str = ""  # the number of the other deposit
    on: date | None = None


def of(deposits: Iterable[Deposit]) -> dict[int, list[Difference]]:
    """Deposit id -> its differences, in the order of its lines, the sums last; in eight queries however many."""
    deposits = list(deposits)
    lines = lines_of(deposits)
    every = [line for found in lines.values() for line in found]
    books = _Books(every)
    return {each.id: [*_lines(each, lines[each.id], books), *_sums(each, lines[each.id], books)] for each in deposits}


def missing(today: date) -> list[Difference]:
    """Payments and refunds that settled five work days ago or more and are in no deposit, oldest first.

    Counted from the first payment on that a deposit is known of: what came before was never told here.
    """
    first = _first_day()
    if first is None:
        return []
    since, until = max(first, today - LOOKED_BACK), banking_days.before(today, SETTLED_DAYS)
    found = [*_missing_payments(since, until), *_missing_backs(since, until)]
    return sorted(found, key=lambda each: (each.on or since, each.what))


class _Books:
    """What the books say of the transactions of some lines."""

    def __init__(self, lines: list[DepositLine]) -> None:
        payments = [line.payment_id for line in lines if line.payment_id]
        self.payments = {row.id: row for row in Payment.select().where(Payment.id.in_(payments))}
        backs = [line.back_id for line in lines if line.back_id]
        self.backs = {row.id: row for row in MoneyBack.select().where(MoneyBack.id.in_(backs))}
        loose = [line.reference for line in lines if not line.payment_id and not line.back_id]
        rows = Attempt.select().where(Attempt.transaction_id.in_(loose) & (Attempt.state == AttemptState.SUCCEEDED))
        self.waiting = {row.transaction_id: row.amount for row in rows}  # paid, and not posted yet
        self.tests = _tests(lines)
        self.disputed = _disputed(payments)
        self.others = _elsewhere(lines)
        of_sales = (Entry.kind == EntryKind.REFUND) & Entry.payment.in_(payments)
        self.refunded = set(Entry.select(Entry.payment, Entry.amount).where(of_sales).tuples())

    def amount(self, line: DepositLine) -> Cents | None:
        """What this line should come to; None when the books do not know it."""
        if dollar.sale_of(line.order_id) in self.tests:
            return int(line.amount)  # it came and went, and is in no ledger
        if line.kind == K.SALE:
            payment = self.payments.get(line.payment_id)
            return payment.amount if payment else self.waiting.get(line.reference)
        if line.kind == K.REFUND:
            return self._refund(line)
        cents = self.disputed.get((line.payment_id, DISPUTES[line.kind]))
        return -cents if cents and line.kind == K.DISPUTE else cents

    def _refund(self, line: DepositLine) -> Cents | None:
        """Of a sale that was adopted the refund has no try of ours: any refund of that payment and amount is it."""
        if line.back_id:
            return int(-self.backs[line.back_id].amount)
        return line.amount if (line.payment_id, -line.amount) in self.refunded else None


def _tests(lines: list[DepositLine]) -> set[str]:
    """The references of our test payments among them; asked for only where there may be some."""
    named = {dollar.sale_of(line.order_id) for line in lines if line.order_id.startswith(dollar.LETTER)}
    return {row.order_id for row in TestPayment.select().where(TestPayment.order_id.in_(named))} if named else set()


def _lines(deposit: Deposit, lines: list[DepositLine], books: _Books) -> Iterable[Difference]:
    for line in lines:
        if line.kind != K.ADJUSTMENT:
            yield from _line(deposit, line, books)


def _line(deposit: Deposit, line: DepositLine, books: _Books) -> Iterable[Difference]:
    ours, payment = books.amount(line), books.payments.get(line.payment_id)
    if ours is None:
        yield Difference(_unknown(line), deposit, line, payment, theirs=line.amount)
    elif ours != line.amount:
        yield Difference(What.AMOUNT, deposit, line, payment, ours, line.amount)
    other = books.others.get((line.kind, line.reference), {}).get(line.deposit_id, "")
    if other:
        yield Difference(What.DOUBLE, deposit, line, payment, theirs=line.amount, other=other)


def _unknown(line: DepositLine) -> What:
    if line.kind in DISPUTES:
        return What.DISPUTE
    return What.SALE if line.kind == K.SALE else What.REFUND


def _sums(deposit: Deposit, lines: list[DepositLine], books: _Books) -> Iterable[Difference]:
    """Where the lines do not come to the net, a fee that is not told for one line and is for others says why."""
    if deposit.net != expected(deposit):
        feeless = [line for line in lines if line.fee is None and line.kind != K.ADJUSTMENT]
        if len(feeless) == len(lines) or not feeless:
            yield Difference(What.SUM, deposit, ours=expected(deposit), theirs=deposit.net)
        else:
            yield from (Difference(What.FEE, deposit, each, books.payments.get(each.payment_id)) for each in feeless)
    if (
        deposit.bank_line
        and not deposit.matched_at
        and deposit.bank_line.amount not in (deposit.net, expected(deposit))
    ):
        yield Difference(What.BANK, deposit, ours=deposit.net, theirs=deposit.bank_line.amount)


def _disputed(payments: list[int]) -> dict[tuple[int, str], Cents]:
    kinds = Entry.kind.in_(list(DISPUTES.values()))
    rows = Entry.select(Entry.payment, Entry.kind, fn.SUM(Entry.amount)).where(Entry.payment.in_(payments) & kinds)
    return {(id, EntryKind(kind)): cents for id, kind, cents in rows.group_by(Entry.payment, Entry.kind).tuples()}


def _elsewhere(lines: list[DepositLine]) -> dict[tuple[str, str], dict[int, str]]:
    """(kind, reference) -> deposit id -> the number of another deposit that names the same."""
    named = DepositLine.reference.in_([line.reference for line in lines if not line.reference.startswith(TYPED)])
    rows = DepositLine.select(DepositLine.kind, DepositLine.reference, DepositLine.deposit, Deposit.number)
    found: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for kind, reference, id, number in rows.join(Deposit).where(named & (DepositLine.kind != K.ADJUSTMENT)).tuples():
        found.setdefault((kind, reference), []).append((id, number))
    return {key: _the_other(both) for key, both in found.items() if len(both) > 1}


def _the_other(both: list[tuple[int, str]]) -> dict[int, str]:
    """The one that was known first is right; of the others each names it."""
    first, number = min(both)
    return {id: number for id, _ in both if id != first}


def _first_day() -> date | None:
    first = Deposit.select(fn.MIN(Deposit.day)).scalar()
    if first is None:
        return None
    paid = DepositLine.select(DepositLine.payment).join(Deposit).where(Deposit.day == first)
    settled = Entry.select(fn.MIN(Entry.on)).where((Entry.kind == EntryKind.SETTLEMENT) & Entry.payment.in_(paid))
    return settled.scalar() or first


def _missing_payments(since: date, until: date) -> Iterable[Difference]:
    """Card payments that came in through the processor; what went back in full may never be paid out."""
    begun = datetime.combine(since, time(), UTC) - SETTLES_WITHIN
    when = (Payment.paid_at >= begun) & (Entry.kind == EntryKind.SETTLEMENT) & Entry.on.between(since, until)
    rows = Payment.select(Payment, Entry.on.alias("settled_on")).join(Entry, on=Entry.payment == Payment.id)
    for row in rows.where(when & Payment.attempt.is_null(False) & ~is_told() & ~_gone()).objects():
        yield Difference(What.MISSING, payment=row, ours=row.amount, on=row.settled_on)


def is_told() -> Any:
    """The condition for payments that a deposit has."""
    return fn.EXISTS(DepositLine.select(SQL("1")).where(DepositLine.payment == Payment.id))


def _gone() -> Any:
    ended = Entry.alias()
    kinds = ended.kind.in_((EntryKind.VOID, EntryKind.RETURN))
    return fn.EXISTS(ended.select(SQL("1")).where((ended.payment == Payment.id) & kinds))


def _missing_backs(since: date, until: date) -> Iterable[Difference]:
    """Refunds that the processor made."""
    told = DepositLine.select(DepositLine.back).where(DepositLine.back.is_null(False))
    made = MoneyBack.transaction_id.is_null(False) & MoneyBack.failed_at.is_null() & Entry.on.between(since, until)
    rows = MoneyBack.select(MoneyBack, Entry).join(Entry).where(made & MoneyBack.id.not_in(told))
    for row in rows:
        yield Difference(What.MISSING_BACK, payment=row.entry.payment, ours=-row.amount, on=row.entry.on)
