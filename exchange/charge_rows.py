"""Rows of charges: services, fees and opening balances from another system, and the entries they make."""

from collections import defaultdict
from datetime import date
from typing import Any

from peewee import ForeignKeyField, fn

from billing import bulk, formats
from billing.ledger import charge_figures_of
from billing.stamp import Stamp
from billing.superbill_facts import LETTERS
from choices import ChargeKind, Payer
from exchange import cells
from exchange.known import WHO, Known
from exchange.mapping import Column
from exchange.rows import Row, hashed
from models import Charge, Fee
from money import Cents, format_dollars

UNDONE = "import undone"
AGAIN = "import: posted again as the file says now"
CODE = formats.shape(r"[0-9A-Z]\d{3}[0-9A-Z]", "pr.err.code", lambda text: text.strip().upper())
PLACE = formats.shape(r"\d{2}", "pr.import.err.bad_pos", lambda text: text.strip().zfill(2))
POINTERS = formats.shape(r"[A-L]{1,4}", "pr.import.err.bad_dx", lambda text: text.upper().replace(" ", ""))

COLUMNS = (
    Column("charge_id", cells.text(64)),
    Column("account_id", cells.text(64), required=True, unless="client_name"),
    Column("client_id", cells.text(64)),
    Column("client_name", cells.text(161)),
    Column("first_name", cells.text(80)),
    Column("last_name", cells.text(80)),
    Column("date_of_birth", cells.past_day, dated=True),
    Column("service_date", cells.past_day, required=True, dated=True),
    Column("fee_key", cells.shaped(lambda text: text.strip().upper(), "unknown_fee")),
    Column("label", cells.text(80)),
    Column("amount", cells.price),
    Column("code", cells.shaped(CODE, "bad_code")),
    Column("modifiers", cells.several(cells.shaped(formats.modifier, "bad_modifier"), 4)),
    Column("units", cells.whole),
    Column("pos", cells.shaped(PLACE, "bad_pos")),
    Column("dx_pointers", cells.shaped(POINTERS, "bad_dx")),
    Column("provider_npi", cells.shaped(formats.npi, "bad_npi")),
    Column("kind", cells.word(*(str(kind) for kind in ChargeKind))),
    Column("payer", cells.word(*(str(payer) for payer in Payer))),
    Column("visit_id", cells.text(64)),
    Column("share_of", cells.price),
    Column("ready", cells.yes),
)
EITHER = (("client_id", "last_name", "client_name"), ("fee_key", "label"), ("fee_key", "amount"))
KEY = ("account_id", "client_id", "first_name", "last_name", "service_date", "fee_key", "label", "code")
EXAMPLE = {
    "charge_id": "V-1001", "account_id": "1024", "client_id": "C-17", "service_date": "2026-10-19",
    "label": "Talk therapy, 45 min", "amount": "185.00", "code": "H0004", "units": "1", "pos": "11", "kind": "service",
    "payer": "client", "ready": "yes",
}  # fmt: skip
DAY = "service_date"
MONEY = ("account", "client", "service_date", "amount", "payer", "kind", "code", "modifiers", "units")


def resolve(row: Row, known: Known) -> None:
    """What charge this row is."""
    values = row.values
    fee = row.ask("fee_key", known.fee, values["fee_key"]) if values.get("fee_key") else None
    client = row.ask("client_id", known.client, values, of=WHO)
    account = row.ask("account_id", known.account_for, values, client)
    provider = _provider(row, known, client)
    told: dict[str, Any] = {name: values.get(name) or getattr(fee, name, None) for name in ("amount", "label")}
    for name in (name for name, value in told.items() if not value and row.sound(name, "fee_key")):
        row.refuse(name, "empty")
    dx = known.dx_of.get(client or 0, [])
    care = _care(values, fee, dx)
    _check_kind(row, care)
    if dx and any(letter not in LETTERS[: len(dx)] for letter in values.get("dx_pointers", "")):
        row.refuse("dx_pointers", "no_dx", value=values["dx_pointers"], n=str(len(dx)))
    if row.problems:
        return
    row.facts = {
        "account": account, "client": client, "provider": provider, **told,
        "label_es": fee.label_es if fee and not values.get("label") else "", "service_date": values["service_date"],
        "visit": values.get("visit_id", ""), "payer": Payer(values.get("payer", Payer.CLIENT)),
        "pos": values.get("pos", ""), "pointers": values.get("dx_pointers", ""), "ready": values.get("ready", False),
        "share_visit_amount": values.get("share_of"), **care,
    }  # fmt: skip
    row.account, row.content = account, _content(row.facts)
    row.effect = told["amount"] if row.facts["payer"] == Payer.CLIENT else 0


