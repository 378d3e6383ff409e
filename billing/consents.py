"""What a person agreed to, kept word for word."""

import hashlib
from datetime import datetime

from models import Consent, User
from words import say

KEEP_CARD = "save_card"
KEPT_ALONE = "card-"  # how the reference begins where nothing was paid


def agree_to_keep_card(user: User, language: str, ip: str, reference: str, now: datetime) -> Consent:
    """Record the ticked "Save this card": the exact text shown, its hash, language, person, time and address."""
    text = say("card.save.terms", language)
    return Consent.create(
        user=user, kind=KEEP_CARD, text=text, text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        language=language, at=now, ip=ip, reference=reference,
    )  # fmt: skip
