"""What the bank shows, and which deposit it is: by the transfer's id, else by the only equal amount within five days.

Matched to the cent a deposit is locked. Where several fit, a person picks. A line of the bank below zero is money that
it paid out to the processor.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from billing import audit, postings
from billing.deposits import expected
from billing.errors import BillingError, allow
from billing.ledger import payment_figures_of
from billing.stamp import Stamp
from fields import canonical_json, new_key
from models import BankLine, Deposit, DepositLine, db
from money import Cents

WITHIN = timedelta(days=5)
OFFERED = 20  # lines to pick from
UNLOCKED_FOR = ("line", "amount", "processor", "other")  # why a person opens a matched deposit again


@dataclass(frozen=True)
class Shown:
    """One line of the bank's statement."""

    day: date
    text: str
    amount: Cents


def keep(lines: Iterable[Shown], stamp: Stamp) -> int:
    """Write down the lines that are not here yet; returns how many were new. Equal lines of one day are told apart."""
    seen: dict[Shown, int] = {}
    new = 0
    with db.atomic():
        for line in lines:
            seen[line] = seen.get(line, 0) + 1
            identity = _digest([line.day.isoformat(), line.text, line.amount, seen[line]])
            row = {"identity_sha256": identity, "day": line.day, "text": line.text, "amount": line.amount}
            about = {"key": new_key(), "by": stamp.by, "at": stamp.at}
            new += BankLine.insert(row | about).on_conflict_ignore().as_rowcount().execute()
    return new


def typed(deposit: Deposit, shown: Shown, stamp: Stamp, ip: str = "") -> bool:
    """A person read this at the bank: True when it is matched now, False when it is off by the difference."""
    with db.atomic():
        allow(not deposit.matched_at)
        key = new_key()
        line = BankLine.create(
            key=key, identity_sha256=_typed(key), day=shown.day, text=shown.text, amount=shown.amount, by=stamp.by,
            at=stamp.at,
        )  # fmt: skip
        return put(line, [deposit], stamp, ip)


def put(line: BankLine, deposits: list[Deposit], stamp: Stamp, ip: str = "") -> bool:
    """This line is these deposits. Matched and locked when all agrees to the cent.

    One deposit that does not agree keeps the line, so that the page can say by how much it is off.

    Raises:
        BillingError: several deposits, and their sum is not the line's amount.
        NotAllowed: one is locked, or the line is matched with others.
    """
    with db.atomic():
        allow(bool(deposits) and not any(each.matched_at for each in deposits) and not _used(line))
        equal = line.amount == sum(deposit.net for deposit in deposits)
        whole = all(deposit.net == expected(deposit) for deposit in deposits)
        if len(deposits) > 1 and not (equal and whole):
            raise BillingError("pr.rec.err.sum")
        for deposit in deposits:
            deposit.bank_line = line
            _keep(deposit, stamp, ip, matched=equal and whole)
    return equal and whole


def match(stamp: Stamp) -> int:
    """Match what waits with what the bank shows; returns how many deposits were matched."""
    with db.atomic():
        waiting = list(Deposit.select().where(Deposit.matched_at.is_null()).order_by(Deposit.id))
        lines = _free(waiting)
        by_id = _by_transfer(waiting, lines)
        rest = [each for each in waiting if each.id not in {one.id for _, group in by_id for one in group}]
        left = [line for line in lines if line.id not in {line.id for line, _ in by_id}]
        done = 0
        for line, group in [*by_id, *_by_amount(rest, left)]:
            open_ = not any(each.matched_at for each in group)  # a second line may name the same transfer
            if open_ and (len(group) == 1 or line.amount == sum(each.net for each in group)):
                done += len(group) * put(line, group, stamp)
    return done


