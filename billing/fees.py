"""The practice's own fee schedule: what a line of it says, and that a change is for charges still to come.

A charge copies what its line says, so nothing here reaches back. Codes are as the practice types them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from peewee import fn

from billing import formats
from billing.audit import note
from billing.formats import FieldRefused, FieldsRefused, line, needed, refuse
from billing.stamp import Stamp
from choices import ChargeKind
from models import Fee, db
from money import LARGEST_TYPED, Cents

KINDS = (ChargeKind.SERVICE, ChargeKind.FEE)
MOST_MODIFIERS = 4  # as many as a superbill and a claim have room for
MOST_UNITS = 99


def price(cents: Cents | None) -> Cents:
    """The fee of the whole line, in cents above zero."""
    if cents is None:
        raise refuse("pr.err.needed")
    if not 0 < cents <= LARGEST_TYPED:
        raise refuse("pr.err.abovezero")
    return cents


def count(units: int | None) -> int:
    if units is None or not 1 <= units <= MOST_UNITS:
        raise refuse("pr.err.units", most=str(MOST_UNITS))
    return units


def kind(word: object) -> str:
    if word not in KINDS:
        raise refuse("pr.err.choose")
    return str(word)


def modifiers(typed: list[str]) -> list[str]:
    """Up to four, each once, in the order typed."""
    kept = [formats.modifier(text) for text in typed if text.strip()]
    if len(kept) > MOST_MODIFIERS or len(set(kept)) < len(kept):
        raise refuse("pr.err.modifiers", most=str(MOST_MODIFIERS))
    return kept


RULES: dict[str, Callable[[Any], Any]] = {
    "fee_key": needed(formats.fee_key),
    "label": needed(line(80)),
    "label_es": line(80),
    "amount": price,
    "kind": kind,
    "code": formats.procedure,
    "modifiers": modifiers,
    "units": count,
    "hsa_eligible": bool,
}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a line as they are kept. A fee that is no visit has no code, and no HSA card pays it.

    Raises:
        FieldsRefused: with one problem per field.
    """
    problems = tuple(_problems(values))
    if problems:
        raise FieldsRefused(problems)
    kept = {name: RULES[name](value) for name, value in values.items()}
    return kept | {"hsa_eligible": False} if kept["kind"] == ChargeKind.FEE else kept


def add(values: Mapping[str, Any], stamp: Stamp) -> Fee:
    """A new line with all columns of `RULES`. Raises FieldsRefused, also for a short name that another line has."""
    with db.atomic():
        kept = checked(values)
        _check_free(kept["fee_key"], None)
        fee: Fee = Fee.create(**kept)
        note(stamp.by, "fee.added", f"fee:{fee.id}", stamp.at, detail=_written(kept))
    return fee


def change(fee: Fee, values: Mapping[str, Any], stamp: Stamp) -> list[str]:
    """Keep these columns for charges still to come; returns the names of those that changed. Raises as `add`."""
    with db.atomic():
        kept = checked(values)
        _check_free(kept["fee_key"], fee)
        changed = {name: value for name, value in kept.items() if getattr(fee, name) != value}
        if changed:
            before = {name: getattr(fee, name) for name in changed}
            Fee.update(**changed).where(Fee.id == fee.id).execute()
            detail = f"{_written(before)} -> {_written(changed)}"
            note(stamp.by, "fee.changed", f"fee:{fee.id}", stamp.at, detail=detail)
    return list(changed)


def retire(fee: Fee, stamp: Stamp) -> None:
    """Offer this line no more; what was charged by it stays. Twice is once."""
    with db.atomic():
        if Fee.update(retired_at=stamp.at).where((Fee.id == fee.id) & Fee.retired_at.is_null()).execute():
            note(stamp.by, "fee.retired", f"fee:{fee.id}", stamp.at)


def bring_back(fee: Fee, stamp: Stamp) -> None:
    """Offer a retired line again. Twice is once."""
    with db.atomic():
        if Fee.update(retired_at=None).where((Fee.id == fee.id) & Fee.retired_at.is_null(False)).execute():
            note(stamp.by, "fee.offered", f"fee:{fee.id}", stamp.at)


def offered() -> list[Fee]:
    """The lines that may be charged, services first, in the order they were made."""
    return list(_ordered().where(Fee.retired_at.is_null()))


def schedule() -> list[Fee]:
    """All lines, those offered no more at the end."""
    return sorted(_ordered(), key=lambda fee: fee.retired_at is not None)


def by_key(key: str) -> Fee:
    """One line by its short name; `DoesNotExist` when there is none."""
    found: Fee = Fee.get(fn.UPPER(Fee.fee_key) == key.strip().upper())
    return found


def _ordered() -> Any:
    return Fee.select().order_by(Fee.kind.desc(), Fee.id)


def _problems(values: Mapping[str, Any]) -> Iterator[FieldRefused]:
    for name, value in values.items():
        try:
            RULES[name](value)
        except FieldRefused as refused:
            refused.field = name
            yield refused
    plain = not (values["code"] or any(values["modifiers"]))
    if values["kind"] == ChargeKind.FEE and not plain:
        yield FieldRefused("pr.err.feecode", field="code")


def _check_free(key: str, fee: Fee | None) -> None:
    """The short name is unique, however it is written."""
    taken = Fee.get_or_none(fn.UPPER(Fee.fee_key) == key)
    if taken is not None and taken != fee:
        raise FieldsRefused((FieldRefused("pr.err.feetaken", field="fee_key"),))


def _written(columns: Mapping[str, Any]) -> str:
    """For the log: column and value, none of which is about a person."""
    return ", ".join(f"{name} {value}" for name, value in columns.items())
