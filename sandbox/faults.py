"""Faults on order: a queue of things that go wrong with the next matching requests."""

import re
from dataclasses import dataclass
from typing import Any

from sandbox.store import Store

ACTIONS = ("status", "delay", "drop", "apply_then_delay", "apply_then_drop", "apply_then_status", "search_lag")
FIELDS = {"action", "match", "times", "status", "body", "seconds"}


@dataclass(frozen=True)
class Fault:
    """One misbehaviour for one request."""

    action: str
    status: int = 500
    body: str = ""
    seconds: float = 0.0


NONE = Fault("")


def queue(store: Store, rows: list[Any]) -> None:
    """Add to the queue. Raises ValueError or TypeError for what is no fault."""
    store.set("faults", [*store.setting("faults", []), *map(_read, rows)])


def _read(row: Any) -> dict[str, Any]:
    """A fault as it is queued, with every field."""
    if not isinstance(row, dict) or row.get("action") not in ACTIONS or set(row) - FIELDS:
        raise ValueError(f"a fault has an action ({', '.join(ACTIONS)}) and may have {', '.join(sorted(FIELDS))}")
    try:
        re.compile(match := str(row.get("match", "")))
    except re.error as error:
        raise ValueError(f"unreadable pattern: {error}") from None
    kept = {"action": row["action"], "match": match, "body": str(row.get("body", ""))}
    numbers = {"times": int(row.get("times", 1)), "status": int(row.get("status", 500))}
    return kept | numbers | {"seconds": float(row.get("seconds", 0))}


def take(store: Store, request: str) -> tuple[Fault, float]:
    """The misbehaviour for "METHOD path", and the seconds new rows stay hidden from searches."""
    rows: list[dict[str, Any]] = store.setting("faults", [])
    if not rows:
        return NONE, 0.0
    lag, fault = _first(rows, request, lag=True), _first(rows, request, lag=False)
    store.set("faults", [row for row in rows if row["times"] > 0])
    return _fault(fault), lag["seconds"] if lag else 0.0


def _first(rows: list[dict[str, Any]], request: str, *, lag: bool) -> dict[str, Any] | None:
    for row in rows:
        if (row["action"] == "search_lag") is lag and row["times"] > 0 and re.search(row["match"], request):
            row["times"] -= 1
            return row
    return None


def _fault(row: dict[str, Any] | None) -> Fault:
    if row is None:
        return NONE
    return Fault(row["action"], row["status"], row["body"], row["seconds"])
