"""What staff write about money that goes back, as it is kept."""

from billing.errors import NotAllowed, given
from billing.formats import FieldRefused, lines

LONGEST_REASON, LONGEST_NUMBER = 200, 20


class NeedsNumber(NotAllowed):
    key = "pr.refund.number.err"
    field = "number"


def check_reason(reason: str) -> str:
    """As it is kept, for staff. Raises ReasonMissing, or FieldRefused: too long, or a card number in it."""
    return _text(given(reason), "reason", LONGEST_REASON)


def check_number(number: str) -> str:
    """The number of a check as it is kept. Raises NeedsNumber, or FieldRefused."""
    if not number.strip():
        raise NeedsNumber()
    return _text(number, "number", LONGEST_NUMBER)


def _text(text: str, field: str, most: int) -> str:
    try:
        return lines(most)(text)
    except FieldRefused as refused:
        refused.field = field
        raise
