"""The shape of names and numbers: what is kept, and the sentence for what is not."""

import pytest
from stdnum import luhn

from billing import formats
from billing.formats import FieldRefused

# As the IRS has not given them out.
UNKNOWN_PREFIXES = "00 07 08 09 17 18 19 28 29 49 69 70 78 79 89 96 97".split()  # noqa: SIM905


def refused(rule, text):
    with pytest.raises(FieldRefused) as error:
        rule(text)
    return error.value.key


@pytest.mark.parametrize("text", ["1234567893", " 1234567893 ", "123 456 7893", "2000000010", "2000000028"])
def test_an_npi_whose_last_digit_fits(text):
    kept = formats.npi(text)
    assert (len(kept), luhn.is_valid("80840" + kept)) == (10, True)


@pytest.mark.parametrize(
    "text", ["1234567890", "123456789", "12345678933", "3234567893", "123456789x", "１２３４５６７８９３", "0"]
)
def test_an_npi_that_cannot_be(text):
    assert refused(formats.npi, text) == "pr.err.npi"


@pytest.mark.parametrize("text", ["12-3456789", "123456789", " 12-3456789 "])
def test_an_ein_is_kept_with_its_dash(text):
    assert formats.ein(text) == "12-3456789"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("123-45-6789", "pr.err.ssn"), ("123 45 6789", "pr.err.ssn"), ("12-345678", "pr.err.ein"),
        ("1-23456789", "pr.err.ein"), ("ab-cdefghi", "pr.err.ein"), ("12-34567890", "pr.err.ein"),
    ],
)  # fmt: skip
def test_an_ein_that_is_none(text, key):
    assert refused(formats.ein, text) == key


def test_prefixes_that_the_irs_has_not_given_out_are_known():
    unknown = [f"{prefix:02}" for prefix in range(100) if not formats.ein_prefix_known(f"{prefix:02}-1234567")]
    assert unknown == UNKNOWN_PREFIXES


@pytest.mark.parametrize(
    ("rule", "typed", "kept"),
    [
        (formats.taxonomy, "103tc0700x", "103TC0700X"),
        (formats.taxonomy, "101YM0800X", "101YM0800X"),
        (formats.state, "il", "IL"),
        (formats.zip_code, "60601-1234", "60601-1234"),
        (formats.zip_code, "00000", "00000"),
        (formats.phone, "312.555.0100", "(312) 555-0100"),
        (formats.phone, "+1 (312) 555-0100", "(312) 555-0100"),
        (formats.phone, "3125550100", "(312) 555-0100"),
        (formats.email, " billing@example.com ", "billing@example.com"),
        (formats.modifier, "gt", "GT"),
        (formats.license_number, "DEMO-PSY-001", "DEMO-PSY-001"),
        (formats.descriptor, "Harbor  Fern", "Harbor Fern"),
        (formats.descriptor, "A.B&C-D*E", "A.B&C-D*E"),
        (formats.time_zone, "America/Chicago", "America/Chicago"),
        (formats.line(10), " two   words ", "two words"),
        (formats.line(10), "", ""),
        (formats.lines(20), " one \r\n\x07two  ", "one\n two"),
    ],
)
def test_what_is_typed_is_tidied(rule, typed, kept):
    assert rule(typed) == kept


@pytest.mark.parametrize(
    ("rule", "typed", "key"),
    [
        (formats.taxonomy, "103TC0700", "pr.err.taxonomy"),
        (formats.taxonomy, "103TC07000", "pr.err.taxonomy"),
        (formats.state, "ZZ", "pr.err.state"),
        (formats.state, "Illinois", "pr.err.state"),
        (formats.zip_code, "6060", "pr.err.zip"),
        (formats.zip_code, "60601-12", "pr.err.zip"),
        (formats.phone, "555-0100", "pr.err.phone"),
        (formats.phone, "123-555-0100", "pr.err.phone"),
        (formats.phone, "call me", "pr.err.phone"),
        (formats.email, "billing", "pr.err.email"),
        (formats.email, "a@b@example.com", "pr.err.email"),
        (formats.email, "a@example.com\nbcc: b@example.com", "pr.err.email"),
        (formats.email, "=?utf-8?q?=0a?=@example.com", "pr.err.email"),
        (formats.email, "a@[example.com", "pr.err.email"),
        (formats.modifier, "G", "pr.err.modifier"),
        (formats.license_number, "<b>", "pr.err.license"),
        (formats.license_number, "1" * 31, "pr.err.license"),
        (formats.descriptor, "ABCD", "pr.err.descriptor"),
        (formats.descriptor, "A" * 23, "pr.err.descriptor"),
        (formats.descriptor, "12345", "pr.err.descriptor"),
        (formats.descriptor, "FERN'S", "pr.err.descriptor"),
        (formats.descriptor, "HARBOR <>", "pr.err.descriptor"),
        (formats.descriptor, "ÁRBOL VERDE", "pr.err.descriptor"),
        (formats.time_zone, "Mars/Olympus", "pr.err.zone"),
        (formats.time_zone, "", "pr.err.zone"),
        (formats.line(10), "eleven chars", "pr.err.long"),
        (formats.line(10), "bell\x07", "pr.err.letters"),
        (formats.lines(10), "eleven\nchars", "pr.err.long"),
        (formats.needed(formats.line(10)), "  ", "pr.err.needed"),
    ],
)
def test_what_cannot_be_kept_says_what_to_do(rule, typed, key):
    assert refused(rule, typed) == key


@pytest.mark.parametrize(
    "rule",
    [formats.npi, formats.ein, formats.phone, formats.state, formats.zip_code, formats.taxonomy, formats.descriptor],
)
def test_nothing_stays_nothing(rule):
    assert rule("  ") == ""


@pytest.mark.parametrize("name", ["FERN THERAPY", "Fern Counseling", "psychfern", "THERAPIST A"])
def test_names_that_tell_are_noticed(name):
    assert formats.telling(name)
    assert not formats.telling("HARBOR FERN")
