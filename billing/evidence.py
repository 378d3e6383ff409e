"""What may be shown to a bank that questions a payment: policy, consent, receipt, sign-ins, kept appointments.

Every text is made here from those facts alone, in English for the bank; never a diagnosis, code, note or label.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing import receipts
from billing.disputes_words import NotForTheBank, checked
from billing.moneyback import taken_from
from choices import ChargeKind, EntryKind
from models import Charge, Consent, Dispute, Document, Payment, Practice, SignIn
from money import format_dollars
from words import local_day, say, show_day, show_instant

BANK = "en"
# The category for texts of no special kind,
# <https://developer.paypal.com/braintree/graphql/reference/types/dispute-evidence-category>
GENERAL = "GENERAL"
WE_GAVE = (EntryKind.REFUND, EntryKind.VOID)  # a receipt of what the bank itself took proves nothing to it
SIGN_INS_SINCE = timedelta(days=90)
DAYS_NAMED = 5


@dataclass(frozen=True)
class Suggestion:
    """One text ready to be handed in, exactly as the bank will read it. `kind` names what it shows."""

    kind: str
    text: str
    category: str = GENERAL

    @property
    def key(self) -> str:
        """Changes with every letter of the text: what is ticked is what was read."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def suggestions(dispute: Dispute) -> list[Suggestion]:
    """What the books can show, most telling first; nothing that is not known."""
    payment = dispute.payment
    zone = Practice.the().time_zone
    made = [*_receipts(dispute, zone), *_consents(payment, zone), *_appointments(dispute), *_sign_ins(payment, zone)]
    return [Suggestion(kind, " ".join(text.split())) for kind, text in made]


def _receipts(dispute: Dispute, zone: str) -> Iterator[tuple[str, str]]:
    receipt = receipts.of(dispute.payment)
    if receipt is None:
        return
    yield "receipt", _say("paid", _of(receipt, dispute.payment.paid_at, zone) | {"card": _card(dispute.payment)})
    policy = _fit_for_the_bank(receipt.data["policy"], dispute)
    if policy:
        yield "policy", _say("policy", {"number": receipt.number, "text": policy})
    for paper in receipts.refunds_of(receipt):
        if paper.data["back"] in WE_GAVE:
            yield "receipt", _say("refund", _of(paper, paper.issued_at, zone))


def _consents(payment: Payment, zone: str) -> Iterator[tuple[str, str]]:
    """The consent given with this payment, or the one by which its card was kept."""
    attempt = payment.attempt
    given = attempt and (attempt.consent or (attempt.saved_card and attempt.saved_card.consent))
    if isinstance(given, Consent):
        day = show_day(local_day(given.at, zone), BANK)
        yield "consent", _say("consent", {"date": day, "card": _card(payment), "text": given.text})


def _appointments(dispute: Dispute) -> Iterator[tuple[str, str]]:
    kept = {charge.service_date for charge, _ in taken_from(dispute.payment) if _was_kept(charge, dispute.opened_on)}
    for day in sorted(kept):
        yield "appointment", _say("kept", {"date": show_day(day, BANK)})


def _was_kept(charge: Charge, on: date) -> bool:
    return bool(charge.kind == ChargeKind.SERVICE and charge.rendered and charge.service_date <= on)


def _sign_ins(payment: Payment, zone: str) -> Iterator[tuple[str, str]]:
    """Who paid in the portal had signed in; the days on which they did before."""
    if payment.user is None:
        return
    yield "sign_in", _say("portal", {"time": show_instant(payment.paid_at, zone, BANK)})
    days = [show_day(day, BANK) for day in _days_signed_in(payment, zone)]
    if days:
        yield "sign_in", _say("signed_in", {"dates": "; ".join(days)})


def _days_signed_in(payment: Payment, zone: str) -> list[date]:
    since: datetime = payment.paid_at - SIGN_INS_SINCE
    mine = (SignIn.user == payment.user) & (SignIn.began_at >= since)
    rows: Iterable[SignIn] = SignIn.select().where(mine).order_by(SignIn.began_at)
    return list(dict.fromkeys(local_day(row.began_at, zone) for row in rows))[-DAYS_NAMED:]


def _fit_for_the_bank(policy: str, dispute: Dispute) -> str:
    """The practice wrote it: it may say what a bank should not read, and is then left out."""
    try:
        return checked(policy, dispute)
    except NotForTheBank:
        return ""


def _of(paper: Document, at: datetime, zone: str) -> dict[str, str]:
    day = show_day(local_day(at, zone), BANK)
    return {"number": paper.number, "date": day, "amount": format_dollars(paper.data["amount"])}


def _card(payment: Payment) -> str:
    return say("doc.card", BANK, brand=payment.card_brand, last4=payment.card_last4)


def _say(what: str, values: dict[str, str]) -> str:
    return say(f"evidence.{what}", BANK, **values)
