"""Which sentence a client reads for a processor's answer, and whether the same card is worth another try.

Codes: Braintree authorization responses,
https://developer.paypal.com/braintree/docs/reference/general/processor-responses/authorization-responses, read 2026-11.
Lost, stolen and fraud are never named.
"""

from gateways import Fact, Outcome, Reason, Result

BY_CODE = {
    "2001": "dec.funds", "2002": "dec.funds", "2003": "dec.funds",
    "2004": "dec.expired", "2006": "dec.expired", "2022": "dec.expired", "81710": "dec.expired",
    "2005": "dec.number", "2007": "dec.number", "2008": "dec.number", "2009": "dec.number",
    "81715": "dec.number", "81716": "dec.number",
    "2010": "dec.cvc", "cvv": "dec.cvc", "81736": "dec.cvc",
    "2059": "dec.zip", "avs": "dec.zip",
    "2060": "dec.details", "avs_and_cvv": "dec.details",
    "2019": "dec.type", "2024": "dec.type", "2058": "dec.type", "2099": "dec.type",
}  # fmt: skip
BY_REASON = {
    Reason.FUNDS: "dec.funds",
    Reason.CARD_DETAILS: "dec.details",
    Reason.ADDRESS: "dec.zip",
    Reason.TRY_LATER: "dec.down",
    Reason.USE_OTHER: "dec.generic",
    Reason.REFUSED: "dec.refused",
    Reason.SETUP: "dec.setup",
}
DOUBLE = "2016"  # the bank takes it for a payment it has just made
SAME_CARD_AGAIN = frozenset(
    {"dec.funds", "dec.number", "dec.cvc", "dec.zip", "dec.details", "dec.down", "dec.closed", "dec.verify"}
)


def decline_key(outcome: Outcome, reason: Reason, code: str) -> str:
    """The catalogue key for an answer that took no money."""
    if code in BY_CODE:
        return BY_CODE[code]
    if outcome == Outcome.NOT_SENT and reason != Reason.SETUP:
        return "dec.down"
    return BY_REASON.get(reason, "dec.generic")


def key_of(result: Result) -> str:
    return decline_key(result.outcome, result.reason, result.decline_code)


def key_found(fact: Fact) -> str:
    """The same for a refusal that nobody heard and a search found."""
    return decline_key(Outcome.DECLINED, fact.reason, fact.decline_code)


def same_card_may_work(key: str) -> bool:
    """The first thing offered is "Try again", not "Use a different card"."""
    return key in SAME_CARD_AGAIN
