"""What only a person can vouch for before real money is taken: each with a day, who said so, and a line in the log."""

from datetime import date

from billing.audit import note
from billing.formats import FieldRefused
from billing.stamp import Stamp
from models import Tick, db

BANK, RECEIPTS, POLICY, AGREEMENTS, SAQ, SCAN, KIT = NAMES = (
    "bank", "receipts", "policy", "agreements", "saq", "scan", "kit",
)  # fmt: skip
FIRST = date(2000, 1, 1)  # earlier days come from slips of the finger


def all_of_them() -> dict[str, Tick]:
    """Name -> what was vouched for; one query."""
    return {tick.row: tick for tick in Tick.select()}


def put(name: str, on: date | None, stamp: Stamp, ip: str = "") -> None:
    """This was so on that day, says who stamps; a later day takes the place of an earlier one.

    Raises:
        FieldRefused: no day, one to come, or one before this century.
    """
    if on is None:
        raise FieldRefused("pr.err.needed", field=field(name))
    if not FIRST <= on <= stamp.on:
        raise FieldRefused("pr.tick.when", field=field(name))
    with db.atomic():
        Tick.insert(row=name, on=on, by=stamp.by, at=stamp.at).on_conflict_replace().execute()
        note(stamp.by, "tick.put", "practice:1", stamp.at, ip=ip, detail=f"{name} {on.isoformat()}")


def undo(name: str, stamp: Stamp, ip: str = "") -> None:
    """Nobody vouches for it any more; doing it twice changes nothing."""
    with db.atomic():
        if Tick.delete().where(Tick.row == name).execute():
            note(stamp.by, "tick.undo", "practice:1", stamp.at, ip=ip, detail=name)


def field(name: str) -> str:
    """What the form calls the day."""
    return f"on-{name}"
