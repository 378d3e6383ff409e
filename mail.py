"""Messages leave the practice: rendered in neutral words, sent one by one, tried again when the server is away.

A message holds no name, provider, date of service, label or document: only that there is something to read and where
to sign in, and an amount for those alone who asked for it. Unencrypted email is not the place for more.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from functools import partial
from urllib.parse import urlsplit

from billing.messages import Told, told_now
from billing.tasks import raise_task
from config import Settings
from models import Message, Practice
from words import say

log = logging.getLogger("evenly.mail")

Send = Callable[[EmailMessage], None]

# When a message may be tried for the first, second … time, counted from when it was written.
TRIES = (timedelta(0), *(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720)))
TIMEOUT = 20  # seconds


def render(message: Message, practice: Practice, settings: Settings, told: Told | None = None) -> EmailMessage:
    """The email as it is sent: the same subject for every kind, one sentence, and whom to call.

    `told` is what it says; without it, what it says now, or once said.
    """
    known = {
        "practice_short": practice.short_name,
        "phone": practice.phone,
        "portal_url": settings.public_url,
        "portal_host": urlsplit(settings.public_url).netloc,
    }
    told = told or told_now(message) or Told(message.kind, message.values)
    filled = {**known, **{name: _whole(name, value, settings) for name, value in told.values.items()}}
    lines = (say(key, message.language, **filled) for key in (told.key, "mail.foot"))
    letter = EmailMessage()
    letter["Subject"] = say("mail.subject", message.language, **known)
    letter["From"] = formataddr((practice.short_name, settings.mail_from or "demo@localhost"))
    letter["To"] = message.to
    letter["Date"] = format_datetime(message.created_at)
    letter["Message-ID"] = make_msgid(str(message.id), urlsplit(settings.public_url).hostname)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n\n".join(lines) + "\n")
    letter["Content-Language"] = message.language
    return letter


def deliver_due(now: datetime, settings: Settings, send: Send | None = None) -> int:
    """Send what is waiting and due; returns how many were sent. Safe to run twice and at the same time.

    With no mail server (the demo) a message counts as sent once it can be read in the demo's mailbox.
    """
    practice, send = Practice.the(), send or _sender(settings)
    return sum(_deliver(message, partial(render, message, practice, settings), send, now) for message in _due(now))


def _whole(name: str, value: str, settings: Settings) -> str:
    """Addresses of our own are kept without the host, which is the settings' to know."""
    return f"{settings.public_url}{value}" if name.endswith("_url") else value


def _due(now: datetime) -> list[Message]:
    waiting = Message.select().where(Message.sent_at.is_null(), Message.failed_at.is_null()).order_by(Message.id)
    return [message for message in waiting.limit(100) if message.created_at + TRIES[message.tries] <= now]


def _deliver(message: Message, letter: Callable[[Told], EmailMessage], send: Send, now: datetime) -> bool:
    if not _claim(message):
        return False
    told = told_now(message)
    if told is None:
        message.delete_instance()
        return False
    try:
        send(letter(told))
    except (OSError, smtplib.SMTPException, ValueError) as error:
        log.warning("message %s, try %s: %s", message.id, message.tries, type(error).__name__)
        _give_up_at_last(message, now)
        return False
    values = message.values if send is _keep else _harmless(message.values)
    Message.update(sent_at=now, values=values).where(Message.id == message.id).execute()
    return True


def _harmless(values: dict[str, str]) -> dict[str, str]:
    """Without the codes and addresses that open something: once sent, they are nobody's to read in our file."""
    return {name: value for name, value in values.items() if name != "code" and not name.endswith("_url")}


def _claim(message: Message) -> bool:
    """Count the try before making it; False when someone else is making it already."""
    untried = (Message.id == message.id) & (Message.tries == message.tries) & Message.sent_at.is_null()
    message.tries += 1
    return Message.update(tries=message.tries).where(untried).execute() == 1


def _give_up_at_last(message: Message, now: datetime) -> None:
    if message.tries == len(TRIES):
        Message.update(failed_at=now, values=_harmless(message.values)).where(Message.id == message.id).execute()
        raise_task("task.mail", now, detail=f"{message.kind} #{message.id}")


def _sender(settings: Settings) -> Send:
    return partial(_by_smtp, settings=settings) if settings.mail_host else _keep


def _keep(letter: EmailMessage) -> None:
    """The demo's mailbox reads the queue itself."""


def _by_smtp(letter: EmailMessage, settings: Settings) -> None:
    with _connect(settings) as server:
        if settings.mail_user:
            server.login(settings.mail_user, settings.mail_password)
        server.send_message(letter)


def _connect(settings: Settings) -> smtplib.SMTP:
    """Encrypted from the first byte on port 465, else by STARTTLS; plain only when the settings say so."""
    where, context = (settings.mail_host, settings.mail_port), ssl.create_default_context()
    if settings.mail_tls and settings.mail_port == 465:
        return smtplib.SMTP_SSL(*where, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(*where, timeout=TIMEOUT)
    if settings.mail_tls:
        server.starttls(context=context)
    return server
