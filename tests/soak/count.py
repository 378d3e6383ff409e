"""The reckoning after a soak: what the processor's own file says against what the books say."""

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from billing.discrepancies import discrepancies
from choices import IN_FLIGHT, AttemptState, EntryKind
from models import Attempt, Entry, Payment, WaitingPayment

Doc = dict[str, Any]
TAKEN = {"authorized", "submitted_for_settlement", "settlement_pending", "settlement_confirmed", "settling", "settled"}
SHOWN = 10  # sentences of each kind


@dataclass
class Reckoning:
    """Counts for the table, and a sentence for everything that is wrong."""

    asked: int = 0
    charged: int = 0
    recorded: int = 0
    voided: tuple[int, int] = (0, 0)  # at the processor, in the books
    given_back: tuple[int, int] = (0, 0)
    cents: tuple[int, int] = (0, 0)
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.twice or self.lost or self.unknown or self.broken)

    @property
    def sentences(self) -> list[str]:
        return [*self.twice[:SHOWN], *self.lost[:SHOWN], *self.unknown[:SHOWN], *self.broken[:SHOWN]]


def reckon(sandbox_file: Path) -> Reckoning:
    """Compare every transaction of the processor's file with every attempt of the open database."""
    there = _transactions(sandbox_file)
    sales = [row for row in there if row["type"] == "sale" and row["status"] in TAKEN]
    voids = [row for row in there if row["type"] == "sale" and row["status"] == "voided"]
    backs = [row for row in there if row["type"] == "credit" and row["status"] in TAKEN]
    attempts = {row.order_id: row for row in Attempt.select()}
    booked = _booked()
    found = Reckoning(asked=len(attempts), charged=len(sales + voids), recorded=len(booked))
    found.voided = (len(voids), len(_backs(EntryKind.VOID)))
    found.given_back = (len(backs), Entry.select().where(Entry.kind == EntryKind.REFUND).count())
    found.cents = (sum(row["cents"] for row in sales + voids), sum(booked.values()))
    found.twice = _twice(sales) + _twice(backs)
    found.lost = [sentence for row in sales if (sentence := _lost(row, attempts, booked))]
    found.lost += _lost_backs(there, attempts)
    found.unknown = [f"{row.order_id} is {row.state}." for row in attempts.values() if row.state in IN_FLIGHT]
    found.broken = discrepancies() + _invented(there, attempts)
    return found


def _transactions(file: Path) -> list[Doc]:
    with sqlite3.connect(file) as tables:
        rows = tables.execute("SELECT data FROM doc WHERE kind = 'transaction' ORDER BY seq").fetchall()
    tables.close()
    return [json.loads(data) for (data,) in rows]


def _booked() -> dict[str, int]:
    """Order id -> cents, of every payment and every waiting payment that an attempt made."""
    booked: dict[str, int] = {}
    for model in (Payment, WaitingPayment):
        for row in model.select(model, Attempt).join(Attempt):
            booked[row.attempt.order_id] = row.amount
    return booked


def _twice(rows: list[Doc]) -> list[str]:
    times = Counter(row["order_id"] for row in rows)
    return [f"{order_id} was done {count} times." for order_id, count in times.items() if count > 1]


def _lost(sale: Doc, attempts: dict[str, Attempt], booked: dict[str, int]) -> str:
    """Money was taken: the attempt must know this very sale, and the books its amount."""
    attempt = attempts.get(sale["order_id"])
    if attempt is None or attempt.state != AttemptState.SUCCEEDED or attempt.transaction_id != sale["id"]:
        state = attempt.state if attempt else "not there"
        return f"{sale['order_id']}: {sale['cents']} cents were taken, the attempt is {state}."
    if booked.get(sale["order_id"]) != sale["cents"]:
        return f"{sale['order_id']}: {sale['cents']} cents were taken, {booked.get(sale['order_id'])} are booked."
    return ""


def _backs(kind: EntryKind) -> dict[str, int]:
    """Order id of the sale -> cents that went back so, in the books."""
    sums: dict[str, int] = defaultdict(int)
    entries = Entry.select(Entry, Payment, Attempt).join(Payment).join(Attempt).where(Entry.kind == kind)
    for entry in entries:
        sums[entry.payment.attempt.order_id] += entry.amount
    return sums


def _lost_backs(there: list[Doc], attempts: dict[str, Attempt]) -> list[str]:
    """What the processor gave back or voided and the books do not know, and the other way round."""
    sales = {row["id"]: row["order_id"] for row in there if row["type"] == "sale"}
    backs: dict[str, int] = defaultdict(int)
    for row in there:
        if row["type"] == "credit" and row["status"] in TAKEN:
            backs[sales[row["refund_of"]]] += row["cents"]
    voids = {row["order_id"]: row["cents"] for row in there if row["type"] == "sale" and row["status"] == "voided"}
    return _differences("given back", backs, _backs(EntryKind.REFUND)) + _differences(
        "voided", {id: cents for id, cents in voids.items() if attempts[id].state == AttemptState.SUCCEEDED},
        _backs(EntryKind.VOID),
    )  # fmt: skip


def _differences(what: str, there: dict[str, int], here: dict[str, int]) -> list[str]:
    keys = [key for key in there | here if there.get(key, 0) != here.get(key, 0)]
    return [f"{key}: {there.get(key, 0)} cents {what} there, {here.get(key, 0)} here." for key in keys]


def _invented(there: list[Doc], attempts: dict[str, Attempt]) -> list[str]:
    """Money in the books that the processor never took."""
    taken = {row["order_id"] for row in there if row["type"] == "sale" and row["status"] in TAKEN | {"voided"}}
    believed = (row for row in attempts.values() if row.state == AttemptState.SUCCEEDED)
    return [f"{row.order_id} is booked, but was never taken." for row in believed if row.order_id not in taken]