def fitting(deposit: Deposit) -> list[BankLine]:
    """The bank's lines that a person may pick from for a deposit: free, of its days and its sign, the nearest first."""
    near = [line for line in _free([deposit]) if abs(line.day - deposit.day) <= WITHIN]
    alike = [line for line in near if (line.amount < 0) == (deposit.net < 0)]
    return sorted(alike, key=lambda line: (abs(line.amount - deposit.net), line.id))[:OFFERED]


def unlock(deposit: Deposit, why: str, stamp: Stamp, ip: str = "") -> None:
    """Open matched deposits again, all that share the line of the bank; `why` is one of `UNLOCKED_FOR`."""
    with db.atomic():
        if why not in UNLOCKED_FOR:
            raise BillingError("pr.err.choose", field="why")
        allow(bool(deposit.matched_at))
        for each in Deposit.select().where(Deposit.bank_line == deposit.bank_line_id):
            each.bank_line, each.matched_at, each.matched_by = None, None, ""
            each.save()
            audit.note(stamp.by, "deposit.unlocked", f"deposit:{each.id}", stamp.at, ip=ip, reason=why)


def _keep(deposit: Deposit, stamp: Stamp, ip: str, *, matched: bool) -> None:
    if matched:
        deposit.matched_at, deposit.matched_by = stamp.at, stamp.by
        _banked(deposit, stamp)
        audit.note(stamp.by, "deposit.matched", f"deposit:{deposit.id}", stamp.at, ip=ip)
    deposit.save()


def _banked(deposit: Deposit, stamp: Stamp) -> None:
    """What it pays has arrived: payments that nobody settled before are settled now."""
    ids = DepositLine.select(DepositLine.payment).where((DepositLine.deposit == deposit) & (DepositLine.amount > 0))
    for figures in payment_figures_of([row.payment_id for row in ids if row.payment_id]):
        if not figures.settled and not figures.back:
            postings.settle(figures.payment, stamp)


def _used(line: BankLine) -> bool:
    return bool(Deposit.select().where((Deposit.bank_line == line) & Deposit.matched_at.is_null(False)).exists())


def _free(deposits: list[Deposit]) -> list[BankLine]:
    """Lines that no matched deposit has, from five days before the first of these on. One that a person typed was read
    at the bank for that deposit, and never is another's.
    """
    if not deposits:
        return []
    used = Deposit.select(Deposit.bank_line).where(Deposit.matched_at.is_null(False) & Deposit.bank_line.is_null(False))
    since = min(deposit.day for deposit in deposits) - WITHIN
    found = BankLine.select().where(BankLine.id.not_in(used) & (BankLine.day >= since)).order_by(BankLine.id)
    return [line for line in found if line.identity_sha256 != _typed(line.key)]


def _by_transfer(waiting: list[Deposit], lines: list[BankLine]) -> list[tuple[BankLine, list[Deposit]]]:
    """The lines whose text names transfers, each with the deposits it names."""
    named = {deposit.transfer_id: deposit for deposit in waiting if deposit.transfer_id}
    found = [(line, [named[id] for id in named if _names(line, id)]) for line in lines]
    return [(line, group) for line, group in found if group]


def _names(line: BankLine, transfer_id: str) -> bool:
    return transfer_id.casefold() in line.text.casefold()


def _by_amount(waiting: list[Deposit], lines: list[BankLine]) -> list[tuple[BankLine, list[Deposit]]]:
    """The pairs of equal amount within five days of which neither fits another."""
    pairs = [(line, each) for each in waiting for line in lines if _fits(line, each)]
    once = [(line, each) for line, each in pairs if sum(one is line for one, _ in pairs) == 1]
    return [(line, [each]) for line, each in once if sum(one is each for _, one in pairs) == 1]


def _fits(line: BankLine, deposit: Deposit) -> bool:
    return bool(line.amount == deposit.net and abs(line.day - deposit.day) <= WITHIN)


def _typed(key: str) -> str:
    """What tells a line that a person typed from those of files."""
    return _digest(["typed", key])


def _digest(facts: list[object]) -> str:
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()
