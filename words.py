"""Every sentence a person reads, in English and Spanish, and how money and dates are shown to them.

The catalogue is `translations/*.tsv`: columns key, en, es. Sentences are looked up by key; a missing key raises,
so it fails a test and not a reader.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

LANGUAGES = ("en", "es")
CATALOGUE = Path(__file__).parent / "translations"


def rows() -> Iterator[tuple[Path, dict[str, str]]]:
    """Every row of the catalogue with the file it stands in."""
    for path in sorted(CATALOGUE.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                yield path, row


@cache
def sentences() -> dict[str, dict[str, str]]:
    """key -> language -> sentence."""
    return {row["key"]: {language: row[language] for language in LANGUAGES} for _, row in rows()}


def say(key: str, language: str, **values: object) -> str:
    """The sentence `key` in `language` with its `{placeholders}` filled.

    Raises:
        KeyError: no such sentence, or a placeholder without a value.
    """
    return wording(key, language, values).format(**values)


def wording(key: str, language: str, values: Mapping[str, object]) -> str:
    """The sentence with its placeholders still in it, made to fit the values.

    One that brings its own full stop ("5:02 p.m.") takes the place of the sentence's.
    """
    text = sentences()[key][language]
    for name, value in values.items():
        if str(value).endswith("."):
            text = text.replace(f"{{{name}}}.", f"{{{name}}}")
    return text


def show_day(day: date, language: str) -> str:
    """ "Oct 19, 2026" or "19 de octubre de 2026"."""
    return format_date(day, "medium" if language == "en" else "long", locale=_locale(language))


def show_short_day(day: date, language: str) -> str:
    """ "Oct 19, 2026" or "19 oct 2026", for the narrow columns of lists."""
    return format_date(day, "medium" if language == "en" else "d MMM y", locale=_locale(language))


def show_month(day: date, language: str) -> str:
    """ "October 2026" or "octubre de 2026"."""
    return format_date(day, "MMMM y" if language == "en" else "MMMM 'de' y", locale=_locale(language))


def show_short_month(day: date, language: str) -> str:
    """ "Oct 2026" or "oct 2026", beside a bar of a chart."""
    return format_date(day, "MMM y", locale=_locale(language))


def show_instant(at: datetime, zone: str, language: str) -> str:
    """ "Oct 31, 2026, 1:05 PM CDT": the local date and time of an instant, with its zone."""
    pattern = "MMM d, y, h:mm a z" if language == "en" else "d 'de' MMMM 'de' y, h:mm a z"
    return _plain_spaces(format_datetime(at, pattern, tzinfo=ZoneInfo(zone), locale=_locale(language)))


def show_time(at: datetime, zone: str, language: str) -> str:
    """ "1:05 PM"."""
    return _plain_spaces(format_datetime(at, "h:mm a", tzinfo=ZoneInfo(zone), locale=_locale(language)))


def local_day(at: datetime, zone: str) -> date:
    """The practice-zone date of an instant: 03:30 UTC on Nov 2 is Nov 1 in Chicago."""
    return at.astimezone(ZoneInfo(zone)).date()


def _locale(language: str) -> str:
    return {"en": "en_US", "es": "es_US"}[language]


def _plain_spaces(text: str) -> str:
    # CLDR writes narrow no-break spaces before "PM"; people search for plain ones.
    return text.replace("\u202f", " ").replace("\xa0", " ")
