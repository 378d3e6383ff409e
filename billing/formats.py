"""What a practice may be called and numbered by: each rule takes typed text and returns it as kept.

Every rule raises `FieldRefused` with the sentence to show. Empty text stays empty; what must be there says so.
"""

import re
from collections.abc import Callable
from zoneinfo import available_timezones

import stdnum.luhn
from stdnum.exceptions import InvalidComponent
from stdnum.us import ein as stdnum_ein

from billing.errors import BillingError
from billing.notes import holds_card_number

Rule = Callable[[str], str]

# Words that would tell a stranger reading a card statement what the visit was for.
TELLING_WORDS = ("therap", "counsel", "psych")

# USPS abbreviations, https://pe.usps.com/text/pub28/28apb.htm, read 2026-11.
STATES = (
    "AL|AK|AS|AZ|AR|CA|CO|CT|DE|DC|FL|GA|GU|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|"
    "MP|OH|OK|OR|PA|PR|RI|SC|SD|TN|TX|UT|VT|VI|VA|WA|WV|WI|WY"
)

_SPACES = re.compile(r"\s+")
_CONTROL = re.compile(r"[^\S\r\n]|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")


class FieldRefused(BillingError):
    """What was typed in one field cannot be kept."""


class FieldsRefused(BillingError):
    """One or more fields cannot be kept; `problems` has an error per field. Nothing was written."""

    def __init__(self, problems: tuple[BillingError, ...]) -> None:
        self.problems = problems
        super().__init__()


def refuse(key: str, **values: str) -> FieldRefused:
    return FieldRefused(key, **values)


def line(most: int) -> Rule:
    """One line of at most `most` letters, spaces tidied, and no card number among them."""

    def rule(text: str) -> str:
        tidy = _SPACES.sub(" ", text).strip()
        if not tidy.isprintable():
            raise refuse("pr.err.letters")
        if len(tidy) > most:
            raise refuse("pr.err.long", most=str(most))
        return without_card(tidy)

    return rule


def lines(most: int) -> Rule:
    """Several lines, at most `most` letters together, and no card number among them."""

    def rule(text: str) -> str:
        tidy = "\n".join(_CONTROL.sub(" ", part).rstrip() for part in text.strip().splitlines())
        if len(tidy) > most:
            raise refuse("pr.err.long", most=str(most))
        return without_card(tidy)

    return rule


def needed(rule: Rule) -> Rule:
    """`rule`, and there must be something."""

    def needed_rule(text: str) -> str:
        kept = rule(text)
        if not kept:
            raise refuse("pr.err.needed")
        return kept

    return needed_rule


def shape(pattern: str, key: str, tidy: Callable[[str], str] = str.strip) -> Rule:
    """Text that matches `pattern` whole, or nothing."""
    whole = re.compile(pattern, re.ASCII)

    def rule(text: str) -> str:
        kept = tidy(text)
        if kept and not whole.fullmatch(kept):
            raise refuse(key)
        return without_card(kept)

    return rule


def without_card(text: str) -> str:
    if holds_card_number(text):
        raise refuse("pr.err.card")
    return text


def npi(text: str) -> str:
    """A National Provider Identifier: ten digits, first 1 or 2, Luhn over 80840 and all ten (45 CFR 162.406)."""
    kept = _npi_shape(text)
    if kept and not stdnum.luhn.is_valid("80840" + kept):
        raise refuse("pr.err.npi")
    return kept


def ein(text: str) -> str:
    """An Employer Identification Number as NN-NNNNNNN; a number written like a Social Security number is refused."""
    typed = text.strip()
    if re.fullmatch(r"\d{3}[- ]\d{2}[- ]\d{4}", typed):
        raise refuse("pr.err.ssn")
    digits = _ein_shape(typed).replace("-", "")
    return f"{digits[:2]}-{digits[2:]}" if digits else ""


def ein_prefix_known(kept: str) -> bool:
    """Whether the IRS has published the first two digits as given out."""
    try:
        stdnum_ein.validate(kept)
    except InvalidComponent:
        return False
    return True


def phone(text: str) -> str:
    """A ten-digit number of the United States, kept as (312) 555-0100."""
    typed = text.strip()
    digits = re.sub(r"[ ().+-]", "", typed)
    digits = digits[1:] if len(digits) == 11 and digits.startswith("1") else digits
    if typed and not re.fullmatch(r"[2-9]\d{9}", digits, re.ASCII):
        raise refuse("pr.err.phone")
    return f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if typed else ""


def time_zone(text: str) -> str:
    """The name of a zone this machine knows."""
    if text not in available_timezones():
        raise refuse("pr.err.zone")
    return text


def descriptor(text: str) -> str:
    """The name on card statements: 5 to 22 letters, digits, spaces or . & - *, with at least one letter."""
    kept = _descriptor_shape(text)
    if kept and not re.search(r"[A-Za-z]", kept):
        raise refuse("pr.err.descriptor")
    return kept


def telling(text: str) -> bool:
    """Whether a name gives away that the visit was about mental health."""
    return any(word in text.lower() for word in TELLING_WORDS)


def _upper(text: str) -> str:
    return text.strip().upper()


def _unspaced(text: str) -> str:
    return re.sub(r"[ -]", "", text.strip())


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


state = shape(STATES, "pr.err.state", _upper)
zip_code = shape(r"\d{5}(-\d{4})?", "pr.err.zip")
# A host by name, never by number, and never a port: what a client could read and know again.
host = shape(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}", "pr.err.host", lambda text: text.strip().lower())
path = shape(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,199}", "pr.err.path", str.strip)
# Only what every mail server takes: "=?" begins an encoded word, and letters beyond ASCII need SMTPUTF8.
email = shape(
    r"(?=.{6,254}\Z)[\w.!#$%&'*+/^`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{1,62}", "pr.err.email"
)
# As the practice types it; which codes there are, and what they mean, it knows itself.
procedure = shape(r"[0-9A-Z][0-9A-Z.-]{0,9}", "pr.err.code", _upper)
# The official guidelines' form: a letter, a digit, a letter or digit, and up to four more after a dot.
diagnosis = shape(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", "pr.err.dx", _upper)
fee_key = shape(r"[0-9A-Z][0-9A-Z_-]{0,19}", "pr.err.feekey", _upper)
modifier = shape(r"[0-9A-Z]{2}", "pr.err.modifier", _upper)
taxonomy = shape(r"[0-9A-Z]{9}X", "pr.err.taxonomy", _upper)
license_number = shape(r"[0-9A-Za-z][0-9A-Za-z .#/-]{0,29}", "pr.err.license", _tidy)
_npi_shape = shape(r"[12]\d{9}", "pr.err.npi", _unspaced)
_ein_shape = shape(r"\d{2}-?\d{7}", "pr.err.ein")
_descriptor_shape = shape(r"[A-Za-z0-9 .&*-]{5,22}", "pr.err.descriptor", _tidy)
