"""What may not be told to a bank: health facts and card numbers, found in a text that somebody typed."""

import re
import unicodedata
from collections.abc import Iterator

from billing.errors import BillingError
from billing.formats import telling
from billing.notes import holds_card_number
from billing.superbill_facts import diagnosis_texts
from choices import ChargeKind
from models import AccountClient, Charge, Dispute, Fee, Provider

LONGEST = 1000
# How such words begin, beside what `formats.telling` knows.
SAYS_CARE = (
    "terap", "psic", "consejer", "diagn", "mental", "depres", "anxi", "ansied", "trauma", "ptsd", "tept", "bipolar",
    "adhd", "tdah", "suicid", "addict", "adicc", "disorder", "trastorn", "symptom", "sintom", "medicat", "medicac",
)  # fmt: skip
TELLING_LETTERS = 5  # shorter words of a diagnosis say nothing by themselves

# A diagnosis ("F00.0", also without its dot), a HCPCS service (a letter and four digits) or any five-character code.
# Also with its parts pulled asunder: "F 00.0", "X-0000", "00 000".
_CODES = re.compile(
    r"(?<![0-9a-z])(?:[a-z]\d[0-9a-z](?:\.?[0-9a-z]{1,4})?|\d{5}|\d{4}[a-z]"
    r"|[a-z][ .-]{1,2}\d[0-9a-z]\.[0-9a-z]{1,4}|[a-z][ .-]{1,2}\d{4}|\d{2}[ -]\d{3})(?![0-9a-z])"
)


class NotForTheBank(BillingError):
    """The text says more than a bank needs to know; nothing was sent."""

    key = "pr.dispute.health"
    field = "text"


def checked(text: str, dispute: Dispute) -> str:
    """The text on one line, ready to be sent.

    Raises:
        NotForTheBank: empty, too long, a card number, a code, or a word that says what the care was.
    """
    text = " ".join(_visible(text).split())
    if not text:
        raise NotForTheBank("pr.dispute.empty")
    if len(text) > LONGEST:
        raise NotForTheBank("pr.err.long", most=str(LONGEST))
    if holds_card_number(text):
        raise NotForTheBank("pr.err.card")
    found = [*_CODES.findall(_plain(text)), *_told(text, dispute)]
    if found:
        raise NotForTheBank(words=", ".join(dict.fromkeys(found)))
    return text


def _told(text: str, dispute: Dispute) -> Iterator[str]:
    """Words that give away what the visits were for, and what the practice calls them."""
    plain = f" {_letters(text)} "
    yield from (word for word in plain.split() if telling(word) or word.startswith(SAYS_CARE))
    yield from (name for name in sorted(_private(dispute)) if f" {name} " in plain)


def _private(dispute: Dispute) -> set[str]:
    """What the account's clients are treated for and with, as plain letters; fees are no treatment."""
    clients = AccountClient.select(AccountClient.client).where(AccountClient.account == dispute.payment.account)
    charges = list(Charge.select().where(Charge.client.in_(clients) & (Charge.kind == ChargeKind.SERVICE)))
    fees = Fee.select().where(Fee.kind == ChargeKind.SERVICE)
    names = [label for row in (*charges, *fees) for label in (row.label, row.label_es)]
    names += [word for row in Provider.select() for word in (row.license_type, row.credentials)]
    heads = [name.partition(",")[0] for name in names]
    return {_letters(name) for name in (*names, *heads, *_diagnoses(charges))} - {""}


def _diagnoses(charges: list[Charge]) -> Iterator[str]:
    codes = {code for charge in charges for code in charge.dx}
    for text in (text for code, text in diagnosis_texts().items() if code in codes):
        yield text
        yield from (word for word in _letters(text).split() if len(word) >= TELLING_LETTERS)


def _visible(text: str) -> str:
    """Without the characters that show nothing, which could part a word from itself."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")


def _plain(text: str) -> str:
    """Small letters without accents."""
    parted = unicodedata.normalize("NFKD", _visible(text).casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def _letters(text: str) -> str:
    """Small letters and digits with single spaces: "Talk therapy, 45 min" and "talk-therapy 45 min" are one."""
    return " ".join(re.findall(r"[^\W_]+", _plain(text)))
