"""Signing in and out. Clients and staff have a page each; neither learns whether an address is known."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms import PasswordField, StringField

from billing.audit import note
from billing.errors import BillingError
from identity import signins
from models import Staff, User
from views import limits, visitors
from views.context import chosen_here, language, now
from views.forms import Form
from views.responses import safe_next, wants_fragment

bp = Blueprint("auth", __name__)
staff_bp = Blueprint("staff_auth", __name__, url_prefix="/practice")

CLEAR = '"cache", "cookies", "storage"'
HOMES = {User: "portal.home.show", Staff: "practice.payments.index"}


class SignInForm(Form):
    """Nothing is checked here: what is missing or malformed is simply not right."""

    email = StringField(filters=[lambda text: (text or "").strip()[:254]])
    password = PasswordField(filters=[lambda text: (text or "")[:1024]])


@bp.route("/sign-in", methods=["GET", "POST"])
@limits.of_sign_in
def sign_in() -> ResponseReturnValue:
    return _door(User, "auth/sign_in.html")


@staff_bp.route("/sign-in", methods=["GET", "POST"], endpoint="sign_in")
@limits.of_sign_in
def sign_in_staff() -> ResponseReturnValue:
    return _door(Staff, "auth/sign_in_staff.html")


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    door = "staff_auth.sign_in" if current_user.staff else "auth.sign_in"
    # The cookie with the language is cleared with all others; the next page is told instead.
    response = redirect(url_for(door, language=language()), 303)
    if current_user.is_authenticated:
        _note("sign_out")
    visitors.sign_out(now())
    response.headers["Clear-Site-Data"] = CLEAR
    return response


@bp.post("/stay")
@login_required
def stay() -> ResponseReturnValue:
    """Any request keeps the session; this one asks for nothing else."""
    if wants_fragment() or request.headers.get("Sec-Fetch-Mode") == "cors":
        return "", 204
    return redirect(safe_next(request.form.get("next"), _home()), 303)


def _door(kind: type[signins.Person], template: str) -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(_home(), 303)
    form = SignInForm()
    if request.method == "GET":
        return render_template(template, form=form)
    try:
        person = signins.authenticate(kind, form.email.data, form.password.data, now())
    except BillingError as refusal:
        return _turned_away(form, refusal, template)
    visitors.sign_in(person, now())
    if chosen_here():
        current_user.speak(chosen_here())
    _note("sign_in")
    return redirect(safe_next(request.args.get("next"), _home()), 303)


def _turned_away(form: SignInForm, refusal: BillingError, template: str) -> ResponseReturnValue:
    note("stranger", "sign_in", "", now(), ip=request.remote_addr or "", result=refusal.key)
    form.refuse(refusal)
    return render_template(template, form=form), 422


def _home() -> str:
    return url_for(HOMES[type(current_user.person)])


def _note(what: str) -> None:
    note(current_user.by, what, "", now(), ip=request.remote_addr or "")
