"""What a row of a file would do: which values it has, what it makes here or changes, and why it cannot."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from exchange.cells import Refused
from fields import canonical_json
from money import Cents
from words import say


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    SAME = "same"  # here already; nothing is done
    CHANGED = "changed"  # of a person: what stands here becomes what the file says
    AGAIN = "again"  # of money: what stands here is reversed, and posted as the file says
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is rejected: where, and which sentence. `column` is empty when it is about the whole row."""

    line: int
    column: str
    code: str
    values: dict[str, str]

    def message(self, language: str) -> str:
        """The sentence without its place."""
        key = self.code if "." in self.code else f"pr.import.err.{self.code}"
        return say(key, language, **{"column": self.column, **self.values})

    def sentence(self, language: str) -> str:
        """'Line 14, service_date: "13/45/2026" is not a date. …'"""
        values = {"n": f"{self.line}", "column": self.column, "message": self.message(language)}
        return say("pr.import.line" if self.column else "pr.import.wholeline", language, **values)


@dataclass(slots=True)
class Row:
    """One record on its way in."""

    line: int
    cells: list[str]
    names: dict[str, str]  # field -> header, as the file spells it
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    fate: Fate = Fate.NEW
    external_id: str = ""
    identity: str = ""
    content: str = ""
    facts: dict[str, Any] = field(default_factory=dict)  # columns of what it makes
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # column -> before, after
    stands: str = ""  # what is here already: "charge:12"
    imported: int = 0  # the row of `models.Imported` that it was
    account: int = 0
    effect: Cents = 0  # on what the account owes
    picked: int = 0  # the account that a person said it is of
    whose: bool = False  # a person may say of which account it is, or did

    def refuse(self, at: str, code: str, **values: str) -> None:
        """Say why it cannot be taken, at the column of field `at`."""
        self.problems.append(Problem(self.line, self.names.get(at, at), code, values))

    def sound(self, *fields: str) -> bool:
        """Whether nothing was refused at these fields until now."""
        refused = {problem.column for problem in self.problems}
        return not any(self.names.get(name, name) in refused for name in fields)

    def ask(self, at: str, question: Callable[..., Any], *about: Any, of: tuple[str, ...] = ()) -> Any:
        """The answer, or None with the refusal noted at the column of field `at`.

        Not asked where that, or a field `of` those that the question needs, was refused before: one mistake is named
        once.
        """
        if not self.sound(at, *of):
            return None
        try:
            return question(*about)
        except Refused as refusal:
            self.refuse(at, refusal.code, **refusal.values)
            return None

    @property
    def writes(self) -> bool:
        return self.fate in (Fate.NEW, Fate.CHANGED, Fate.AGAIN)


def hashed(*parts: Any) -> str:
    """SHA-256 of plain values."""
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()
