"""What the demo shows and no real practice may: every message that would have been sent, and the code apps' codes."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

import mail
from demo.codes import code_now
from identity.whose import Person
from models import Message
from views.context import now, practice, say, settings

bp = Blueprint("dev", __name__, url_prefix="/dev")


@bp.get("/outbox")
def outbox() -> ResponseReturnValue:
    newest = Message.select().order_by(Message.id.desc()).limit(50)
    return render_template(
        "dev/outbox.html", letters=[mail.render(message, practice(), settings()) for message in newest]
    )


@bp.app_context_processor
def codes() -> dict[str, Callable[[Person], Any]]:
    """For templates, where this blueprint is mounted: the demo alone."""
    return {"demo_code": _code}


def _code(person: Person) -> str:
    code = code_now(person, now())
    return say("demo.code", code=code) if code else say("demo.wait")
