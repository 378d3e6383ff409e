"""Undoing an import: money by reversals, people by withdrawing whom it brought and putting back what it changed.

Refused while something stands on any of it. Afterwards every account owes what it owed before.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from peewee import fn

from billing.stamp import Stamp
from exchange import people
from exchange.kinds import KINDS
from exchange.plan import GONE, parts
from models import Account, AccountClient, Client, Fee, Import, Imported

MOST_REASONS = 100


class Reason(NamedTuple):
    """Why a row cannot be undone: a word of the catalogue, `pr.import.stands.<why>`."""

    line: int
    why: str


def standing_rows(batch: Import) -> list[Imported]:
    """What of it still stands, the last row first."""
    rows = Imported.select().where((Imported.batch == batch) & Imported.undone_at.is_null())
    return list(rows.order_by(Imported.id.desc()))


def reasons(batch: Import) -> list[Reason]:
    """Why it cannot be undone, by line; an empty list when it can."""
    return sorted(_reasons(batch))[:MOST_REASONS]


def free_rows(batch: Import) -> list[Imported]:
    """What still stands and nothing stands on, the last row first."""
    kept = {reason.line for reason in _reasons(batch)}
    return [row for row in standing_rows(batch) if row.line not in kept]


def undo(batch: Import, rows: list[Imported], stamp: Stamp) -> None:
    """Undo these rows, all or none. The caller has asked for the reasons against it."""
    if KINDS[batch.kind].money:
        _reverse(batch, rows, stamp)
    else:
        for row in rows:
            _withdraw(batch, row)
    Imported.update(undone_at=stamp.at).where(Imported.id.in_([row.id for row in rows])).execute()
    for row in rows:
        if row.before and row.before.get("imported"):
            Imported.update(undone_at=None).where(Imported.id == row.before["imported"]).execute()


def made_by(made: str) -> dict[str, int]:
    """ "account:3 account_client:9" as names and ids."""
    return {name: int(id) for name, id in (each.split(":") for each in made.split())}


def _reasons(batch: Import) -> list[Reason]:
    find = _of_money if KINDS[batch.kind].money else _of_people
    return [*(Reason(row.line, "later") for row in _superseded(batch)), *find(batch, standing_rows(batch))]


def _superseded(batch: Import) -> Iterator[Imported]:
    """Rows that a later file took over."""
    later = Imported.alias()
    same = (later.source == Imported.source) & (later.kind == Imported.kind) & later.undone_at.is_null()
    taken_over = later.select(later.id).where(same & (later.identity_sha256 == Imported.identity_sha256))
    undone = (Imported.batch == batch) & Imported.undone_at.is_null(False)
    yield from Imported.select().where(undone & fn.EXISTS(taken_over))


def _of_money(batch: Import, rows: list[Imported]) -> Iterator[Reason]:
    lines = {_id(row): row.line for row in rows}
    for ids in parts(sorted(lines, reverse=True)):
        for id, why in KINDS[batch.kind].rows.standing(ids).items():
            if why != GONE:
                yield Reason(lines[id], why)


def _of_people(batch: Import, rows: list[Imported]) -> Iterator[Reason]:
    for row in rows:
        if why := _edited(row) or ("" if _stood(row) else KINDS[batch.kind].rows.standing(made_by(row.made))):
            yield Reason(row.line, why)


def _edited(row: Imported) -> str:
    """Whether somebody changed since what the file had changed."""
    changed = _before(row).get("columns", {})
    if not changed:
        return ""
    model, id = _updated(row)
    stands = model.get_by_id(id)
    now = {name: people.written(people.plain(stands, name)) for name in changed}
    return "edited" if any(now[name] != new for name, (_, new) in changed.items()) else ""


def _reverse(batch: Import, rows: list[Imported], stamp: Stamp) -> None:
    """Reverse what the rows posted, and post anew what they had reversed."""
    kind, ids = KINDS[batch.kind].rows, [_id(row) for row in rows]
    gone = {id for id, why in kind.standing(ids).items() if why == GONE}
    kind.undo([id for id in ids if id not in gone], stamp)
    again = [_before(row) for row in rows if _before(row).get("made")]
    made = kind.restore([int(each["made"].split(":")[1]) for each in again], stamp)
    for each, id in zip(again, made, strict=True):
        Imported.update(made=f"{each['made'].split(':')[0]}:{id}").where(Imported.id == each["imported"]).execute()


def _withdraw(batch: Import, row: Imported) -> None:
    """Put back what the row changed, and take away what it made."""
    if changed := _before(row).get("columns"):
        model, id = _updated(row)
        people.put_back(model, id, {name: old for name, (old, _) in changed.items()})
    if not _stood(row):
        KINDS[batch.kind].rows.withdraw(made_by(row.made))


def _updated(row: Imported) -> tuple[Any, int]:
    """The row of a table whose columns were changed."""
    made = made_by(row.made)
    if "account_client" in made:
        return Account, AccountClient.get_by_id(made["account_client"]).account_id
    name, id = next(iter(made.items()))
    return (Client if name == "client" else Fee), id


def _before(row: Imported) -> dict[str, Any]:
    return row.before or {}


def _stood(row: Imported) -> bool:
    return bool(_before(row).get("stood"))


def _id(row: Imported) -> int:
    return int(row.made.split(":")[1])
