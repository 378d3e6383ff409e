"""Braintree's numbers and words for "no", and what they mean to us. Pure tables.

Processor codes: <https://developer.paypal.com/braintree/docs/reference/general/processor-responses>.
"""

from gateways import Reason

APPROVED_STATUSES = frozenset(
    ("authorized", "submitted_for_settlement", "settlement_pending", "settlement_confirmed", "settling", "settled")
)
DECLINED_STATUSES = frozenset(("processor_declined", "failed", "gateway_rejected"))
REVERSED_STATUSES = frozenset(("voided", "authorization_expired", "settlement_declined"))

# A validation error means nothing happened, except these: an earlier try of ours may have.
DOUBTFUL = frozenset(("91564", "91566", "915232", "915233", "915234", "915235"))
KEY_NOT_ALLOWED = "915231"
# A double of a payment made a moment ago, and that one may be ours.
DUPLICATES = frozenset(("duplicate", "2016"))

_BY_CODE = {
    **dict.fromkeys(("2001", "2002", "2003"), Reason.FUNDS),
    **dict.fromkeys(map(str, range(2004, 2011)), Reason.CARD_DETAILS),
    **dict.fromkeys(("81710", "81715", "81716", "81736", "cvv"), Reason.CARD_DETAILS),
    **dict.fromkeys(("91565", "91732"), Reason.CARD_DETAILS),  # card fields left open for more than three hours
    **dict.fromkeys(("avs", "81737"), Reason.ADDRESS),
    **dict.fromkeys(("3000", "failed"), Reason.TRY_LATER),
    **dict.fromkeys(("application_incomplete", "91513", "91514", "401", "403", "426"), Reason.SETUP),
}


def reason(code: str) -> Reason:
    """The reason behind a processor code, rejection word, validation number or HTTP status."""
    bank = len(code) == 4 and code.startswith("2")
    return _BY_CODE.get(code, Reason.USE_OTHER if bank else Reason.REFUSED)
