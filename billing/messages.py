"""Queue an email in the transaction that caused it; `mail.py` renders and delivers."""

from datetime import datetime

from models import Message


def queue(kind: str, to: str, language: str, now: datetime, **values: str) -> Message:
    """`kind` is a catalogue key such as mail.receipt; `values` fill it and hold nothing about health or money."""
    return Message.create(kind=kind, to=to, language=language, values=values, created_at=now)
