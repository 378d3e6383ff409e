"""Would the bank pay? Pure rules over an amount, a card and what was typed with it.

Amounts and codes are Braintree's published test values.
"""

from dataclasses import dataclass
from typing import Any

TEXTS = {
    "1000": "Approved",
    "1004": "Approved for Lower Amount",
    "2000": "Do Not Honor",
    "2001": "Insufficient Funds",
    "2002": "Limit Exceeded",
    "2003": "Cardholder's Activity Limit Exceeded",
    "2004": "Expired Card",
    "2005": "Invalid Credit Card Number",
    "2006": "Invalid Expiration Date",
    "2007": "No Account",
    "2008": "Card Account Length Error",
    "2009": "No Such Issuer",
    "2010": "Card Issuer Declined CVV",
    "2011": "Voice Authorization Required",
    "2012": "Processor Declined - Possible Lost Card",
    "2013": "Processor Declined - Possible Stolen Card",
    "2014": "Processor Declined - Fraud Suspected",
    "2015": "Transaction Not Allowed",
    "2016": "Duplicate Transaction",
    "2038": "Processor Declined",
    "2046": "Declined",
    "2059": "Address Verification Failed",
    "2060": "Address Verification and Card Security Code Failed",
    "3000": "Processor Network Unavailable - Try Again",
}
HARD = {"2004", "2005", "2007", "2008", "2009", "2012", "2013", "2014", "2015", "2022", "2044", "2047", "2053"}


@dataclass(frozen=True)
class Verdict:
    """What becomes of a sale: its first status, the bank's code, or why the gateway itself refused."""

    status: str
    code: str = ""
    rejection: str = ""

    @property
    def approved(self) -> bool:
        return self.status == "authorized"

    @property
    def text(self) -> str:
        return TEXTS.get(self.code, "Processor Declined") if self.code else ""

    @property
    def type(self) -> str:
        if self.code in ("1000", "1004"):
            return "approved"
        return "" if not self.code else "hard_declined" if self.code in HARD else "soft_declined"


APPROVED = Verdict("authorized", "1000")


# Half of the published amount, for those who take a part.
PARTLY, PARTLY_ASKED = Verdict("authorized", "1004"), 1004_00


def declined(code: str) -> Verdict:
    return Verdict("failed" if code == "3000" else "processor_declined", code)


def rejected(reason: str) -> Verdict:
    """By a rule of the gateway; the rules about address and security code come after the bank said yes."""
    return Verdict("gateway_rejected", "1000" if reason in ("avs", "cvv", "avs_and_cvv") else "", reason)


def by_amount(cents: int) -> Verdict:
    """The published test amounts; anything else is approved."""
    if 2000_00 <= cents < 3001_00:
        return declined(str(cents // 100))
    return rejected("application_incomplete") if cents == 5001_00 else APPROVED


def by_tag(tag: str, rules: dict[str, Any]) -> Verdict:
    """`decline:2001` and `reject:cvv` always; `rule:fraud` for merchants with that rule."""
    kind, _, detail = tag.partition(":")
    if kind == "decline":
        return declined(detail)
    if kind == "reject" or (kind == "rule" and rules.get("fraud")):
        return rejected(detail)
    return APPROVED


def by_checks(checks: dict[str, Any], rules: dict[str, Any]) -> Verdict:
    """Merchants may refuse what the bank would accept when ZIP or security code do not match."""
    avs = bool(rules.get("avs")) and "N" in (checks["avs_postal"], checks["avs_street"])
    cvv = bool(rules.get("cvv")) and checks["cvv"] == "N"
    reason = {(True, True): "avs_and_cvv", (True, False): "avs", (False, True): "cvv"}.get((avs, cvv))
    return rejected(reason) if reason else APPROVED


def sale(cents: int, card: dict[str, Any], checks: dict[str, Any], rules: dict[str, Any]) -> Verdict:
    verdicts = (by_tag(card["tag"], rules), by_amount(cents), by_checks(checks, rules))
    return next((verdict for verdict in verdicts if not verdict.approved), APPROVED)


def verification(cents: int, card: dict[str, Any], checks: dict[str, Any], rules: dict[str, Any]) -> Verdict:
    """A check without money: the numbers that fail it, then as a sale of that amount."""
    kind, _, detail = card["tag"].partition(":")
    if kind == "verify":
        return Verdict("failed" if detail == "3000" else "processor_declined", detail)
    verdict = sale(cents, card, checks, rules)
    return Verdict("verified", "1000") if verdict.approved else verdict


def refund(cents: int) -> Verdict:
    """2004.00 is declined; 2046.00 succeeds and says so oddly."""
    return declined("2004") if cents == 2004_00 else APPROVED


def checks(card: dict[str, Any], billing: dict[str, Any], cvv: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """AVS and CVV answers for what was typed; only these letters are kept of a security code."""
    postal, street = billing.get("postal_code"), str(billing.get("street_address") or "").split()
    skip_avs, skip_cvv = bool(options.get("skip_avs")), bool(options.get("skip_cvv"))
    return {
        "avs_error": None if skip_avs else {"30000": "E", "30001": "S"}.get(str(postal)[:5]),
        "avs_postal": "B" if skip_avs else _match(postal and postal[:5], {"20000": "N", "20001": "U"}),
        "avs_street": "B" if skip_avs else _match(street and street[0], {"200": "N", "201": "U", "301": "S"}),
        "cvv": "B" if skip_cvv else _match(cvv, _cvv_values(card["brand"])),
    }


def _cvv_values(brand: str) -> dict[str, str]:
    amex = {"2000": "N", "2011": "U", "3011": "S"}
    return amex if brand == "American Express" else {"200": "N", "201": "U", "301": "S"}


def _match(typed: Any, special: dict[str, str]) -> str:
    return special.get(str(typed), "M") if typed else "I"
