"""What must not be in the tree: licensed procedure codes, card numbers, somebody else's code."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from stdnum import luhn

ROOT = Path(__file__).parent.parent
TEXTS = {".py", ".html", ".json", ".tsv", ".css", ".js", ".md", ".toml", ".txt", ".svg", ".xml", ".xsd", ".cfg"}
SKIPPED = {".git", ".venv", "var", "node_modules", "mutants", "__pycache__", ".hypothesis", "build"}
# Hashes of packages; nobody types codes there.
LOCKED = {"package-lock.json"}

# Procedure codes of the American Medical Association: five digits, of which a practice like this bills the ones that
# begin with 9. HCPCS Level II (a letter and four digits) is public and may appear.
ALONE = r"(?<![\w.,#&/-])({})(?![\w.,-]*\d|\w)"
PROCEDURE = re.compile(ALONE.format(r"9\d{4}"))
# The processor's own error numbers lie between; there, only what a therapist could bill is looked for.
THERAPY = re.compile(ALONE.format(r"90[78]\d\d|96[01]\d\d|98\d{3}|99[2-4]\d\d"))
PROCESSOR = ("gateways", "sandbox", "tests/gateways", "tests/sandbox")
DESCRIPTORS = re.compile(r"psychotherapy,? \d+ ?min|psychiatric diagnostic evaluation|with patient and/or family", re.I)
CARD = re.compile(r"(?<![\d.])(\d{4}(?:[ -]?\d{4}){2}[ -]?\d{1,7}|\d{4}[ -]\d{6}[ -]\d{5}|\d{13,19})(?![\d.])")


def texts() -> Iterator[Path]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = SKIPPED & set(parts) or any(part.endswith(".egg-info") for part in parts)
        if path.is_file() and path.suffix in TEXTS and not hidden and path.name not in LOCKED:
            yield path


def lines(path: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def found(pattern: re.Pattern, paths) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {match}"
        for path in paths
        for number, line in lines(path)
        for match in pattern.findall(line)
    ]


def at_the_processor(path: Path) -> bool:
    return path.relative_to(ROOT).as_posix().startswith(PROCESSOR)


def test_no_licensed_procedure_code_is_anywhere():
    assert found(PROCEDURE, (path for path in texts() if not at_the_processor(path))) == []
    assert found(THERAPY, filter(at_the_processor, texts())) == []


def test_no_licensed_descriptor_is_anywhere():
    here = Path(__file__)

    assert found(DESCRIPTORS, (path for path in texts() if path != here)) == []


@pytest.mark.parametrize("planted", ['"code": "{}"', "code={}", "use {}", "({})", "{}\t"])
def test_a_planted_code_is_found(planted):
    code = "90" + "834"

    assert PROCEDURE.findall(planted.format(code)) == THERAPY.findall(planted.format(code)) == [code]


@pytest.mark.parametrize("harmless", ["H0004", "2000000028", "1.{}", "{}.5", "#{}f", "x{}", "12-{}-1", "&#{};"])
def test_other_numbers_are_not_taken_for_codes(harmless):
    assert PROCEDURE.findall(harmless.format("90" + "834")) == []


def test_card_numbers_are_only_where_the_sandbox_and_the_tests_play_cards():
    elsewhere = (path for path in texts() if path.relative_to(ROOT).parts[0] not in ("sandbox", "tests"))
    numbers = [line for line in found(CARD, elsewhere) if luhn.is_valid(re.sub(r"\D", "", line.split(": ")[1]))]

    assert numbers == []


def test_no_card_number_of_a_test_is_a_real_one():
    """Test numbers are published by processors and begin with a few well-known digits."""
    published = ("4", "5", "2", "3", "6")
    for path in texts():
        for match in found(CARD, [path]):
            digits = re.sub(r"\D", "", match.split(": ")[1])
            assert not luhn.is_valid(digits) or digits.startswith(published), match


def test_nothing_of_a_third_party_lies_in_the_tree():
    names = {path.name for path in ROOT.rglob("*.js") if not SKIPPED & set(path.relative_to(ROOT).parts)}

    assert not {name for name in names if re.search(r"\.min\.|htmx|braintree|jquery|bootstrap", name)}
    assert not list((ROOT / "static").rglob("*.woff2"))


def test_every_person_of_the_demo_is_invented():
    told = (ROOT / "demo" / "practice.json").read_text(encoding="utf-8")

    assert set(re.findall(r"@[\w.]+", told)) == {"@example.com"}
    assert set(re.findall(r"\(\d{3}\) \d{3}", told)) == {"(312) 555"}
    assert set(re.findall(r'"zip": "(\d*)"', told)) == {"00000"}
    assert set(re.findall(r'"code": "([A-Z]\d{4})"', told)) == {"H0031", "H0004"}
