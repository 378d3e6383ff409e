"""Signing in and out. Clients and staff have a page each; neither learns whether an address is known."""

from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms import PasswordField, StringField

from billing.audit import note
from billing.errors import BillingError
from identity import second_step, signins
from identity.whose import Person, name
from views import doors, limits, visitors
from views.context import chosen_here, language, now, say
from views.forms import Form
from views.responses import safe_next, wants_fragment

CLEAR = '"cache", "cookies", "storage"'


class SignInForm(Form):
    """Nothing is checked here: what is missing or malformed is simply not right."""

    email = StringField(filters=[lambda text: (text or "").strip()[:254]])
    password = PasswordField(filters=[lambda text: (text or "")[:1024]])


@doors.page("/sign-in", "GET", "POST")
@limits.of_sign_in
def sign_in() -> ResponseReturnValue:
    """The first step: who, and the password."""
    if current_user.is_authenticated:
        return redirect(doors.home(), 303)
    form = SignInForm()
    if request.method == "GET":
        if visitors.told_of_time_out():
            flash(say("timeout.out"))
        elif "out" in request.args:
            flash(say("signin.out"), "good")
        return _page(form)
    try:
        person = signins.authenticate(doors.here().kind, form.email.data, form.password.data, now())
    except BillingError as refusal:
        note("stranger", "sign_in", "", now(), ip=ip(), result=refusal.key)
        form.refuse(refusal)
        return _page(form), 422
    return go_on(person)


@doors.bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    door = doors.STAFF if current_user.staff else doors.CLIENTS
    # The cookie with the language is cleared with all others; the next page is told instead.
    response = redirect(url_for(f"{door.pages}.sign_in", language=language(), out=1), 303)
    if current_user.is_authenticated:
        note(current_user.by, "sign_out", "", now(), ip=ip())
    visitors.sign_out(now())
    response.headers["Clear-Site-Data"] = CLEAR
    return response


@doors.bp.post("/stay")
@login_required
def stay() -> ResponseReturnValue:
    """Any request keeps the session; this one asks for nothing else."""
    if wants_fragment() or request.headers.get("Sec-Fetch-Mode") == "cors":
        return "", 204
    return redirect(safe_next(request.form.get("next"), doors.home()), 303)


def go_on(person: Person, proved_at: datetime | None = None) -> ResponseReturnValue:
    """The password was right: the second step is asked for, or set up by whoever has none yet.

    `proved_at`: a passkey was shown instead, which is the second step of whoever has not finished setting up.
    """
    begun = visitors.begin(person, now(), proved_at)
    return redirect(doors.of(person).url("code" if second_step.owed(begun) else "second_step_page"), 303)


def let_in(person: Person, how: str) -> ResponseReturnValue:
    """Both steps are done: begin the session, and go where the person wanted to go."""
    visitors.sign_in(person, now())
    if chosen_here():
        current_user.speak(chosen_here())
    note(name(person), "sign_in", "", now(), ip=ip(), detail=how)
    return redirect(safe_next(request.args.get("next"), doors.home()), 303)


def begin_again(sentence: str) -> ResponseReturnValue:
    """Back to the first step, and why."""
    flash(say(sentence))
    return redirect(doors.here().url("sign_in"), 303)


def ip() -> str:
    return request.remote_addr or ""


def _page(form: SignInForm) -> str:
    staff = doors.here() is doors.STAFF
    return render_template("auth/sign_in_staff.html" if staff else "auth/sign_in.html", form=form)
