"""Which columns are sealed, which of them may be sealed anew, and which values do not open."""

from collections.abc import Iterator

from fields import SealedText
from migrations.triggers import APPEND_ONLY, FROZEN_COLUMNS, WRITTEN_ONCE
from models import TABLES, Row
from sealing import SealError

Columns = dict[type[Row], list[SealedText]]


def sealed() -> Columns:
    """Every sealed column, by table."""
    found = {model: [each for each in model._meta.sorted_fields if isinstance(each, SealedText)] for model in TABLES}
    return {model: fields for model, fields in found.items() if fields}


def changeable() -> Columns:
    """The sealed columns that the database lets us write again; the others keep the data key they were sealed with."""
    found = {model: [each for each in fields if not _fixed(model, each)] for model, fields in sealed().items()}
    return {model: fields for model, fields in found.items() if fields}


def _fixed(model: type[Row], field: SealedText) -> bool:
    fixed = (*FROZEN_COLUMNS.get(model, ()), *WRITTEN_ONCE.get(model, ()))
    return model in APPEND_ONLY or field.column_name in fixed


def unopened() -> Iterator[str]:
    """A sentence for each sealed value that does not open; every one is tried."""
    for model, fields in sealed().items():
        for row in model.select(model.id, *fields).order_by(model.id).iterator():
            for field in fields:
                try:
                    getattr(row, field.name)
                except SealError as error:
                    yield f"Row {row.id}: {error}"
