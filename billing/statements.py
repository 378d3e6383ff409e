"""Statements: what happened on an account between two days, by the day it was posted.

opening = the sum of effects before the first day; each line is an entry with its effect; closing = opening + lines.
A statement covers whole days that are over, so that the next one opens with what this one closed with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from peewee import fn

from billing import invoices, messages, papers, receipts
from billing.access import users_with
from billing.effects import effect, effect_in_sql
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.ledger import charge_figures_on
from billing.papers import Paper
from billing.stamp import Stamp
from choices import BACK, DocumentType, EntryKind, Payer, Right
from models import Account, Charge, Client, Document, Entry, Payment, Practice, db
from money import Cents

CAUGHT_UP = timedelta(days=3)  # a statement day that nobody was there for is made up for this long
DAY = timedelta(days=1)
GROUPS = {
    "charged": (EntryKind.CHARGE, EntryKind.CHARGE_VOID, EntryKind.TRANSFER, EntryKind.TRANSFER_REVERSAL),
    "changes": (EntryKind.ADJUSTMENT, EntryKind.ADJUSTMENT_REVERSAL),
    "paid": (EntryKind.PAYMENT,),
    "back": BACK,
}
AGES = (30, 60, 90)  # days; the last group is older


class DaysNotOver(BillingError):
    """The last day is not over, or comes before the first."""

    key = "pr.stm.days"
    field = "to_on"


@dataclass(frozen=True)
class StatementLine:
    """One entry that changed what is owed: `amount` in cents, below zero when it lowered it, and the balance after it.

    On a charge it says which visit; `way` is how money came or where it went back to.
    """

    on: date
    kind: EntryKind
    service_date: date | None
    label: str
    client: str
    way: str
    notes: tuple[str, ...]
    amount: Cents
    balance: Cents


@dataclass(frozen=True)
class Sum:
    """The lines of one of the GROUPS together."""

    group: str
    amount: Cents


@dataclass(frozen=True, kw_only=True)
class Statement(Paper):
    """`waiting` is with health plans and not part of the balance. `aging` is what was open at the end by days since
    it was the client's to pay: up to 30, 60, 90, and more."""

    bill_to: str
    account: str
    from_on: date
    to_on: date
    opening: Cents
    lines: tuple[StatementLine, ...]
    sums: tuple[Sum, ...]
    closing: Cents
    waiting: Cents
    aging: tuple[Cents, ...]
    portal_host: str


def build(account: Account, from_on: date, to_on: date, portal_host: str = "") -> Statement:
    """What a statement of these days says, both included, in the language of the account's first client."""
    practice, language = Practice.the(), papers.language_of(account)
    opening = balance_before(account, from_on)
    lines = tuple(_running(opening, _lines(account, from_on, to_on, language)))
    figures = charge_figures_on(account, to_on)
    return Statement(
        letterhead=papers.letterhead(practice), zone=practice.time_zone, language=language,
        bill_to=account.guarantor_name, account=account.number, from_on=from_on, to_on=to_on, opening=opening,
        lines=lines, sums=tuple(_sums(lines)), closing=opening + sum(line.amount for line in lines),
        waiting=sum(each.pending for each in figures), aging=_aging(figures, to_on),
        portal_host=portal_host if practice.payments_on else "",
    )  # fmt: skip


def issue(account: Account, from_on: date, to_on: date, stamp: Stamp, *, portal_host: str = "") -> Document:
    """Number the statement of these days and tell everyone who may open the account's bills; made once.

    Raises:
        DaysNotOver: more may still be posted on the last day, or there is no day at all.
    """
    check_days(from_on, to_on, stamp.on)
    with db.atomic():
        made = _made(account, from_on, to_on)
        if made is None:
            paper = build(account, from_on, to_on, portal_host)
            made = papers.issue(
                paper, DocumentType.STATEMENT, stamp, charges=_charges_of(account, from_on, to_on), account=account,
                from_on=from_on, to_on=to_on,
            )  # fmt: skip
            for user in users_with(Right.BILLS, account):
                messages.tell_of_paper(user, stamp.at)
    return made


def check_days(from_on: date, to_on: date, today: date) -> None:
    """Raises DaysNotOver unless all of these days are over, the first one first."""
    if not from_on <= to_on < today:
        raise DaysNotOver()


def issue_due(stamp: Stamp, *, portal_host: str = "") -> int:
    """On the practice's statement day, a statement for each account with a balance or with something new.

    It begins where the account's last one ended, the first one a month back. Safe to run again; returns how many were
    made.
    """
    day = Practice.the().statement_day
    due = last_time(stamp.on, day) if day else date.min
    if stamp.on - due > CAUGHT_UP:
        return 0
    begun = list(_due(due))
    for account, from_on in begun:
        issue(account, from_on, due - DAY, stamp, portal_host=portal_host)
    return len(begun)


def balance_before(account: Account, day: date) -> Cents:
    """Σ effects of what was posted before that day."""
    before = (Entry.account == account) & (Entry.on < day)
    return int(Entry.select(fn.COALESCE(fn.SUM(effect_in_sql()), 0)).left_outer_join(Charge).where(before).scalar())


def last_time(today: date, day: int) -> date:
    """The latest date with this day of the month (1 to 28), today included."""
    this = today.replace(day=day)
    return this if this <= today else _month_before(this)


