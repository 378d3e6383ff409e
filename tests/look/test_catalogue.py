"""The catalogue: both languages say the same, and every key a page asks for is there."""

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

import words

ROOT = Path(__file__).parents[2]
ROWS = [(path.name, row) for path, row in words.rows()]
CALLS = re.compile(r"""\b(?:t|say)\(\s*["']([a-z0-9_.]+)["']\s*[,)]""")
SPOKEN = [
    *sorted((ROOT / "templates").rglob("*.html")),
    *sorted((ROOT / "templates").rglob("*.txt")),
    *[path for room in ("billing", "documents", "views") for path in sorted((ROOT / room).rglob("*.py"))],
    *sorted(ROOT.glob("*.py")),
]


def placeholders(sentence):
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_no_key_is_said_twice():
    counted = Counter(row["key"] for _, row in ROWS)
    assert [key for key, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_sentence_is_missing(language):
    assert [row["key"] for _, row in ROWS if not (row[language] or "").strip()] == []


def test_every_row_has_exactly_three_columns():
    assert [row["key"] for _, row in ROWS if None in row or None in row.values()] == []


def test_both_languages_have_the_same_placeholders():
    unequal = [row["key"] for _, row in ROWS if placeholders(row["en"]) != placeholders(row["es"])]
    assert unequal == []


def test_every_key_that_is_asked_for_is_there():
    known = words.sentences()
    asked = {(path.name, key) for path in SPOKEN for key in CALLS.findall(path.read_text(encoding="utf-8"))}
    assert sorted((name, key) for name, key in asked if key not in known) == []


def test_our_own_words_never_scold():
    ours = [row for name, row in ROWS if name != "shared.tsv"]
    scolding = re.compile(r"\b(please|sorry|invalid|oops|por favor|lo sentimos|inválid[oa]s?)\b", re.IGNORECASE)
    assert [row["key"] for row in ours if scolding.search(row["en"] + " " + row["es"])] == []


def test_spanish_keeps_the_formal_usted():
    familiar = re.compile(r"\b(tú|tus?|tienes|puedes|quieres|debes|tuyo|haz clic)\b", re.IGNORECASE)
    assert [row["key"] for _, row in ROWS if familiar.search(row["es"])] == []


@pytest.mark.parametrize(("time", "said"), [("5:02 p.m.", "a las 5:02 p.m. No"), ("17:02", "a las 17:02. No")])
def test_a_value_with_a_full_stop_of_its_own_ends_the_sentence_once(time, said):
    assert said in words.say("dec.dup", "es", amount="$1.00", time=time)


def test_a_value_is_shown_letter_by_letter():
    assert "a..b@example.com" in words.say("ok.emailed", "en", email="a..b@example.com")
