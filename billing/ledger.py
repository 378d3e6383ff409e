"""The figures of `billing.figures` read from the ledger: each list in one query, however long it is."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from peewee import Case, fn

from billing.figures import AccountFigures, ChargeFigures, PaymentFigures
from choices import IN_FLIGHT, EntryKind, Payer
from models import (
    Account,
    Attempt,
    AttemptLine,
    Charge,
    Client,
    Entry,
    Hold,
    MoneyBack,
    Payment,
    Provider,
    WaitingPayment,
)
from money import Cents
from tables import Worded, asked, given

K = EntryKind


def charge_figures(accounts: Iterable[Account], *, unfinished: bool = False) -> list[ChargeFigures]:
    """The charges of `accounts`, oldest service date first, then lowest id.

    With `unfinished`, only those with money still to come: open to the client or pending with insurance.
    """
    query = _charges(Charge.account.in_([account.id for account in accounts]))
    if unfinished:
        sums = _charge_sums()
        query = query.having(sums["gross"] - sums["adjusted"] - sums["insurance"] != sums["allocated"])
    return [_charge_row(row) for row in query]


def charge_figures_on(account: Account, day: date) -> list[ChargeFigures]:
    """The charges of `account` as posted until the end of that day; what is held or reserved is so now."""
    return [_charge_row(row) for row in _charges((Charge.account == account) & (Entry.on <= day))]


def charge_figure(charge: Charge) -> ChargeFigures:
    """One charge's figures, read now."""
    return _charge_row(_charges(Charge.id == charge.id).get())


def charges_by_key(keys: Iterable[str]) -> list[ChargeFigures]:
    """The charges with these public keys, oldest first; unknown keys are simply absent."""
    return [_charge_row(row) for row in _charges(Charge.key.in_(list(keys)))]


def charge_figures_of(ids: Iterable[int]) -> list[ChargeFigures]:
    """The charges with these ids, oldest first."""
    return [_charge_row(row) for row in _charges(Charge.id.in_(list(ids)))]


def payment_figures(accounts: Iterable[Account]) -> list[PaymentFigures]:
    """The payments of `accounts`, oldest first by `paid_at`."""
    return [_payment_row(row) for row in _payments(Payment.account.in_([account.id for account in accounts]))]


def payment_figures_of(ids: Iterable[int]) -> list[PaymentFigures]:
    """The payments with these ids, oldest first by `paid_at`."""
    return [_payment_row(row) for row in _payments(Payment.id.in_(list(ids)))]


def payment_figure(payment: Payment) -> PaymentFigures:
    """One payment's figures, read now."""
    return _payment_row(_payments(Payment.id == payment.id).get())


def account_figures(accounts: Iterable[Account]) -> dict[int, AccountFigures]:
    """Account id -> figures, in two queries."""
    ids = [account.id for account in accounts]
    charges = {row[0]: row[1:] for row in asked(_open_by_account(), ids)}
    credit = {row[0]: row[1:] for row in asked(_credit_by_account(), ids)}
    return {id: AccountFigures(*charges.get(id, (0,) * 6), *credit.get(id, (0, 0))) for id in ids}


def account_figure(account: Account) -> AccountFigures:
    """One account's figures, read now."""
    return account_figures([account])[account.id]


def net_allocation(payment: Payment, charge: Charge) -> Cents:
    """Allocations less releases of one pair."""
    pair = (Entry.payment == payment) & (Entry.charge == charge)
    return int(Entry.select(_net(K.ALLOCATION, K.RELEASE)).where(pair).scalar())


def left_of(entry: Entry) -> Cents:
    """What reversals have not yet taken back of an entry."""
    undone = Entry.select(fn.COALESCE(fn.SUM(Entry.amount), 0)).where(Entry.names == entry).scalar()
    return int(entry.amount - undone)


def allocations_newest_first(payment: Payment) -> list[tuple[Charge, Cents]]:
    """The charges a payment still pays, the latest allocation first."""
    net = _net(K.ALLOCATION, K.RELEASE)
    rows = (
        Charge.select(Charge, net.alias("net"))
        .join(Entry, on=Entry.charge == Charge.id)
        .where(Entry.payment == payment)
        .group_by(Charge.id)
        .having(net > 0)
        .order_by(fn.MAX(Entry.id).desc())
    )
    return [(row, row.net) for row in rows]


@cache
def _sum(kind: EntryKind) -> Any:
    return Worded(fn.COALESCE(fn.SUM(Case(Entry.kind, [(kind, Entry.amount)], 0)), 0))


@cache
def _net(plus: EntryKind, minus: EntryKind) -> Any:
    signed = Case(Entry.kind, [(plus, Entry.amount), (minus, 0 - Entry.amount)], 0)
    return Worded(fn.COALESCE(fn.SUM(signed), 0))


@cache
def _charge_sums() -> dict[str, Any]:
    return {
        "gross": _net(K.CHARGE, K.CHARGE_VOID),
        "adjusted": _net(K.ADJUSTMENT, K.ADJUSTMENT_REVERSAL),
        "insurance": _net(K.INSURANCE_PAYMENT, K.INSURANCE_REVERSAL),
        "moved": _net(K.TRANSFER, K.TRANSFER_REVERSAL),
        "allocated": _net(K.ALLOCATION, K.RELEASE),
    }


FIGURES = (*_charge_sums(), "in_flight", "waiting")  # once: a long list must not build the sums anew for each row


def _in_flight() -> Any:
    return Attempt.state.in_(IN_FLIGHT)


