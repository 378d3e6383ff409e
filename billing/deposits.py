"""What the processor sent to the bank, or took from it: each payout with its lines, to the cent.

Amounts on lines carry their sign: what came in is above zero, what was taken below. Fees are what the processor kept,
as it says; None where it did not say. A payout is
    net = gross - fees - refunds - disputes + adjustments
and the bank must show the net. Whatever the processor tells of the same payout again is put with it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import banking_days
from billing import audit, deposit_links
from billing.errors import allow
from billing.stamp import Stamp
from billing.tasks import raise_task
from choices import DepositLineKind, DepositSource
from models import Deposit, DepositLine, db
from money import Cents

WORK_DAYS = 5  # after these a payout that the bank does not show is late
TYPED = "typed "  # how the reference of a line begins that a person wrote
TYPES = ("fee", "added", "taken")
K = DepositLineKind


@dataclass(frozen=True)
class Told:
    """One transaction of a payout. `about`: the sale that a refund or dispute is of."""

    reference: str
    kind: DepositLineKind
    amount: Cents
    fee: Cents | None = None
    order_id: str = ""
    about: str = ""


@dataclass(frozen=True)
class Payout:
    """One transfer; `net` is None where only its lines are told, `transfer_id` empty where it has none.

    `day` is None as long as nobody said when it was; `record` needs it.
    """

    day: date | None
    lines: tuple[Told, ...]
    source: DepositSource
    transfer_id: str = ""
    net: Cents | None = None


class State(StrEnum):
    """How far a deposit agrees with the bank."""

    MATCHED = "matched"  # and locked
    OFF = "off"
    LATE = "late"
    WAITING = "waiting"


def record(payout: Payout, now: datetime) -> Deposit:
    """Write a payout down, or put what is told of it now with what was told before.

    A file knows more than an announcement, so the earlier file stands. A matched deposit is locked: what would change
    its sums becomes a task.
    """
    with db.atomic():
        deposit = same(payout)
        if deposit is None:
            return _learn(_new(payout, now), payout, new=True)
        if deposit.matched_at:
            return _told_again(deposit, payout, now)
        if deposit.source == DepositSource.REPORT and payout.source == DepositSource.ANNOUNCED:
            return deposit
        return _learn(deposit, payout)


def same(payout: Payout) -> Deposit | None:
    """The deposit that this is told of: by the transfer's id, else by most of its transactions."""
    known: Deposit | None = Deposit.get_or_none(transfer_id=payout.transfer_id) if payout.transfer_id else None
    if known:
        return known
    there = DepositLine.reference.in_([line.reference for line in payout.lines])
    rows = DepositLine.select(DepositLine.deposit).join(Deposit).where(there & _may_be(payout)).tuples()
    most = Counter(id for (id,) in rows).most_common(1)
    return Deposit.get_by_id(most[0][0]) if most and most[0][1] * 2 > len(payout.lines) else None


def add_typed(deposit: Deposit, what: str, cents: Cents, stamp: Stamp, ip: str = "") -> None:
    """Write down what no file tells: a `fee` the processor kept, or what it has `added` or `taken` for other reasons.

    What a file says of the net stays; the net of an announcement, which knows no fees, goes with it.
    """
    with db.atomic():
        allow(not deposit.matched_at and cents > 0 and what in TYPES)
        number = DepositLine.select().where(_typed(deposit)).count() + 1
        facts = {"amount": 0, "fee": cents} if what == "fee" else {"amount": cents if what == "added" else -cents}
        DepositLine.create(deposit=deposit, kind=K.ADJUSTMENT, reference=f"{TYPED}{number}", **facts)
        _sum(deposit)
        if deposit.source != DepositSource.REPORT:
            deposit.net = expected(deposit)
        deposit.save()
        audit.note(stamp.by, "deposit.typed", f"deposit:{deposit.id}", stamp.at, ip=ip, detail=what)


def expected(deposit: Deposit) -> Cents:
    """What its parts come to; the net that the processor names should be the same."""
    return int(deposit.gross - deposit.fees - deposit.refunds - deposit.disputes + deposit.adjustments)


