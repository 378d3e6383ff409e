"""The demo's mailbox: every message that would have been sent, as it would have been sent."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

import mail
from models import Message
from views.context import practice, settings

bp = Blueprint("dev", __name__, url_prefix="/dev")


@bp.get("/outbox")
def outbox() -> ResponseReturnValue:
    newest = Message.select().order_by(Message.id.desc()).limit(50)
    return render_template(
        "dev/outbox.html", letters=[mail.render(message, practice(), settings()) for message in newest]
    )
