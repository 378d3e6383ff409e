"""What the portal writes to this person about, whether amounts may stand in it, and in which language."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField, RadioField, SelectMultipleField

import words
from identity import message_choices
from identity.message_choices import KINDS
from views.context import now
from views.forms import Form
from views.language import remember

bp = Blueprint("messages", __name__, url_prefix="/messages")

NAMES = {"en": "English", "es": "Español"}


class MessagesForm(Form):
    """One box for each kind that may be turned off."""

    kinds = SelectMultipleField(choices=list(KINDS))
    amounts = BooleanField()
    speak = RadioField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.speak.choices = list(NAMES.items())


@bp.route("", methods=["GET", "POST"])
def show() -> ResponseReturnValue:
    user = current_user.user
    if request.method != "POST":
        form = MessagesForm(
            formdata=None, data={"kinds": user.told_of, "amounts": user.amounts_in_mail, "speak": user.language}
        )
        return render_template("portal/messages.html", form=form)
    form = MessagesForm()
    if not form.validate():
        return render_template("portal/messages.html", form=form), 422
    message_choices.choose(
        user, form.kinds.data, amounts=form.amounts.data, language=form.speak.data, now=now(),
        ip=request.remote_addr or "",
    )  # fmt: skip
    flash(words.say("notif.saved", form.speak.data), "good")
    return remember(redirect(url_for(".show"), 303), form.speak.data)
