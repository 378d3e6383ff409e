"""The practice's list of deposits, newest first, with how each agrees, and the sums of all that are listed."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from peewee import JOIN, SQL, fn

from billing import deposit_differences
from billing.banking import WITHIN
from billing.deposit_differences import LOOKED_BACK, Difference, What
from billing.deposits import State, off_by, state
from models import Account, BankLine, Deposit, DepositLine, Payment
from money import Cents

PER_PAGE = 50
AT_ONCE = 200  # deposits whose differences are named on the list


class Show(StrEnum):
    ALL = "all"
    OPEN = "open"
    MATCHED = "matched"


@dataclass(frozen=True)
class Row:
    """One deposit; `off` in cents where it is off."""

    deposit: Deposit
    state: State
    off: Cents


@dataclass(frozen=True)
class Sums:
    """Of the whole list, in cents."""

    count: int
    gross: Cents
    fees: Cents
    refunds: Cents
    disputes: Cents
    net: Cents


@dataclass(frozen=True)
class Listing:
    rows: list[Row]
    sums: Sums
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.sums.count // PER_PAGE))


def listing(show: Show, page: int, today: date) -> Listing:
    """One page in two queries; a page beyond the last is the last."""
    which = {Show.OPEN: Deposit.matched_at.is_null(), Show.MATCHED: Deposit.matched_at.is_null(False)}.get(show)
    which = SQL("1") if which is None else which
    sums = _sums(which)
    page = min(max(page, 1), max(1, -(-sums.count // PER_PAGE)))
    found = _with_bank(which).order_by(Deposit.day.desc(), Deposit.id.desc()).paginate(page, PER_PAGE)
    return Listing([row(deposit, today) for deposit in found], sums, page)


def one(key: str) -> Deposit:
    """A deposit by its public key, with the bank's line; `DoesNotExist` when there is none."""
    found: Deposit = _with_bank(Deposit.key == key).get()
    return found


def lines(deposit: Deposit) -> Any:
    """Its lines with payment and account, as they were told."""
    rows = DepositLine.select(DepositLine, Payment, Account).join(Payment, JOIN.LEFT_OUTER)
    return rows.join(Account, JOIN.LEFT_OUTER).where(DepositLine.deposit == deposit).order_by(DepositLine.id)


def waiting_with(deposit: Deposit) -> list[Deposit]:
    """Other deposits that wait, of the days around: one line of the bank may be several."""
    near = Deposit.day.between(deposit.day - WITHIN, deposit.day + WITHIN) & (Deposit.id != deposit.id)
    open_ = Deposit.matched_at.is_null() & near
    return [] if deposit.matched_at else list(Deposit.select().where(open_).order_by(Deposit.day, Deposit.id))


def row(deposit: Deposit, today: date) -> Row:
    return Row(deposit, state(deposit, today), off_by(deposit))


def to_look_at(today: date) -> list[Difference]:
    """What does not agree, oldest first: in deposits that wait or that came lately, and in none of them."""
    lately = Deposit.matched_at.is_null() | (Deposit.day >= today - LOOKED_BACK)
    deposits = list(_with_bank(lately).order_by(Deposit.day.desc(), Deposit.id.desc()).limit(AT_ONCE))[::-1]
    found = deposit_differences.of(deposits)
    late = {each.id: [Difference(What.LATE, each)] for each in deposits if state(each, today) == State.LATE}
    in_deposits = [each for row in deposits for each in (*found[row.id], *late.get(row.id, ()))]
    return [*in_deposits, *deposit_differences.missing(today)]


def sharing(deposit: Deposit) -> list[Deposit]:
    """The other deposits that the same line of the bank is."""
    same = (Deposit.bank_line == deposit.bank_line_id) & (Deposit.id != deposit.id)
    return list(Deposit.select().where(same).order_by(Deposit.id)) if deposit.bank_line_id else []


def _with_bank(which: Any) -> Any:
    return Deposit.select(Deposit, BankLine).join(BankLine, JOIN.LEFT_OUTER).where(which)


def _sums(which: Any) -> Sums:
    columns = (Deposit.gross, Deposit.fees, Deposit.refunds, Deposit.disputes, Deposit.net)
    totals = (fn.COALESCE(fn.SUM(column), 0) for column in columns)
    return Sums(*Deposit.select(fn.COUNT(Deposit.id), *totals).where(which).tuples()[0])
