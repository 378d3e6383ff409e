"""A new email, proved by a code sent to it."""

from flask import redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import StringField

from billing.errors import BillingError
from identity import contacts
from views.codes import CodeForm
from views.context import now
from views.forms import Form
from views.responses import go
from views.security import page
from views.security.shared import changed, refused, show
from views.stepping_up import required

ASKED = "email_asked"


class EmailForm(Form):
    """The new address."""

    email = StringField(filters=[lambda text: (text or "").strip()[:254]])


@page("/email", "GET")
@required
def email() -> ResponseReturnValue:
    return show("email", EmailForm(formdata=None))


@page("/email", "POST")
@required
def ask_email() -> ResponseReturnValue:
    """Send a code to the new address; nothing has changed yet."""
    form = EmailForm()
    try:
        session[ASKED] = contacts.ask_email(current_user.person, form.email.data, now())
    except BillingError as refusal:
        return refused("email", form, refusal)
    return go(url_for(".email_code"))


@page("/email/code", "GET")
@required
def email_code() -> ResponseReturnValue:
    if ASKED not in session:
        return redirect(url_for(".email"), 303)
    return show("email_code", CodeForm(formdata=None))


@page("/email/code", "POST")
@required
def confirm_email() -> ResponseReturnValue:
    form, here = CodeForm(), current_user.sign_in
    try:
        contacts.confirm_email(current_user.person, session.get(ASKED, ""), form.code.data, here, now())
    except BillingError as refusal:
        form.code.data = ""
        return refused("email_code", form, refusal)
    session.pop(ASKED)
    return changed("acct.email.done")