def together(rows: list[Row], known: Known) -> None:
    """The shares of one visit add up to the visit, and come in together."""
    visits: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.values.get("visit_id") and (row.values.get("share_of") or not row.sound("share_of")):
            visits[row.values["visit_id"]].append(row)
    for visit, shares in visits.items():
        _add_up(visit, shares)
        broken = next((row.line for row in shares if row.problems), 0)
        for row in (row for row in shares if broken and row.writes and not row.problems):
            row.refuse("visit_id", "split_rejected", id=visit, n=str(broken))


def write(rows: list[Row], stamp: Stamp) -> list[str]:
    """Post them; those that are posted again are reversed first."""
    old = [int(row.stands.split(":")[1]) for row in rows if row.stands]
    standing = [each.charge.id for each in charge_figures_of(old) if each.gross] if old else []
    if standing:
        bulk.void_charges(standing, AGAIN, stamp)
    return [f"charge:{id}" for id in bulk.post_charges([row.facts for row in rows], stamp)]


def undo(ids: list[int], stamp: Stamp) -> None:
    bulk.void_charges(ids, UNDONE, stamp)


def restore(ids: list[int], stamp: Stamp) -> list[int]:
    """Post anew what stood there before: a charge that was reversed is not brought back to life."""
    columns = [field for field in Charge._meta.sorted_fields if field.name not in ("id", "key")]
    kept = {each.id: each for each in Charge.select().where(Charge.id.in_(ids))}
    rows = [{field.name: _value(kept[id], field) for field in columns} for id in ids]
    return bulk.post_charges(rows, stamp)


def standing(ids: list[int]) -> dict[int, str]:
    """Charge id -> what stands on it, and so forbids to undo."""
    return bulk.standing(charge_figures_of(ids))


def replaced(id: int) -> Cents:
    """What a charge that is to be reversed is owed now."""
    return sum(each.open for each in charge_figures_of([id]))


def between(first: date, last: date) -> Any:
    """The charges of these days, as `Imported.made` names them."""
    return Charge.select(fn.PRINTF("charge:%d", Charge.id)).where(Charge.service_date.between(first, last))


def said(id: int) -> str:
    """What stands there, in a few words."""
    charge = Charge.get_by_id(id)
    return f"{format_dollars(charge.amount)}, {charge.service_date.isoformat()}"


def _add_up(visit: str, shares: list[Row]) -> None:
    """Number them, and refuse those whose sum is another than they say; not where a part cannot be read."""
    amounts = [row.facts.get("amount") or row.values.get("amount") for row in shares]
    together = sum(cents or 0 for cents in amounts)
    for number, row in enumerate(shares, 1):
        row.facts |= {"share_number": number, "share_of": len(shares)}
        total = row.values.get("share_of", together)
        if None not in amounts and total != together:
            sums = {"sum": format_dollars(together), "total": format_dollars(total)}
            row.refuse("share_of", "split_sum", id=visit, **sums)


def _value(charge: Charge, field: Any) -> Any:
    return charge.__data__[field.name] if isinstance(field, ForeignKeyField) else getattr(charge, field.name)


def _provider(row: Row, known: Known, client: int | None) -> int | None:
    if npi := row.values.get("provider_npi"):
        found: int | None = row.ask("provider_npi", known.provider, npi)
        return found
    return known.providers_of.get(client) if client else None


def _care(values: dict[str, Any], fee: Fee | None, dx: list[str]) -> dict[str, Any]:
    """What was done, as the row says it or the fee schedule, and for which diagnoses of the client."""
    kind = values.get("kind") or (fee.kind if fee else ChargeKind.SERVICE)
    service = kind == ChargeKind.SERVICE
    return {
        "kind": ChargeKind(kind), "code": values.get("code") or (fee.code if fee else ""),
        "modifiers": values.get("modifiers") or (fee.modifiers if fee else []),
        "units": values.get("units") or (fee.units if fee else 1),
        "hsa_eligible": service and (fee.hsa_eligible if fee else True), "rendered": service,
        "dx": dx if service else [],
    }  # fmt: skip


def _check_kind(row: Row, care: dict[str, Any]) -> None:
    """Fees and opening balances are no medical visit."""
    if care["kind"] != ChargeKind.SERVICE and row.sound("kind"):
        if care["code"]:
            row.refuse("code", "plain_kind")
        if row.values.get("payer") == Payer.INSURANCE:
            row.refuse("payer", "plain_kind")


def _content(facts: dict[str, Any]) -> str:
    return hashed(*(str(facts[name]) for name in MONEY))
