"""The practice's transactions as a file: money received, posted or not, and money that went back, one row each.

Amounts that went back are below zero, so that the column adds up to what stayed. No diagnosis, no visit.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial, reduce
from heapq import merge
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from peewee import JOIN, SQL, fn

from billing.outcomes import SOURCES
from billing.sheets import Cell
from choices import BACK, DepositLineKind, EntryKind, Method, Source, words
from exchange.outgoing import Asked, Sheet, read
from models import (
    Account,
    Attempt,
    Deposit,
    DepositLine,
    Dispute,
    Entry,
    MoneyBack,
    Payment,
    Staff,
    User,
    WaitingPayment,
)
from money import Cents, plain_dollars
from words import local_day

HEADER = [
    "Transaction ID", "Type", "State", "Paid At", "Paid Date", "Posted Date", "Account ID", "Method", "Card Brand",
    "Card Last4", "Source", "Way", "Amount", "Fee", "Net", "Currency", "Processor Reference", "Order Reference",
    "Deposit ID", "Deposit Date", "Applied", "Unapplied", "Note", "Entered By",
]  # fmt: skip
NAMES = ["Guarantor", "Payer"]
K = EntryKind
TYPES = {
    K.PAYMENT: "Payment", K.REFUND: "Refund", K.VOID: "Void", K.RETURN: "Return", K.CHARGEBACK: "Chargeback",
    K.CHARGEBACK_WON: "Chargeback won",
}  # fmt: skip
LINES = {
    K.PAYMENT: DepositLineKind.SALE,
    K.CHARGEBACK: DepositLineKind.DISPUTE,
    K.CHARGEBACK_WON: DepositLineKind.DISPUTE_WON,
}
WHOSE = (Account.number, Account.guarantor_name.alias("guarantor"), User.name.alias("payer"))


@dataclass(frozen=True, slots=True)
class Line:
    """One row, amounts in cents; `fee` is None where nobody told it, what was used None of money that went back."""

    id: str
    type: str
    state: str
    at: datetime
    posted_on: date | None
    account: str
    method: str
    card: tuple[str, str]  # brand and last four
    source: str
    way: str
    cents: Cents
    fee: Cents | None
    processor: str
    ordered: str
    deposit: tuple[str, date | None]
    applied: Cents | None
    unapplied: Cents | None
    note: str
    by: str
    people: tuple[str, str]


def sheet(asked: Asked) -> Sheet:
    """By posting date in the order of the ledger; by the date of payment in the order of time, with what waits."""
    ledger, waiting = _in_ledger(asked), [] if asked.posted else [_waiting(asked)]
    count = sum(rows.count() for rows in (*ledger, *waiting))
    names = {f"staff:{row.id}": row.name for row in Staff.select(Staff.id, Staff.name)}
    posted = (map(partial(_posted, names), read(_with_facts(rows))) for rows in ledger)
    unposted = (map(_unposted, read(_with_payer(rows))) for rows in waiting)
    rows = merge(*posted, *unposted, key=lambda row: row.at)
    return Sheet([*HEADER, *(NAMES if asked.names else [])], count, (_cells(row, asked) for row in rows))


def transaction_id(entry: Any) -> str:
    """What the row of this entry is called: as its order, or its payment's number; money back adds its own."""
    sale = entry.order or payment_id(entry.payment)
    return sale if entry.kind == K.PAYMENT else f"{sale}-{entry.id}"


def payment_id(payment: int) -> str:
    """What a payment is called that was never ordered at the processor."""
    return f"H{payment:06d}"


# --- What is asked for -----------------------------------------------------------------------------------------------


def _in_ledger(asked: Asked) -> list[Any]:
    """Entries in their order; by the date of payment in two: those have an index, and what went back is little."""
    rows = Entry.select().join(Payment).where(Entry.id <= asked.until)
    if asked.posted:
        return [rows.where(Entry.kind.in_(list(TYPES)) & asked.days(Entry.on)).order_by(Entry.id)]
    paid = rows.where((Entry.kind == K.PAYMENT) & asked.instants(Payment.paid_at)).order_by(Payment.paid_at, Payment.id)
    # The words of the index `entry_back`, which is not used for others.
    back = rows.where(SQL(f'"t1"."kind" IN ({words(BACK)})') & asked.instants(Entry.at)).order_by(Entry.at, Entry.id)
    return [paid, back]


def _waiting(asked: Asked) -> Any:
    rows = (
        WaitingPayment.select()
        .join(Attempt)
        .where(WaitingPayment.payment.is_null() & asked.instants(WaitingPayment.received_at))
    )
    return rows.order_by(WaitingPayment.received_at, WaitingPayment.id)


# --- What a row says -------------------------------------------------------------------------------------------------


def _with_facts(rows: Any) -> Any:
    """Each entry with its payment, account, attempt, try to give back, dispute and deposit."""
    disputed = (Dispute.payment == Payment.id) & Entry.kind.in_((K.CHARGEBACK, K.CHARGEBACK_WON))
    rows = rows.join_from(Payment, Account).join_from(Payment, User, JOIN.LEFT_OUTER)
    rows = rows.join_from(Payment, Attempt, JOIN.LEFT_OUTER)
    rows = rows.join_from(Entry, MoneyBack, JOIN.LEFT_OUTER, on=MoneyBack.entry == Entry.id)
    rows = rows.join_from(Payment, Dispute, JOIN.LEFT_OUTER, on=disputed)
    rows = rows.join_from(Entry, DepositLine, JOIN.LEFT_OUTER, on=DepositLine.id == _line())
    return rows.join_from(DepositLine, Deposit, JOIN.LEFT_OUTER).select(
        Entry.id, Entry.kind, Entry.at, Entry.on, Entry.amount, Entry.by, Entry.category,
        Payment.id.alias("payment"), Payment.paid_at, Payment.amount.alias("paid"), Payment.method, Payment.card_brand,
        Payment.card_last4, Payment.source, Payment.way, Payment.note, Attempt.order_id.alias("order"),
        MoneyBack.order_id.alias("back_order"), DepositLine.fee, Deposit.number.alias("deposit"), Deposit.day,
        Payment.fee.alias("site_fee"),
        fn.COALESCE(MoneyBack.transaction_id, Dispute.processor_id, Attempt.transaction_id).alias("processor"),
        *[_sum(kind).alias(f"sum_{kind}") for kind in (*BACK, K.SETTLEMENT, K.ALLOCATION, K.RELEASE)], *WHOSE,
    )  # fmt: skip