def months_before(today: date, count: int = 3) -> Iterator[tuple[date, date]]:
    """First and last day of the months before this one, the latest first."""
    first = today.replace(day=1)
    for _ in range(count):
        first, last = _month_before(first), first - DAY
        yield first, last


def _month_before(day: date) -> date:
    return (day.replace(day=1) - DAY).replace(day=day.day)


def _due(due: date) -> Iterator[tuple[Account, date]]:
    """Accounts with the first day of the statement that ends before `due`, where there is something to say."""
    ended = _ends(_statements().tuples())
    posted = Entry.select(Entry.account, fn.SUM(effect_in_sql()), fn.MAX(Entry.on)).left_outer_join(Charge)
    rows = posted.where(Entry.on < due).group_by(Entry.account).order_by(Entry.account).tuples()
    for id, balance, last in list(rows):
        from_on = ended[id] + DAY if id in ended else _month_before(due)
        if from_on < due and (balance or last >= from_on):
            yield Account.get_by_id(id), from_on


def _made(account: Account, from_on: date, to_on: date) -> Document | None:
    """The statement of just these days: nothing is posted on days that are over, so it says what is so."""
    days = (Document.from_on == from_on) & (Document.to_on == to_on) & (Document.account == account)
    found: Document | None = Document.get_or_none(days & (Document.type == DocumentType.STATEMENT))
    return found


def _statements() -> Any:
    """Account id, first and last day of each statement."""
    made = Document.select(Document.account, Document.from_on, Document.to_on)
    return made.where(Document.type == DocumentType.STATEMENT).order_by(Document.from_on)


def _ends(made: Iterable[tuple[int, date, date]]) -> dict[int, date]:
    """Account id -> the last day until which its statements go on from each other: one made by hand may leave days."""
    ended: dict[int, date] = {}
    for account, from_on, to_on in made:
        if from_on <= ended.get(account, from_on) + DAY:
            ended[account] = max(to_on, ended.get(account, to_on))
    return ended


def _entries(account: Account, from_on: date, to_on: date) -> list[Entry]:
    """What changed the balance in these days, as it was posted."""
    rows = Entry.select(Entry, Charge, Client, Payment).left_outer_join(Charge).left_outer_join(Client)
    rows = rows.switch(Entry).left_outer_join(Payment)
    rows = rows.where((Entry.account == account) & Entry.on.between(from_on, to_on)).order_by(Entry.on, Entry.id)
    return [row for row in rows if _effect(row)]


def _effect(entry: Entry) -> Cents:
    return effect(entry.kind, entry.amount, entry.charge and entry.charge.payer)


def _lines(account: Account, from_on: date, to_on: date, language: str) -> Iterator[StatementLine]:
    for entry in _entries(account, from_on, to_on):
        if entry.charge:
            yield _of_visit(entry, language)
        else:
            yield StatementLine(entry.on, entry.kind, None, "", "", _way(entry, language), (), _effect(entry), 0)


def _of_visit(entry: Entry, language: str) -> StatementLine:
    charge = entry.charge
    notes = tuple(invoices.notes_of(charge, language)) if entry.kind == EntryKind.CHARGE else ()
    about = (charge.service_date, charge.label_in(language), charge.client.first_name)
    return StatementLine(entry.on, entry.kind, *about, "", notes, _effect(entry), 0)


def _way(entry: Entry, language: str) -> str:
    """How the money came, or where it went back to."""
    return receipts.sent_to(entry, language) if entry.kind in BACK else receipts.paid_with(entry.payment, language)


def _running(opening: Cents, lines: Iterable[StatementLine]) -> Iterator[StatementLine]:
    """The lines with the balance after each."""
    lines = list(lines)
    after = accumulate((line.amount for line in lines), initial=opening)
    next(after)
    return (replace(line, balance=balance) for line, balance in zip(lines, after, strict=True))


def _sums(lines: tuple[StatementLine, ...]) -> Iterator[Sum]:
    """The groups that have lines."""
    for group, kinds in GROUPS.items():
        amounts = [line.amount for line in lines if line.kind in kinds]
        if amounts:
            yield Sum(group, sum(amounts))


def _charges_of(account: Account, from_on: date, to_on: date) -> list[Charge]:
    """The charges whose lines a statement of these days has, each once."""
    return list({row.charge_id: row.charge for row in _entries(account, from_on, to_on) if row.charge}.values())


def _aging(figures: list[ChargeFigures], on: date) -> tuple[Cents, ...]:
    open_ = [each for each in figures if each.open]
    since = _since(each.charge for each in open_)
    groups = [0] * (len(AGES) + 1)
    for each in open_:
        age = (on - since[each.charge.id]).days
        groups[sum(age > days for days in AGES)] += each.open
    return tuple(groups)


def _since(charges: Iterable[Charge]) -> dict[int, date]:
    """Charge id -> the day its client part was posted: its own, or of the first transfer from a health plan."""
    mine = Entry.charge.in_([charge.id for charge in charges])
    clients = (Charge.payer == Payer.CLIENT) & (Entry.kind == EntryKind.CHARGE)
    days = Entry.select(Entry.charge, fn.MIN(Entry.on)).join(Charge)
    days = days.where(mine & (clients | (Entry.kind == EntryKind.TRANSFER))).group_by(Entry.charge)
    return dict(days.tuples())
