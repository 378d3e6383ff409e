"""What a person agreed to, kept word for word."""

import hashlib
from datetime import datetime

from models import Consent, User
from words import say

KEEP_CARD, AMOUNTS_IN_MAIL = "save_card", "amounts_in_mail"
KEPT_ALONE = "card-"  # how the reference begins where nothing was paid


def agree_to_keep_card(user: User, language: str, ip: str, reference: str, now: datetime) -> Consent:
    """Record the ticked "Save this card": the exact text shown, its hash, language, person, time and address."""
    return _agree(user, KEEP_CARD, say("card.save.terms", language), language, ip, now, reference)


def agree_to_amounts(user: User, language: str, ip: str, now: datetime) -> Consent:
    """Record the ticked "Put the amount in my emails", with the warning beside it."""
    text = f"{say('notif.amount', language)}. {say('notif.amount.hint', language)}"
    return _agree(user, AMOUNTS_IN_MAIL, text, language, ip, now)


def _agree(user: User, kind: str, text: str, language: str, ip: str, now: datetime, reference: str = "") -> Consent:
    return Consent.create(
        user=user, kind=kind, text=text, text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        language=language, at=now, ip=ip, reference=reference,
    )  # fmt: skip
