"""Many charges at once, as files bring them: the rules of `billing.charges`, asked for all rows of a slice together."""

from collections.abc import Iterable, Mapping
from typing import Any

from peewee import fn

from billing.charges import check_kind
from billing.entries import post_all
from billing.errors import allow
from billing.figures import ChargeFigures
from billing.ledger import charge_figures_of
from billing.stamp import Stamp
from choices import EntryKind
from models import Charge, DocumentCharge, Hold, db
from money import whole_cents
from tables import insert_all


def post_charges(rows: Iterable[Mapping[str, Any]], stamp: Stamp) -> list[int]:
    """Record a charge with each row's facts of `models.Charge`, and post its amount; all or none. Returns their ids.

    Raises:
        NotAllowed: as `billing.charges.post_charge`.
    """
    with db.atomic():
        first = (Charge.select(fn.MAX(Charge.id)).scalar() or 0) + 1
        charges = [Charge(id=id, **row) for id, row in enumerate(rows, first)]
        for charge in charges:
            allow(whole_cents(charge.amount) > 0 and not charge.confidential)
            check_kind(charge)
        _seal_once(charges)
        insert_all(charges)
        post_all([_entry(EntryKind.CHARGE, charge) for charge in charges], stamp)
    return [charge.id for charge in charges]


def void_charges(ids: list[int], reason: str, stamp: Stamp) -> None:
    """Undo charges on which nothing stands, all or none. Raises NotAllowed when something stands on one of them."""
    with db.atomic():
        rows = charge_figures_of(ids)
        allow(not standing(rows))
        post_all([_entry(EntryKind.CHARGE_VOID, row.charge) for row in rows], stamp, reason)


def standing(rows: list[ChargeFigures]) -> dict[int, str]:
    """Charge id -> what stands on it: void, busy, money, changed, paper or held. Nothing for one that may go."""
    ids = [row.charge.id for row in rows]
    papers = _with(DocumentCharge, DocumentCharge.charge.in_(ids))
    held = _with(Hold, Hold.charge.in_(ids) & Hold.ended_at.is_null())
    found = {row.charge.id: _why(row, row.charge.id in papers, row.charge.id in held) for row in rows}
    return {id: why for id, why in found.items() if why}


def _why(row: ChargeFigures, on_paper: bool, held: bool) -> str:
    reasons = {
        "void": not row.gross,
        "busy": row.reserved,
        "money": row.allocated,
        "changed": row.adjusted or row.insurance or row.moved,
        "paper": on_paper,
        "held": held,
    }
    return next((why for why, so in reasons.items() if so), "")


def _with(model: Any, which: Any) -> set[int]:
    return {row[0] for row in model.select(model.charge).where(which).tuples()}


def _entry(kind: EntryKind, charge: Charge) -> dict[str, Any]:
    return {"kind": kind, "account": charge.account_id, "charge": charge.id, "amount": charge.amount}


def _seal_once(charges: list[Charge]) -> None:
    """To seal asks the database for its key; most charges of a file have the same diagnoses, or none."""
    kept: dict[str, Any] = {}
    for charge in charges:
        plain = repr(charge.dx)
        if plain not in kept:
            kept[plain] = Charge.dx.python_value(Charge.dx.db_value(charge.dx))
        charge.__data__["dx"] = kept[plain]
