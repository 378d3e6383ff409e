"""A person says which column of a file is what; said once under a name, it is offered with the next file."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing.audit import note
from billing.formats import FieldRefused
from billing.stamp import Stamp
from choices import ImportKind
from exchange import profiles
from exchange.cells import DAY_FIRST, MONTH_FIRST
from exchange.dialect import SIGNS
from exchange.kinds import EVENLY, KINDS
from exchange.mapping import plain, proposed
from exchange.plan import Wish, placed
from exchange.profiles import OTHER, PROFILES, Profile
from exchange.reading import Sheet, Unreadable
from models import Import, Imported, Mapping

LONGEST_NAME = 60
MISSING = "pr.import.err.missing_column"


@dataclass(frozen=True)
class Said:
    """What a person says about a file: field -> header, and field -> the one day that holds for all rows."""

    columns: Map[str, str]
    order: str = ""
    sign: str = ""
    days: Map[str, date] = field(default_factory=dict)
    name: str = ""


def guessed(profile: Profile, sheet: Sheet) -> dict[str, str]:
    """Field -> header, as the profile knows it, else where the file calls it as we do."""
    if profile.name in (EVENLY, OTHER):
        return proposed(KINDS[profile.kind].columns, sheet.header)
    here = {plain(name) for name in sheet.header}
    return {name: header for name, header in profile.columns.items() if plain(header) in here}


def wish(profile: Profile, columns: Map[str, str], options: Map[str, Any]) -> Wish:
    """How a file is to be read."""
    return Wish(
        profile.name, columns, profiles.spoken(profile, options), profile.key, options.get("order", ""),
        frozenset(options.get("again", ())), {int(line): id for line, id in options.get("picked", {}).items()},
    )  # fmt: skip


def open_questions(profile: Profile, sheet: Sheet, columns: Map[str, str], options: Map[str, Any]) -> bool:
    """Whether a person must say something first; for our own templates a missing column stops the file instead.

    Raises:
        Unreadable: a header stands there twice, or one of ours is missing.
    """
    try:
        placed(sheet, KINDS[profile.kind], wish(profile, columns, options))
    except Unreadable as refusal:
        if profile.name == EVENLY or refusal.key != MISSING:
            raise
        return True
    return profile.name == OTHER


def said(batch: Import, sheet: Sheet, told: Said, stamp: Stamp) -> dict[str, Any]:
    """Keep what a person said; returns what the file's own row is to hold from now on.

    Raises:
        Unreadable: a column is missing that is needed.
        FieldRefused: it has no name, or one that something else has.
    """
    profile = profiles.of(batch.profile, ImportKind(batch.kind))
    days = {name: day.isoformat() for name, day in told.days.items()}
    ways = {"order": _one(told.order, (MONTH_FIRST, DAY_FIRST)), "sign": _one(told.sign, SIGNS)}
    options = {**batch.options, **ways, "fixed": days, "again": []}
    placed(sheet, KINDS[profile.kind], wish(profile, told.columns, options))
    source = _kept(profile, told, ways, stamp)
    note(stamp.by, "import.columns", f"import:{batch.id}", stamp.at)
    return {"profile": source, "columns": dict(told.columns), "options": options}


def _kept(profile: Profile, told: Said, ways: dict[str, str], stamp: Stamp) -> str:
    """Under its name; returns what its rows are kept under. That is never the name: under a new one they stay known."""
    name = profile.name if profile.name in PROFILES else _name(told.name, profile)
    facts = {"name": name, "columns": dict(told.columns), "options": ways, "by": stamp.by, "at": stamp.at}
    kept = _called(name) or Mapping.get_or_none(Mapping.key == profile.name)
    if kept:
        Mapping.update(facts).where(Mapping.id == kept.id).execute()
    else:
        kept = Mapping.create(kind=profile.kind, **facts)
    return name if name in PROFILES else str(kept.key)


def _called(name: str) -> Mapping | None:
    """What was kept under this name, in capitals or not."""
    return next((each for each in Mapping.select() if each.name.casefold() == name.casefold()), None)


def _name(text: str, profile: Profile) -> str:
    name = " ".join(text.split())[:LONGEST_NAME]
    if not name:
        raise FieldRefused("pr.import.col.noname", field="name")
    other = _called(name)
    if name in PROFILES or (other and (other.kind != profile.kind or _forgets(profile, other))):
        raise FieldRefused("pr.import.col.taken", field="name")
    return name


def _forgets(profile: Profile, other: Mapping) -> bool:
    """Whether rows that were taken in under one kept name would be new under the other, and so come twice."""
    return other.key != profile.name and Imported.select().where(Imported.source == profile.name).exists()


def _one(word: str, words: tuple[str, ...]) -> str:
    return word if word in words else ""
