"""What the charts of the practice's pages draw, in the reader's words; the same figures stand in a table beside."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing.reports import REPORTS, Report, Table
from money import Cents
from views.context import language, say
from words import show_short_month


@dataclass(frozen=True)
class Bar:
    """One label with an amount in cents, and one of a second tone."""

    label: str
    cents: Cents
    second: Cents = 0


@dataclass(frozen=True)
class Chart:
    """`words` say what is drawn: the table's columns, and what the tones mean where there are two."""

    key: str
    title: str
    bars: list[Bar]
    words: list[str]


def of(key: str, today: date) -> Chart:
    """The chart of a report that has one; what it costs does not grow with the books."""
    report = REPORTS[key]
    return drawn(report, report.find(today, 0))


def drawn(report: Report, table: Table) -> Chart:
    """As `of`, from what the report found already."""
    words = [column(each) for each in report.bars]
    title = say(f"pr.rep.{report.key}")
    if report.by_column:
        bars = [Bar(word, report.total(table, each)) for word, each in zip(words, report.bars, strict=True)]
        return Chart(report.key, title, bars, [column(report.headline)])
    return Chart(report.key, title, list(_by_line(report, table)), words)


def column(key: str) -> str:
    """The heading of a report's column."""
    return say(f"pr.rep.c.{key}")


def month(first: date) -> str:
    return show_short_month(first, language())


def _by_line(report: Report, table: Table) -> Iterator[Bar]:
    """A report drawn so begins with its months."""
    places = [[column.key for column in report.columns].index(key) for key in report.bars]
    for line in table.lines:
        yield Bar(month(line.cells[0]), *(line.cells[place] for place in places))
