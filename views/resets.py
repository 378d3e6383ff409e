"""Choosing a new password by a link: forgotten, or to begin. Looking at the link's page uses nothing up."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import StringField

from choices import LinkPurpose
from identity import resets
from identity.passwords import WeakPassword
from identity.resets import AskedTooOften, LinkOver
from models import OneTimeLink
from views import auth, doors, limits
from views.context import now, say
from views.forms import Form, PasswordForm


class AskForm(Form):
    """Nothing is checked: nobody is told whether we know the address."""

    email = StringField(filters=[lambda text: (text or "").strip()[:254]])


@doors.page("/reset", "GET", "POST")
def ask_reset() -> ResponseReturnValue:
    form = AskForm()
    if request.method == "GET":
        return _page("reset", form=form)
    try:
        resets.ask(doors.here().kind, form.email.data, now(), ip=auth.ip())
    except AskedTooOften as refusal:
        form.refuse(refusal)
        return _page("reset", form=form), 422
    flash(say("reset.sent"), "good")
    return redirect(doors.here().url("sign_in"), 303)


@doors.page("/reset/<token>", "GET", "POST")
@limits.of_sign_in
def reset(token: str) -> ResponseReturnValue:
    return _choose(token)


@doors.page("/begin/<token>", "GET", "POST")
@limits.of_sign_in
def begin(token: str) -> ResponseReturnValue:
    """The same for whoever the practice gave a link by hand."""
    return _choose(token)


def _choose(token: str) -> ResponseReturnValue:
    try:
        link = resets.find(doors.here().kind, token, now())
        return _take(link) if request.method == "POST" else _form(link, PasswordForm())
    except LinkOver:
        return _page("reset_over"), 404


def _take(link: OneTimeLink) -> ResponseReturnValue:
    """A forgotten password leads back to signing in; whoever begins goes on to the second step."""
    form = PasswordForm()
    try:
        person = resets.use(link, form.password.data, now())
    except WeakPassword as refusal:
        form.refuse(refusal)
        return _form(link, form), 422
    if link.purpose != LinkPurpose.RESET:
        return auth.go_on(person)
    flash(say("reset.done"), "good")
    return redirect(doors.here().url("sign_in"), 303)


def _form(link: OneTimeLink, form: PasswordForm) -> str:
    return _page("reset_password", form=form, purpose=link.purpose)


def _page(template: str, **facts: object) -> str:
    return render_template(f"auth/{template}.html", frame=doors.here().frame, **facts)
