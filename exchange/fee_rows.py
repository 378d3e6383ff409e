"""Rows of the fee schedule: codes and prices as the practice brings them."""

from billing import formats
from billing.stamp import Stamp
from choices import ChargeKind
from exchange import cells, people
from exchange.known import Known
from exchange.mapping import Column
from exchange.rows import Row
from models import Agreement, Fee

COLUMNS = (
    Column("fee_key", cells.typed(formats.fee_key), required=True),
    Column("label", cells.text(80), required=True),
    Column("label_es", cells.text(80)),
    Column("code", cells.typed(formats.procedure)),
    Column("modifiers", cells.several(cells.shaped(formats.modifier, "bad_modifier"), 4)),
    Column("units", cells.whole),
    Column("amount", cells.price, required=True),
    Column("kind", cells.word(ChargeKind.SERVICE, ChargeKind.FEE)),
    Column("hsa_eligible", cells.yes),
)
EITHER = ()
KEY = ("fee_key",)
EXAMPLE = {
    "fee_key": "TALK45", "label": "Talk therapy, 45 min", "label_es": "Terapia, 45 min", "code": "H0004", "units": "1",
    "amount": "185.00", "kind": "service", "hsa_eligible": "yes",
}  # fmt: skip


def resolve(row: Row, known: Known) -> None:
    """A line of the fee schedule, new or with another price or name."""
    row.facts, fee = dict(row.values), known.fees.get(row.values.get("fee_key", ""))
    row.content = people.content(row)
    if row.sound("kind") and (row.facts.get("kind") or (fee and fee.kind)) == ChargeKind.FEE:
        if row.facts.get("code") or row.facts.get("modifiers"):
            row.refuse("code", "plain_kind")
        row.facts |= {"hsa_eligible": False, "modifiers": [], "code": ""}
    if fee:
        row.stands = f"fee:{fee.id}"
        row.changes = people.differences(fee, row.facts)


def together(rows: list[Row], known: Known) -> None:
    """Rows of a fee schedule stand by themselves."""


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    return [people.kept(Fee, row) for row in rows]


def withdraw(made: dict[str, int]) -> None:
    Fee.delete().where(Fee.id == made["fee"]).execute()


def standing(made: dict[str, int]) -> str:
    """Why a line cannot be withdrawn: something was agreed about it. Charges copy what they need."""
    return "agreement" if Agreement.select().where(Agreement.fee == made["fee"]).exists() else ""


def shown(row: Row) -> str:
    return f"{row.values['fee_key']} {row.values['label']}"