def _waiting() -> Any:
    unposted = (WaitingPayment.attempt == Attempt.id) & WaitingPayment.payment.is_null()
    return fn.EXISTS(WaitingPayment.select(WaitingPayment.id).where(unposted))


def _set_aside(which: Any) -> Any:
    """What the lines of such attempts reserve of the charge at hand."""
    lines = AttemptLine.select(fn.COALESCE(fn.SUM(AttemptLine.amount), 0)).join(Attempt)
    return lines.where((AttemptLine.charge == Charge.id) & which)


@cache
def _standing() -> dict[str, Any]:
    """What stands in the way of paying a charge now."""
    on_this = (Hold.charge == Charge.id) | (Hold.charge.is_null() & (Hold.account == Charge.account))
    return {
        "in_flight": Worded(_set_aside(_in_flight())),
        "waiting": Worded(_set_aside(_waiting())),
        "held": Worded(fn.EXISTS(Hold.select(Hold.id).where(on_this & Hold.ended_at.is_null()))),
    }


def _charges(where: Any) -> Any:
    figures = [expression.alias(name) for name, expression in (_charge_sums() | _standing()).items()]
    return (
        Charge.select(Charge, Account, Client, Provider, *figures)
        .join(Account).switch(Charge).join(Client).switch(Charge).left_outer_join(Provider)
        .join_from(Charge, Entry, on=Entry.charge == Charge.id)
        .where(where).group_by(Charge.id, Account.id, Client.id, Provider.id)
        .order_by(Charge.service_date, Charge.id)
    )  # fmt: skip


def _charge_row(row: Any) -> ChargeFigures:
    return ChargeFigures(row, bool(row.held), *[getattr(row, name) for name in FIGURES])


def _payments(where: Any) -> Any:
    return (
        Payment.select(
            Payment, Account, _net(K.ALLOCATION, K.RELEASE).alias("allocated"), _sum(K.REFUND).alias("refunded"),
            _sum(K.VOID).alias("voided"), _sum(K.RETURN).alias("returned"), _sum(K.CHARGEBACK).alias("charged_back"),
            _sum(K.CHARGEBACK_WON).alias("won"), _leaving().alias("leaving"),
            (_sum(K.SETTLEMENT) > 0).alias("settled"),
        )
        .join(Account).join_from(Payment, Entry, on=Entry.payment == Payment.id)
        .where(where).group_by(Payment.id, Account.id).order_by(Payment.paid_at, Payment.id)
    )  # fmt: skip


def _payment_row(row: Any) -> PaymentFigures:
    sums = (row.allocated, row.refunded, row.voided, row.returned, row.charged_back, row.won, row.leaving)
    return PaymentFigures(row, *sums, bool(row.settled))


@cache
def _leaving() -> Any:
    """What tries to give a payment back may still take of it."""
    mine = (MoneyBack.payment == Payment.id) | (MoneyBack.attempt == Payment.attempt)
    leaving = MoneyBack.select(fn.COALESCE(fn.SUM(MoneyBack.amount), 0))
    return Worded(leaving.where(mine & MoneyBack.state.in_(IN_FLIGHT)))


@cache
def _open_by_account() -> tuple[str, list[Any]]:
    """account id, open, held, payable, pending, reserved, in flight: the charge figures summed in the database."""
    rows = _per_charge().cte("charges")
    row = rows.c
    net = row.gross - row.adjusted - row.insurance
    client = Case(None, [(row.payer == str(Payer.CLIENT), net)], fn.MIN(net, row.moved))
    open_ = client - row.allocated
    free = (open_ - row.reserved) * (1 - row.held)
    totals = (open_, open_ * row.held, free, net - client, row.reserved, row.in_flight)
    query = rows.select_from(row.account_id, *[fn.SUM(total) for total in totals]).group_by(row.account_id)
    return query.sql()


def _per_charge() -> Any:
    figures = (
        *_charge_sums().items(), ("reserved", _set_aside(_in_flight() | _waiting())),
        ("in_flight", _standing()["in_flight"]), ("held", _standing()["held"]),
    )  # fmt: skip
    return (
        Charge.select(
            Charge.account_id.alias("account_id"), Charge.payer.alias("payer"),
            *[expression.alias(name) for name, expression in figures],
        )
        .join(Entry, on=Entry.charge == Charge.id)
        .where(Charge.account.in_(given())).group_by(Charge.id)
    )  # fmt: skip


@cache
def _credit_by_account() -> tuple[str, list[Any]]:
    """account id, unapplied, usable: payments less what is allocated and what went back, or was asked to."""
    plus = (K.PAYMENT, K.RELEASE, K.CHARGEBACK_WON)
    minus = (K.ALLOCATION, K.REFUND, K.VOID, K.RETURN, K.CHARGEBACK)
    signed = Case(None, [(Entry.kind.in_(plus), Entry.amount), (Entry.kind.in_(minus), 0 - Entry.amount)], 0)
    payments = Payment.select(Payment.account_id, fn.SUM(signed).alias("unapplied"), _leaving().alias("leaving"))
    payments = payments.join(Entry, on=Entry.payment == Payment.id).where(Payment.account.in_(given()))
    rows = payments.group_by(Payment.id).cte("payments")
    row = rows.c
    usable = fn.MAX(0, row.unapplied - row.leaving)
    query = rows.select_from(row.account_id, fn.SUM(row.unapplied), fn.SUM(usable)).group_by(row.account_id)
    return query.sql()
