"""How another system writes what our templates say plainly: which rows count, what every row says, how signs go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from exchange import cells
from exchange.cells import Refused, Way
from exchange.mapping import plain
from exchange.reading import Record, Sheet, Unreadable

FLIPPED, SIZE = "flipped", "size"  # below zero is above; the sign says nothing
SIGNS = ("", FLIPPED, SIZE)
MONEY = ("amount", "share_of", "client_paid", "client_refunded", "insurance_paid")


@dataclass(frozen=True)
class Dialect:
    """As data, for `exchange.profiles`. Patterns are of small letters, as file names have them."""

    fixed: Mapping[str, str] = field(default_factory=dict)  # field of ours -> what each row says
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # header -> patterns of rows that count
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # field -> pattern -> our word
    nothing: str = ""  # header of an amount; rows where it is zero or empty do not count
    refusals: Mapping[str, str] = field(default_factory=dict)  # code -> the code that tells more here
    sign: str = ""  # of SIGNS

    def counting(self, sheet: Sheet) -> list[Record]:
        """The rows that count. Raises Unreadable when a column is missing by which that is known."""
        places = {name: _place(sheet, name) for name in (*self.only, *([self.nothing] if self.nothing else []))}
        return [record for record in sheet.records if self._counts(record, places)]

    def written(self, name: str, text: str) -> str:
        """The cell of field `name` as our templates have it."""
        if name in self.words:
            found = (word for pattern, word in self.words[name].items() if fnmatchcase(text.casefold(), pattern))
            return next(found, text)
        text = text or self.fixed.get(name, "")
        return _signed(text, self.sign) if name in MONEY and self.sign and text else text

    def _counts(self, record: Record, places: Mapping[str, int]) -> bool:
        for header, patterns in self.only.items():
            text = _cell(record, places[header]).casefold()
            if not any(fnmatchcase(text, pattern) for pattern in patterns):
                return False
        return not self.nothing or not _is_nothing(_cell(record, places[self.nothing]))


PLAIN = Dialect()  # of our own templates


def _place(sheet: Sheet, header: str) -> int:
    found = [place for place, name in enumerate(sheet.header) if plain(name) == plain(header)]
    if not found:
        raise Unreadable("pr.import.err.missing_column", name=header)
    return found[0]


def _cell(record: Record, place: int) -> str:
    return record.cells[place] if place < len(record.cells) else ""


def _is_nothing(text: str) -> bool:
    try:
        return not text or cells.dollars(text, Way(date.min)) == 0
    except Refused:
        return False


def _signed(text: str, sign: str) -> str:
    """The amount with its sign turned, or without one."""
    below = text.startswith(("-", "(", "$-"))
    bare = text.strip("()").replace("-", "", 1) if below else text
    return bare if below or sign == SIZE else f"-{bare}"
