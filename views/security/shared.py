"""What the pages of one's own sign-in share: their frame, and what a browser keeps after a change."""

from typing import Any

from flask import flash, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing.errors import BillingError
from identity import signins
from views import doors
from views.context import say
from views.forms import Form
from views.responses import go


def show(template: str, form: Form | None = None, **facts: Any) -> str:
    """A page in the frame of whoever is signed in, with a way back to the list."""
    frame = {"frame": doors.of(current_user.person).frame, "tab": "account", "back": url_for(".show")}
    return render_template(f"security/{template}.html", form=form, person=current_user.person, **frame, **facts)


def refused(template: str, form: Form, refusal: BillingError, **facts: Any) -> ResponseReturnValue:
    """The same page again, and why."""
    form.refuse(refusal)
    return show(template, form, **facts), 422


def renew() -> None:
    """After a change this browser's session goes on under a new token."""
    session["_user_id"] = current_user.token = signins.renew(current_user.sign_in)


def changed(sentence: str, page: str = ".show") -> ResponseReturnValue:
    """On after a change, saying what is new."""
    renew()
    flash(say(sentence), "good")
    return go(url_for(page))
