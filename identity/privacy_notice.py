"""The privacy notice: its words, and who has read which version of it."""

from datetime import datetime

from identity.strikes import sha256
from models import Consent, Practice, User
from words import say

KIND, VERSION = "privacy", "2026-11"
KEYS = ("join.privacy.kept", "join.privacy.cards", "join.privacy.seen", "join.privacy.mail", "join.privacy.ask")


def paragraphs(language: str) -> list[str]:
    phone = Practice.the().phone
    return [say(key, language, phone=phone) for key in KEYS]


def was_read_by(user: User) -> bool:
    """This version of it."""
    known = Consent.kind == KIND, Consent.user == user, Consent.reference == VERSION
    return bool(Consent.select().where(*known).exists())


def accept(user: User, language: str, now: datetime, ip: str) -> None:
    """Kept word for word, once for each version."""
    if was_read_by(user):
        return
    text = "\n\n".join(paragraphs(language))
    Consent.create(
        user=user, kind=KIND, text=text, text_sha256=sha256(text), language=language, at=now, ip=ip, reference=VERSION
    )
