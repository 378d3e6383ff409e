"""A new password. The old one was asked for just now, or another proof."""

from flask import flash, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from identity import factors
from identity.passwords import WeakPassword
from views import visitors
from views.context import now, say
from views.forms import PasswordForm
from views.responses import go
from views.security import page
from views.security.shared import refused, show
from views.stepping_up import required


@page("/password", "GET")
@required
def password() -> ResponseReturnValue:
    return show("password", PasswordForm(formdata=None))


@page("/password", "POST")
@required
def change_password() -> ResponseReturnValue:
    """Every session ends; this browser gets a new one."""
    form, person = PasswordForm(), current_user.person
    try:
        factors.change_password(person, form.password.data, now())
    except WeakPassword as refusal:
        return refused("password", form, refusal)
    visitors.sign_in(person, now())
    flash(say("acct.password.done"), "good")
    return go(url_for(".show"))
