"""What was paid, however it was paid, as one reader may see it.

With the bills right a reader sees every payment of the account, without it only their own. What is in flight or
waits to be posted stands on the first page, since nothing of it is settled history yet.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from peewee import JOIN, fn

from billing.access import Reader, reader
from billing.figures import PaymentFigures
from billing.ledger import payment_figure, payment_figures_of
from billing.outcomes import paid_at
from choices import ASKED, BACK, IN_FLIGHT, AttemptState, DisputeState, EntryKind, Method, Right
from models import (
    Account,
    Attempt,
    AttemptLine,
    Charge,
    Client,
    Dispute,
    Entry,
    Hold,
    MoneyBack,
    Payment,
    User,
    WaitingPayment,
)
from money import Cents

PER_PAGE = 50


@dataclass(frozen=True)
class GaveBack:
    """One entry that gave money back, or brought a chargeback back (`kind`).

    `by` is "check" (with `reference` as its number) or "cash", and empty when it went back the way it came. What the
    client's bank then did not take goes by check, which has no number until it is sent.
    """

    kind: EntryKind
    amount: Cents
    on: date
    by: str
    reference: str


@dataclass(frozen=True)
class Item:
    """One line of the history. `state` is paid, pending, waiting, refund, void, returned or review.

    `key` is a payment's key, or an attempt's while there is no payment yet (`posted` False). `given` is what went
    back, in posting order; `asked` what the processor was asked to give back and has not confirmed.
    """

    key: str
    account: Account
    at: datetime
    amount: Cents
    state: str
    posted: bool
    given: tuple[GaveBack, ...] = ()
    asked: MoneyBack | None = None
    payment: Payment | None = None
    attempt: Attempt | None = None
    people: tuple[str, ...] = ()

    @property
    def unsure(self) -> bool:
        """Whether nobody knows yet if this went through."""
        return self.attempt is not None and self.attempt.state == AttemptState.UNKNOWN


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
class Detail:
    """One payment with what it paid and what is unused. `note` only for who wrote it."""

    item: Item
    figures: PaymentFigures
    lines: list[PaidFor]
    note: str
    reader: Reader = field(repr=False)


def history(user: User, page: int = 1) -> Page:
    """One page of payments, newest first, each with its state; the number of queries does not grow.

    Below the first page it shows the first, past the last the last.
    """
    who = reader(user)
    ids = _newest_first(who)
    last = max(1, -(-ids.count() // PER_PAGE))
    page = min(max(page, 1), last)
    items = _posted(who, [row.id for row in ids.paginate(page, PER_PAGE)])
    if page == 1:
        items = _with_unposted(who, items)
    return Page(items, page, page < last)


def everything(user: User) -> list[Item]:
    """All pages at once, in as many queries as one."""
    who = reader(user)
    return _with_unposted(who, _posted(who, [row.id for row in _newest_first(who)]))


def detail(user: User, key: str) -> Detail:
    """One payment this user may see; else `DoesNotExist`."""
    who = reader(user)
    payment = Payment.get(_visible(who) & (Payment.key == key))
    figures = payment_figure(payment)
    note = payment.note if payment.attempt_id and payment.user_id == user.id else ""  # else staff wrote it
    (item,) = _items(who, [figures])
    return Detail(item, figures, paid_for(payment), note, who)


def paid_for(payment: Payment) -> list[PaidFor]:
    """What a payment pays now, oldest service first."""
    return paid_for_each([payment.id]).get(payment.id, [])


def paid_for_each(ids: Iterable[int]) -> dict[int, list[PaidFor]]:
    """Payment id -> what it pays now, oldest service first; in one query."""
    sums: dict[int, dict[Charge, Cents]] = {}
    for entry in _uses(list(ids)):
        lines = sums.setdefault(entry.payment_id, {})
        sign = 1 if entry.kind == EntryKind.ALLOCATION else -1
        lines[entry.charge] = lines.get(entry.charge, 0) + sign * entry.amount
    return {id: _oldest_first(lines) for id, lines in sums.items()}


def given(payment: Payment) -> tuple[GaveBack, ...]:
    """Refunds, voids, returns and chargebacks of a payment, in posting order."""
    return tuple(_given([payment.id]).get(payment.id, ()))


def _oldest_first(lines: dict[Charge, Cents]) -> list[PaidFor]:
    ordered = sorted(lines.items(), key=lambda pair: (pair[0].service_date, pair[0].id))
    return [PaidFor(charge, amount) for charge, amount in ordered if amount]


def _visible(who: Reader) -> Any:
    all_of = [account.id for account in who.allowed(Right.BILLS)]
    own_of = [account.id for account in who.accounts]
    return Payment.account.in_(all_of) | (Payment.account.in_(own_of) & (Payment.user == who.user))


def _newest_first(who: Reader) -> Any:
    ids = Payment.select(Payment.id).where(_visible(who))
    return ids.order_by(Payment.paid_at.desc(), Payment.id.desc())


def _with_unposted(who: Reader, posted: list[Item]) -> list[Item]:
    return sorted([*unposted(who), *posted], key=lambda item: item.at, reverse=True)


def _posted(who: Reader, ids: list[int]) -> list[Item]:
    return _items(who, payment_figures_of(ids)[::-1])


def _items(who: Reader, rows: list[PaymentFigures]) -> list[Item]:
    ids = [row.payment.id for row in rows]
    disputed, people, back, asked = _disputed(ids), _people(who, ids), _given(ids), _asked(ids)
    return [
        Item(
            row.payment.key, row.payment.account, row.payment.paid_at, row.amount,
            "review" if row.payment.id in disputed else _state(row), True,
            given=tuple(back.get(row.payment.id, ())), asked=asked.get(row.payment.attempt_id),
            payment=row.payment, people=people.get(row.payment.id, ()),
        )
        for row in rows
    ]  # fmt: skip


def _state(row: PaymentFigures) -> str:
    if row.voided:
        return "void"
    if row.returned or row.charged_back > row.won:
        return "returned"
    return "refund" if row.refunded else "paid"


def unposted(who: Reader) -> list[Item]:
    """What waits to be posted, and what is still being asked, the last first; to the payer, and to readers with the
    bills right.
    """
    waiting = WaitingPayment.attempt == Attempt.id
    rows = (
        Attempt.select(Attempt, Account, WaitingPayment.id.alias("waiting_id"))
        .join(Account)
        .join_from(Attempt, WaitingPayment, JOIN.LEFT_OUTER, on=waiting)
        .where(_visible_attempt(who))
        .where(Attempt.state.in_(IN_FLIGHT) | (WaitingPayment.id.is_null(False) & WaitingPayment.payment.is_null()))
        .order_by(Attempt.sent_at.desc())
    )
    attempts = list(rows.objects())
    people = _planned_for(who, [row.id for row in attempts])
    return [_unposted_item(row, people.get(row.id, ())) for row in attempts]


def _visible_attempt(who: Reader) -> Any:
    all_of = [account.id for account in who.allowed(Right.BILLS)]
    own_of = [account.id for account in who.accounts]
    return Attempt.account.in_(all_of) | (Attempt.account.in_(own_of) & (Attempt.user == who.user))


def _unposted_item(row: Any, people: tuple[str, ...]) -> Item:
    state = "waiting" if row.waiting_id else "pending"
    return Item(row.key, row.account, paid_at(row), row.amount, state, False, attempt=row, people=people)


def _disputed(ids: Iterable[int]) -> set[int]:
    """Payments whose bank has not decided, or about whose loss nobody here has."""
    held = fn.EXISTS(Hold.select(Hold.id).where((Hold.dispute == Dispute.id) & Hold.ended_at.is_null()))
    undecided = (Dispute.state == DisputeState.OPEN) | ((Dispute.state == DisputeState.LOST) & held)
    rows = Dispute.select(Dispute.payment).where(Dispute.payment.in_(list(ids)) & undecided)
    return {row.payment_id for row in rows}


def _given(ids: list[int]) -> dict[int, list[GaveBack]]:
    """Payment id -> refunds, voids, returns and chargebacks, in posting order."""
    found: dict[int, list[GaveBack]] = {}
    rows = Entry.select(Entry, MoneyBack).join(MoneyBack, JOIN.LEFT_OUTER, on=MoneyBack.entry == Entry.id, attr="asked")
    for entry in rows.where(Entry.payment.in_(ids) & Entry.kind.in_(BACK)).order_by(Entry.id):
        by, reference = entry.category if entry.kind == EntryKind.REFUND else "", entry.reference
        asked = getattr(entry, "asked", None)
        if asked and asked.failed_at:
            by, reference = Method.CHECK, asked.reference
        told = GaveBack(entry.kind, entry.amount, entry.on, by, reference)
        found.setdefault(entry.payment_id, []).append(told)
    return found


def _asked(ids: list[int]) -> dict[int, MoneyBack]:
    """Attempt id -> the try to give its money back that nobody has answered yet; there is at most one."""
    asked = MoneyBack.select().join(Attempt).join(Payment, on=Payment.attempt == Attempt.id)
    return {row.attempt_id: row for row in asked.where(Payment.id.in_(ids) & MoneyBack.state.in_(ASKED))}


def _people(who: Reader, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Payment id -> first names of who it was for, as far as this reader may know."""
    return _first_names(who, ((entry.payment_id, entry.charge) for entry in _uses(ids)))


def _planned_for(who: Reader, ids: list[int]) -> dict[int, tuple[str, ...]]:
    """Attempt id -> first names of who it is to be for, likewise."""
    lines = AttemptLine.select(AttemptLine, Charge, Client).join(Charge).join(Client)
    return _first_names(who, ((line.attempt_id, line.charge) for line in lines.where(AttemptLine.attempt.in_(ids))))


def _first_names(who: Reader, uses: Iterable[tuple[int, Charge]]) -> dict[int, tuple[str, ...]]:
    names: dict[int, set[str]] = {}
    for id, charge in uses:
        names.setdefault(id, set()).add(who.client_name(charge))
    return {id: tuple(sorted(found - {""})) for id, found in names.items()}


def _uses(ids: list[int]) -> Any:
    used = Entry.kind.in_((EntryKind.ALLOCATION, EntryKind.RELEASE)) & Entry.payment.in_(ids)
    return Entry.select(Entry, Charge, Client).join(Charge).join(Client).where(used).order_by(Entry.id)
