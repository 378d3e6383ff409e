"""Cents: what may be typed, how it is shown, and that splits give every cent away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from money import (
    LARGEST_TYPED,
    format_dollars,
    parse_dollars,
    plain_dollars,
    share_by,
    tenths_of_percent,
    whole_cents,
)

AMOUNTS = st.integers(min_value=0, max_value=LARGEST_TYPED)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10_000), min_size=1, max_size=12).filter(any)


@given(AMOUNTS)
def test_what_is_shown_can_be_typed_again(cents):
    assert parse_dollars(format_dollars(cents)) == cents
    assert parse_dollars(plain_dollars(cents)) == cents


@pytest.mark.parametrize(
    ("typed", "cents"),
    [
        ("45", 45_00), ("45.00", 45_00), ("$45", 45_00), ("$ 45", 45_00), ("1,200.00", 1_200_00),
        ("  45.5  ", 45_50), ("0", 0), ("0.01", 1), ("1200", 1_200_00), ("99,999,999.99", LARGEST_TYPED),
        ("000045", 45_00), ("1,234,567", 1_234_567_00),
    ],
)  # fmt: skip
def test_an_amount_is_read_the_way_people_type_it(typed, cents):
    assert parse_dollars(typed) == cents


@pytest.mark.parametrize(
    "typed",
    [
        "", "  ", "-1", "-$5", "$-5", "+5", "1.234", "1.200,00", "1,20", "12,34.00", ",100", "1,2000", "abc", "12a",
        "1e5", "1_000", ".5", "5.", "$", "45 00", "100,000,000.00", "99999999999999", "４５", "٤٥", "45\x00", "0,500",
        "0x10", "NaN", "inf", "$$5", "5$", "1 200",
    ],
)  # fmt: skip
def test_an_amount_that_could_mean_two_things_is_refused(typed):
    with pytest.raises(ValueError):
        parse_dollars(typed)


@given(st.text(max_size=30))
def test_any_text_is_an_amount_in_range_or_refused(typed):
    try:
        cents = parse_dollars(typed)
    except ValueError:
        return
    assert type(cents) is int
    assert 0 <= cents <= LARGEST_TYPED


@given(AMOUNTS, st.sampled_from(["{}.999", "{}e2", "-{}", "{}USD", "{},5"]))
def test_a_number_with_anything_odd_about_it_is_refused(cents, pattern):
    with pytest.raises(ValueError):
        parse_dollars(pattern.format(cents // 100))


@pytest.mark.parametrize("value", [19.99, 20.0, True, False, "20", None])
def test_only_whole_cents_pass(value):
    with pytest.raises(TypeError, match="fee takes whole cents, not"):
        whole_cents(value, "fee")


def test_whole_cents_pass_unchanged():
    assert whole_cents(-3_000) == -3_000


def test_money_owed_to_the_reader_has_its_sign_before_the_dollar():
    assert format_dollars(-30_00) == "-$30.00"
    assert format_dollars(1_234_50) == "$1,234.50"
    assert format_dollars(-5) == "-$0.05"
    assert plain_dollars(-1_234_50) == "-1234.50"


@given(AMOUNTS, WEIGHTS)
def test_a_split_gives_every_cent_away_and_is_off_by_less_than_one(total, weights):
    parts = share_by(total, weights)

    assert sum(parts) == total
    exact = [total * weight / sum(weights) for weight in weights]
    assert all(abs(part - want) < 1 + total * 1e-12 for part, want in zip(parts, exact, strict=True))


@given(AMOUNTS, st.integers(min_value=1, max_value=50))
def test_equal_parts_differ_by_one_cent_at_most_and_the_first_get_it(total, count):
    parts = share_by(total, [1] * count)

    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (620_00, [1, 1, 1], [206_67, 206_67, 206_66]),
        (185_01, [60, 40], [111_01, 74_00]),
        (185_00, [50, 50], [92_50, 92_50]),
        (100, [0, 1], [0, 100]),
        (2, [1, 1, 1], [1, 1, 0]),
        (10, [1, 5], [2, 8]),
    ],
)
def test_odd_cents_go_to_the_largest_fractions_then_to_the_first(total, weights, parts):
    assert share_by(total, weights) == parts


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1]])
def test_a_split_needs_someone_to_take_part(weights):
    with pytest.raises(ValueError, match="weights must be positive"):
        share_by(100_00, weights)


@pytest.mark.parametrize(
    ("cents", "rate", "part"),
    [(100_00, 29, 2_90), (185_00, 29, 5_37), (80_00, 29, 2_32), (50, 10, 1), (49, 10, 0), (0, 29, 0)],
)
def test_a_percentage_becomes_cents_once_half_up(cents, rate, part):
    assert tenths_of_percent(cents, rate) == part


@given(st.integers(min_value=0, max_value=10**10), st.integers(min_value=0, max_value=1000))
def test_a_percentage_is_within_half_a_cent(cents, rate):
    assert abs(2 * (tenths_of_percent(cents, rate) * 1000 - cents * rate)) <= 1000


def test_an_odd_cent_goes_to_the_largest_fraction_wherever_it_is_listed():
    assert share_by(10, [1, 2]) == [3, 7]
    assert share_by(11, [3, 1, 4]) == [4, 1, 6]


def test_who_splits_by_no_weight_is_told_why():
    with pytest.raises(ValueError, match=r"^weights must be positive$"):
        share_by(10, [])
