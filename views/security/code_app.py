"""The code app: whether there is one, another one, none."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing.errors import BillingError
from identity import factors, totp
from identity.factors import LastWay
from views import code_apps
from views.codes import CodeForm
from views.context import now
from views.security import page
from views.security.shared import changed, refused, show
from views.stepping_up import required


@page("/app", "GET")
def app() -> ResponseReturnValue:
    return show("app", standing=totp.standing(current_user.person), problems=())


@page("/app/new", "POST")
@required
def start_app() -> ResponseReturnValue:
    code_apps.start(current_user.person)
    return redirect(url_for(".new_app"), 303)


@page("/app/new", "GET")
@required
def new_app() -> ResponseReturnValue:
    begun = code_apps.begun(current_user.person)
    if begun is None:
        return redirect(url_for(".app"), 303)
    return show("app_new", CodeForm(formdata=None), begun=begun, totp=totp)


@page("/app", "POST")
@required
def confirm_app() -> ResponseReturnValue:
    """The first code of a new app; the one before counts no longer."""
    form, begun = CodeForm(), code_apps.begun(current_user.person)
    if begun is None:
        return redirect(url_for(".app"), 303)
    try:
        factors.confirm_app(current_user.person, begun, form.code.data, current_user.sign_in, now())
    except BillingError as refusal:
        form.code.data = ""
        return refused("app_new", form, refusal, begun=begun, totp=totp)
    return changed("acct.app.added")


@page("/app/remove", "POST")
@required
def remove_app() -> ResponseReturnValue:
    try:
        factors.remove_app(current_user.person, current_user.sign_in, now())
    except LastWay as refusal:
        return refused("app", CodeForm(formdata=None), refusal, standing=totp.standing(current_user.person))
    return changed("acct.app.removed")
