"""What was paid, however it was paid, as one reader may see it.

With the bills right a reader sees every payment of the account, without it only their own. What is in flight or
waits to be posted stands on the first page, since nothing of it is settled history yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from peewee import JOIN

from billing.access import Reader, reader
from billing.figures import PaymentFigures
from billing.ledger import payment_figure, payment_figures_of
from models import (
    IN_FLIGHT,
    Account,
    Attempt,
    Charge,
    Client,
    Dispute,
    DisputeState,
    Entry,
    EntryKind,
    Payment,
    Right,
    User,
    WaitingPayment,
)
from money import Cents

PER_PAGE = 50
BACK = (EntryKind.REFUND, EntryKind.VOID, EntryKind.RETURN, EntryKind.CHARGEBACK, EntryKind.CHARGEBACK_WON)


@dataclass(frozen=True)
class Item:
    """One line of the history. `state` is paid, pending, waiting, refund, void, returned or review.

    `key` is a payment's key, or an attempt's while there is no payment yet (`posted` False).
    """

    key: str
    account: Account
    at: datetime
    amount: Cents
    state: str
    posted: bool
    back: Cents = 0
    payment: Payment | None = None
    attempt: Attempt | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    items: list[Item]
    number: int
    more: bool


@dataclass(frozen=True)
class PaidFor:
    """This much of a payment pays this charge, net of releases."""

    charge: Charge
    amount: Cents


@dataclass(frozen=True)
class MoneyBack:
    """One entry that gave money back, or brought a chargeback back (`kind`)."""

    kind: EntryKind
    amount: Cents
    on: date


@dataclass(frozen=True)
class Detail:
    """One payment with what it paid, what is unused and what went back. `note` only for who wrote it."""

    item: Item
    figures: PaymentFigures
    lines: list[PaidFor]
    back: list[MoneyBack]
    note: str
    reader: Reader = field(repr=False)


def history(user: User, page: int = 1) -> Page:
    """One page of payments, newest first, each with its state; the number of queries does not grow."""
    who = reader(user)
    visible = _visible(who)
    ids = Payment.select(Payment.id).where(visible).order_by(Payment.paid_at.desc(), Payment.id.desc())
    wanted = [row.id for row in ids.limit(PER_PAGE + 1).offset((page - 1) * PER_PAGE)]
    items = _posted(who, wanted[:PER_PAGE])
    if page == 1:
        items = sorted([*_unposted(who), *items], key=lambda item: item.at, reverse=True)
    return Page(items, page, len(wanted) > PER_PAGE)


def detail(user: User, key: str) -> Detail:
    """One payment this user may see; else `DoesNotExist`."""
    who = reader(user)
    payment = Payment.get(_visible(who) & (Payment.key == key))
    figures = payment_figure(payment)
    note = payment.note if payment.user_id == user.id else ""
    item = _item(figures, _disputed([payment.id]), _people(who, [payment.id]))
    return Detail(item, figures, paid_for(payment), money_back(payment), note, who)


def paid_for(payment: Payment) -> list[PaidFor]:
    """What a payment pays now, oldest service first."""
    lines: dict[Charge, Cents] = {}
    for entry in _uses([payment.id]):
        sign = 1 if entry.kind == EntryKind.ALLOCATION else -1
        lines[entry.charge] = lines.get(entry.charge, 0) + sign * entry.amount
    ordered = sorted(lines.items(), key=lambda pair: (pair[0].service_date, pair[0].id))
    return [PaidFor(charge, amount) for charge, amount in ordered if amount]


def money_back(payment: Payment) -> list[MoneyBack]:
    """Refunds, voids, returns and chargebacks of a payment, in posting order."""
    entries = Entry.select().where((Entry.payment == payment) & Entry.kind.in_(BACK)).order_by(Entry.id)
    return [MoneyBack(entry.kind, entry.amount, entry.on) for entry in entries]


def _visible(who: Reader) -> Any:
    all_of = [account.id for account in who.allowed(Right.BILLS)]
    own_of = [account.id for account in who.accounts]
    return Payment.account.in_(all_of) | (Payment.account.in_(own_of) & (Payment.user == who.user))


def _posted(who: Reader, ids: list[int]) -> list[Item]:
    disputed, people = _disputed(ids), _people(who, ids)
    return [_item(row, disputed, people) for row in reversed(payment_figures_of(ids))]


def _item(row: PaymentFigures, disputed: set[int], people: dict[int, tuple[str, ...]]) -> Item:
    payment = row.payment
    state = "review" if payment.id in disputed else _state(row)
    return Item(
        payment.key, payment.account, payment.paid_at, row.amount, state, True,
        back=row.back, payment=payment, people=people.get(payment.id, ()),
    )  # fmt: skip


def _state(row: PaymentFigures) -> str:
    if row.voided:
        return "void"
    if row.returned or row.charged_back > row.won:
        return "returned"
    return "refund" if row.refunded else "paid"


def _unposted(who: Reader) -> list[Item]:
    """What waits to be posted, and what is still being asked; to the payer, and to readers with the bills right."""
    waiting = WaitingPayment.attempt == Attempt.id
    rows = (
        Attempt.select(Attempt, Account, WaitingPayment.id.alias("waiting_id"))
        .join(Account)
        .join_from(Attempt, WaitingPayment, JOIN.LEFT_OUTER, on=waiting)
        .where(_visible_attempt(who))
        .where(Attempt.state.in_(IN_FLIGHT) | (WaitingPayment.id.is_null(False) & WaitingPayment.payment.is_null()))
        .order_by(Attempt.created_at.desc())
    )
    return [_unposted_item(row) for row in rows.objects()]


def _visible_attempt(who: Reader) -> Any:
    all_of = [account.id for account in who.allowed(Right.BILLS)]
    own_of = [account.id for account in who.accounts]
    return Attempt.account.in_(all_of) | (Attempt.account.in_(own_of) & (Attempt.user == who.user))


def _unposted_item(row: Any) -> Item:
    state = "waiting" if row.waiting_id else "pending"
    return Item(row.key, row.account, row.created_at, row.amount, state, False, attempt=row)


def _disputed(ids: Iterable[int]) -> set[int]:
    rows = Dispute.select(Dispute.payment).where(Dispute.payment.in_(list(ids)) & (Dispute.state == DisputeState.OPEN))
    return {row.payment_id for row in rows}


def _people(who: Reader, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Payment id -> first names of who it was for, as far as this reader may know."""
    names: dict[int, set[str]] = {}
    for entry in _uses(ids):
        names.setdefault(entry.payment_id, set()).add(who.client_name(entry.charge))
    return {id: tuple(sorted(found - {""})) for id, found in names.items()}


def _uses(ids: list[int]) -> Any:
    used = Entry.kind.in_((EntryKind.ALLOCATION, EntryKind.RELEASE)) & Entry.payment.in_(ids)
    return Entry.select(Entry, Charge, Client).join(Charge).join(Client).where(used).order_by(Entry.id)
