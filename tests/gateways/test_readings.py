"""Reading the processor's words: statuses, codes, amounts."""

from decimal import Decimal

import pytest

from gateways import Reason, Standing
from gateways.braintree import declines, readings


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        *((code, Reason.FUNDS) for code in ("2001", "2002", "2003")),
        *((str(code), Reason.CARD_DETAILS) for code in range(2004, 2011)),
        *((code, Reason.CARD_DETAILS) for code in ("81710", "81715", "81716", "cvv")),
        ("avs", Reason.ADDRESS),
        *((code, Reason.TRY_LATER) for code in ("3000", "failed")),
        *((code, Reason.USE_OTHER) for code in ("2000", "2011", "2015", "2046", "2999")),
        *((code, Reason.REFUSED) for code in ("avs_and_cvv", "fraud", "risk_threshold", "three_d_secure", "91518")),
        *((code, Reason.SETUP) for code in ("application_incomplete", "91513", "91514", "401", "403")),
    ],
)
def test_a_code_has_a_reason(code, reason):
    assert declines.reason(code) is reason


@pytest.mark.parametrize(
    ("status", "code", "standing"),
    [
        *((status, "", Standing.APPROVED) for status in sorted(declines.APPROVED_STATUSES)),
        *((status, "2000", Standing.DECLINED) for status in sorted(declines.DECLINED_STATUSES)),
        *((status, "", Standing.REVERSED) for status in sorted(declines.REVERSED_STATUSES)),
        ("gateway_rejected", "duplicate", Standing.UNKNOWN),
        ("authorizing", "", Standing.UNKNOWN),
        ("invented_tomorrow", "", Standing.UNKNOWN),
    ],
)
def test_a_status_means_something_to_the_books(status, code, standing):
    assert readings.standing(status, code) is standing


@pytest.mark.parametrize(("cents", "text"), [(1, "0.01"), (125_00, "125.00"), (1_234_56, "1234.56")])
def test_cents_and_dollars_are_the_same_money(cents, text):
    assert readings.dollars(cents) == text
    assert readings.cents(text) == readings.cents(Decimal(text)) == cents


def test_an_amount_with_half_a_cent_is_refused():
    with pytest.raises(ValueError, match="whole cents"):
        readings.cents("1.005")
