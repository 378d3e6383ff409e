"""What a file would change, in the words of the screens: fields by their labels, values as people read them."""

from typing import Any

from choices import ImportKind
from exchange.kinds import KINDS
from exchange.results import HIDDEN
from models import Provider
from money import format_dollars
from views.context import say

LABELS = {"dx": "pr.import.field.dx", "inactive": "pr.client.inactive", "provider": "pr.client.provider"}


def spoken(kind: ImportKind, changes: list[Any]) -> list[tuple[int, str, str, str, str]]:
    """Line, whom it is about, field, value now and value in the file, of each change that a dry run keeps."""
    theirs = {column: name for name, column in getattr(KINDS[kind].rows, "HERE", {}).items()}
    names = {each.id: each.name for each in Provider.select()} if any(_has(row, "provider") for row in changes) else {}

    def value(field: str, kept: Any) -> str:
        return names.get(kept, "–") if field == "provider" and kept != HIDDEN else _value(field, kept)

    return [
        (line, who, _label(theirs.get(field, field)), value(field, old), value(field, new))
        for line, who, pairs in changes
        for field, old, new in pairs
    ]


def _has(row: Any, field: str) -> bool:
    return any(name == field for name, *_ in row[2])


def _label(field: str) -> str:
    return say(LABELS.get(field, f"pr.import.field.{field}"))


def _value(field: str, kept: Any) -> str:
    if kept in (None, "") or kept == []:
        return "–"
    if isinstance(kept, bool):
        return say("btn.yes" if kept else "btn.no")
    return format_dollars(kept) if field == "amount" and kept != HIDDEN else str(kept)
