"""Which column of a file is which field of ours."""

import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from exchange.cells import Reader
from exchange.reading import Unreadable


@dataclass(frozen=True)
class Column:
    """A field of ours: its name in our templates, how its cells are read, whether each row needs it."""

    name: str
    read: Reader
    required: bool = False
    dated: bool = False  # it holds days, whose order a file may leave open
    unless: str = ""  # a field that says the same, so that a row with it needs none of this


@dataclass(frozen=True)
class Mapped:
    """Where each field stands in this file. `names` has headers as the file spells them."""

    places: dict[str, int]
    names: dict[str, str]
    ignored: tuple[str, ...]


def plain(header: str) -> str:
    """A header without case, accents, spaces and punctuation."""
    bare = unicodedata.normalize("NFKD", header.casefold())
    return "".join(letter for letter in bare if letter.isalnum())


def proposed(columns: Iterable[Column], header: list[str]) -> dict[str, str]:
    """Field -> header, where the file calls it as we do."""
    theirs = {plain(name): name for name in header}
    return {column.name: theirs[plain(column.name)] for column in columns if plain(column.name) in theirs}


def mapped(
    columns: Iterable[Column], header: list[str], chosen: Mapping[str, str], given: Container[str] = ()
) -> Mapped:
    """Find the chosen headers in a file; fields that are `given` for all its rows need none.

    Raises:
        Unreadable: a column that each row needs is not there, or a header stands there twice.
    """
    twice = [name for name, times in Counter(plain(name) for name in header if name).items() if times > 1]
    theirs = {plain(name): place for place, name in enumerate(header) if name}
    used = {name: theirs[plain(theirs_name)] for name, theirs_name in chosen.items() if plain(theirs_name) in theirs}
    for name in twice:
        raise Unreadable("pr.import.err.twice", name=header[theirs[name]])
    for column in columns:
        if column.required and not any(name in used or name in given for name in (column.name, column.unless)):
            raise Unreadable("pr.import.err.missing_column", name=chosen.get(column.name, column.name))
    ignored = tuple(name for place, name in enumerate(header) if name and place not in used.values())
    return Mapped(used, {name: header[place] for name, place in used.items()}, ignored)


def either(mapped: Mapped, groups: Iterable[tuple[str, ...]], given: Container[str] = ()) -> None:
    """Of each group of fields at least one is there. Raises Unreadable."""
    for group in groups:
        if not any(name in mapped.places or name in given for name in group):
            raise Unreadable("pr.import.err.missing_column", name=" / ".join(group))
