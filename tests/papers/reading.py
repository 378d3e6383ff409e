"""Reads a PDF back the way a screen reader does: by its tags, in their order."""

from dataclasses import dataclass, field
from io import BytesIO

import pdfplumber
import pikepdf


@dataclass
class Element:
    """One tagged element: its own words, and the elements in it."""

    type: str
    attributes: dict
    words: str = ""
    kids: list["Element"] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join([self.words, *(kid.text for kid in self.kids)]).split())

    def below(self) -> list["Element"]:
        return [each for kid in self.kids for each in (kid, *kid.below())]


class Printed:
    """One PDF: its headings, paragraphs and tables as the structure tree tells them."""

    def __init__(self, made: bytes) -> None:
        self.made = made
        with pdfplumber.open(BytesIO(made)) as pdf:
            self.pages = len(pdf.pages)
            self.texts = [page.extract_text() for page in pdf.pages]
            self._words = _words_by_mark(pdf)
        with pikepdf.open(BytesIO(made)) as pdf:
            self._page_of = {page.objgen: number for number, page in enumerate(pdf.pages)}
            self.tree = self._read(pdf.Root.StructTreeRoot)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def elements(self, *types: str) -> list[Element]:
        """Every element of these types, in reading order."""
        return [element for element in self.tree.below() if element.type in types]

    @property
    def headings(self) -> list[tuple[str, str]]:
        return [(each.type, each.text) for each in self.elements("H1", "H2", "H3", "H4", "H5", "H6")]

    @property
    def paragraphs(self) -> list[str]:
        return [each.text for each in self.elements("P")]

    @property
    def tables(self) -> list[list[list[str]]]:
        return [_rows(table) for table in self.elements("Table")]

    @property
    def facts(self) -> dict[str, str]:
        """The two-column tables, label -> value."""
        return dict(row for table in self.tables for row in table if len(row) == 2)

    def table(self, *columns: str) -> list[list[str]]:
        """The body of the table whose head begins with these columns."""
        return next(table[1:] for table in self.tables if tuple(table[0][: len(columns)]) == columns)

    def _read(self, element) -> Element:
        attributes = {name: str(value) for name, value in element.get("/A", {}).items()}
        found = Element(str(element.get("/S", "/Root"))[1:], attributes)
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, int):
                found.words += self._words.get((self._page_of[element.Pg.objgen], kid), "")
            else:
                found.kids.append(self._read(kid))
        return found


def _words_by_mark(pdf) -> dict[tuple[int, int], str]:
    words: dict[tuple[int, int], str] = {}
    for number, page in enumerate(pdf.pages):
        for char in page.chars:
            if char["mcid"] is not None:
                words[number, char["mcid"]] = words.get((number, char["mcid"]), "") + char["text"]
    return words


def _rows(table: Element) -> list[list[str]]:
    return [[cell.text for cell in row.kids] for row in table.below() if row.type == "TR"]