def off_by(deposit: Deposit) -> Cents:
    """How far it is from agreeing: the bank's amount less the net, or the net less its parts."""
    if deposit.matched_at:
        return 0
    bank = deposit.bank_line.amount - deposit.net if deposit.bank_line else 0
    return int(bank or deposit.net - expected(deposit))


def state(deposit: Deposit, today: date) -> State:
    if deposit.matched_at:
        return State.MATCHED
    if off_by(deposit):
        return State.OFF
    return State.LATE if is_late(deposit.day, today) else State.WAITING


def is_late(day: date, today: date) -> bool:
    """More than five days on which banks move money have gone by since."""
    return today > banking_days.after(day, WORK_DAYS)


def lines_of(deposits: Iterable[Deposit]) -> dict[int, list[DepositLine]]:
    """Deposit id -> its lines, as they were told."""
    found: dict[int, list[DepositLine]] = {deposit.id: [] for deposit in deposits}
    for line in DepositLine.select().where(DepositLine.deposit.in_(list(found))).order_by(DepositLine.id):
        found[line.deposit_id].append(line)
    return found


def _may_be(payout: Payout) -> Any:
    """Two files, or two announcements, name a transfer alike; one may name it otherwise than the other, or not."""
    if not payout.transfer_id:
        return Deposit.id.is_null(False)
    otherwise = (Deposit.source == DepositSource.ANNOUNCED) & (payout.source == DepositSource.REPORT)
    return Deposit.transfer_id.is_null() | otherwise


def _new(payout: Payout, now: datetime) -> Deposit:
    last = Deposit.select(Deposit.id).order_by(Deposit.id.desc()).limit(1).scalar() or 0
    deposit: Deposit = Deposit.create(
        number=f"DEP-{last + 1:03d}", transfer_id=payout.transfer_id or None, source=payout.source, day=payout.day,
        net=0, at=now,
    )  # fmt: skip
    return deposit


def _learn(deposit: Deposit, payout: Payout, *, new: bool = False) -> Deposit:
    if any(line.fee is not None for line in payout.lines):
        DepositLine.delete().where(_typed(deposit)).execute()  # now it is told
    for told in payout.lines:
        _write(deposit, told)
    deposit_links.link(deposit)
    by_file = payout.source == DepositSource.REPORT and bool(payout.transfer_id)
    if by_file:
        deposit.source, deposit.day = payout.source, payout.day
    if by_file or not deposit.transfer_id:
        deposit.transfer_id = payout.transfer_id or None
    _sum(deposit)
    if payout.net is not None or new:
        deposit.net = expected(deposit) if payout.net is None else payout.net
    deposit.save()
    return deposit


def _write(deposit: Deposit, told: Told) -> None:
    order_id = told.order_id or deposit_links.order_of(told.about)
    same = {"deposit": deposit, "kind": told.kind, "reference": told.reference}
    line, _ = DepositLine.get_or_create(**same, defaults={"amount": told.amount})
    line.amount, line.order_id = told.amount, order_id or line.order_id
    line.fee = line.fee if told.fee is None else told.fee
    line.save()


def _told_again(deposit: Deposit, payout: Payout, now: datetime) -> Deposit:
    """It is locked, so nothing of it moves; a person must look at what has changed."""
    kept = {(line.kind, line.reference): (line.amount, line.fee or 0) for line in lines_of([deposit])[deposit.id]}
    told = {(line.kind, line.reference): (line.amount, line.fee or 0) for line in payout.lines}
    if not told.items() <= kept.items() or payout.net not in (None, deposit.net):
        raise_task("task.deposit_changed", now, detail=deposit.number)
    return deposit


def _sum(deposit: Deposit) -> None:
    lines = lines_of([deposit])[deposit.id]
    of = {kind: sum(line.amount for line in lines if line.kind == kind) for kind in K}
    deposit.gross, deposit.adjustments = of[K.SALE], of[K.ADJUSTMENT]
    deposit.refunds, deposit.disputes = -of[K.REFUND], -of[K.DISPUTE] - of[K.DISPUTE_WON]
    deposit.fees = sum(line.fee or 0 for line in lines)


def _typed(deposit: Deposit) -> Any:
    return (DepositLine.deposit == deposit) & DepositLine.reference.startswith(TYPED)