def _line() -> Any:
    """The line of a deposit that this entry's money is."""
    line = DepositLine.alias()
    kinds = reduce(or_, ((Entry.kind == kind) & (line.kind == word) for kind, word in LINES.items()))
    same = ((line.payment == Payment.id) & kinds) | (line.back == MoneyBack.id)
    return line.select(fn.MIN(line.id)).where(same)


def _sum(kind: EntryKind) -> Any:
    """Of this kind, on the payment at hand."""
    other = Entry.alias()
    return other.select(fn.COALESCE(fn.SUM(other.amount), 0)).where(
        (other.payment == Payment.id) & (other.kind == kind)
    )


def _with_payer(rows: Any) -> Any:
    rows = rows.join_from(Attempt, User).join_from(WaitingPayment, Account)
    return rows.select(
        WaitingPayment.id, WaitingPayment.received_at, WaitingPayment.amount, Attempt.order_id.alias("order"),
        Attempt.card_brand, Attempt.card_last4, Attempt.way, Attempt.note, Attempt.transaction_id.alias("processor"),
        *WHOSE,
    )  # fmt: skip


def _posted(names: dict[str, str], row: Any) -> Line:
    came = row.kind == K.PAYMENT
    applied = row.sum_allocation - row.sum_release
    other = row.category if row.kind == K.REFUND else ""  # it went another way than it came
    return Line(
        id=transaction_id(row), type=TYPES[row.kind], state=_state(row), at=row.paid_at if came else row.at,
        posted_on=row.on, account=row.number, method=other or row.method, card=("", "") if other else _card(row),
        source=row.source, way=row.way, cents=_sign(row.kind) * row.amount, fee=_fee(row, came),
        processor=row.processor or "", ordered=(row.back_order or row.order) if row.order else "",
        deposit=(row.deposit or "", row.day),
        applied=applied if came else None, unapplied=row.paid - applied - _back(row) if came else None,
        note=_note(row.note, Payment.note) if came else "", people=_people(row),
        by="" if came and row.order else names.get(row.by, ""),
    )  # fmt: skip


def _unposted(row: Any) -> Line:
    return Line(
        id=row.order, type=TYPES[K.PAYMENT], state="received", at=row.received_at, posted_on=None, account=row.number,
        method=Method.CARD, card=_card(row), source=SOURCES.get(row.way, Source.PORTAL), way=row.way, cents=row.amount,
        fee=None, processor=row.processor or "", ordered=row.order, deposit=("", None), applied=0,
        unapplied=row.amount, note=_note(row.note, Attempt.note), by="", people=_people(row),
    )  # fmt: skip


def _cells(row: Line, asked: Asked) -> list[Cell]:
    net = None if row.fee is None else row.cents - row.fee
    return [
        row.id, row.type, row.state, row.at.astimezone(ZoneInfo(asked.zone)).isoformat(timespec="seconds"),
        local_day(row.at, asked.zone), row.posted_on, row.account, row.method, *row.card, row.source, row.way,
        plain_dollars(row.cents), _dollars(row.fee), _dollars(net), "USD", row.processor, row.ordered, *row.deposit,
        _dollars(row.applied), _dollars(row.unapplied), row.note, row.by, *(row.people if asked.names else ()),
    ]  # fmt: skip


def _fee(row: Any, came: bool) -> Cents | None:
    """As the deposit tells it; of money paid at another site, as that site's report does."""
    fee: Cents | None = row.site_fee if came and row.fee is None else row.fee
    return fee


def _sign(kind: EntryKind) -> int:
    return 1 if kind in (K.PAYMENT, K.CHARGEBACK_WON) else -1


def _people(row: Any) -> tuple[str, str]:
    return row.guarantor, row.payer or ""


def _state(row: Any) -> str:
    """How far it has come; of money back, whether it is in a deposit."""
    reached = [(row.deposit, "deposited"), (row.sum_settlement and row.kind == K.PAYMENT, "settled")]
    ended = [
        (row.sum_chargeback > row.sum_chargeback_won, "disputed"), (row.sum_return, "returned"),
        (row.sum_void, "voided"), (row.sum_refund >= row.paid, "refunded"), (row.sum_refund, "part_refunded"),
    ] if row.kind == K.PAYMENT else []  # fmt: skip
    return next((word for when, word in (*ended, *reached) if when), "posted")


def _back(row: Any) -> Cents:
    return int(row.sum_refund + row.sum_void + row.sum_return + row.sum_chargeback - row.sum_chargeback_won)


def _card(row: Any) -> tuple[str, str]:
    return row.card_brand, row.card_last4


def _note(kept: Any, of: Any) -> str:
    """What lay sealed in this column, on one line, as programs read lines."""
    return " ".join(of.opened(kept.kept).split())


def _dollars(cents: Cents | None) -> str:
    return "" if cents is None else plain_dollars(cents)
