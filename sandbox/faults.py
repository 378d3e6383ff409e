"""Faults on order: a queue of things that go wrong with the next matching requests."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.store import Store

ACTIONS = ("status", "delay", "drop", "apply_then_delay", "apply_then_drop", "apply_then_status", "search_lag")


@dataclass(frozen=True)
class Fault:
    """One misbehaviour for one request."""

    action: str
    status: int = 500
    body: str = ""
    seconds: float = 0.0


NONE = Fault("")


def queue(store: Store, rows: list[dict[str, Any]]) -> None:
    """Add to the queue. Raises ValueError for an unknown action or a broken pattern."""
    for row in rows:
        if row.get("action") not in ACTIONS:
            raise ValueError(f"unknown action {row.get('action')!r}; known are {', '.join(ACTIONS)}")
        try:
            re.compile(str(row.get("match", "")))
        except re.error as error:
            raise ValueError(f"unreadable pattern: {error}") from None
    store.set("faults", [*store.setting("faults", []), *({"times": 1, "match": "", **row} for row in rows)])


def take(store: Store, request: str) -> tuple[Fault, float]:
    """The misbehaviour for "METHOD path", and the seconds new rows stay hidden from searches."""
    rows: list[dict[str, Any]] = store.setting("faults", [])
    if not rows:
        return NONE, 0.0
    lag, fault = _first(rows, request, lag=True), _first(rows, request, lag=False)
    store.set("faults", [row for row in rows if row["times"] > 0])
    return _fault(fault), float((lag or {}).get("seconds", 0))


def _first(rows: list[dict[str, Any]], request: str, *, lag: bool) -> dict[str, Any] | None:
    for row in rows:
        if (row["action"] == "search_lag") is lag and row["times"] > 0 and re.search(row["match"], request):
            row["times"] -= 1
            return row
    return None


def _fault(row: dict[str, Any] | None) -> Fault:
    if row is None:
        return NONE
    return Fault(row["action"], int(row.get("status", 500)), str(row.get("body", "")), float(row.get("seconds", 0)))
