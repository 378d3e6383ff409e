"""Proving again who is there, before what cannot be taken back; what was posted waits in the page and is not lost."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import PasswordField, StringField

from billing.audit import note
from billing.errors import BillingError
from identity import step_up
from identity.second_step import OutOfTries
from identity.step_up import Proof
from views import auth, doors, limits, passkeys, visitors
from views.context import now, say
from views.forms import Form
from views.responses import go, page_in_front, safe_next, to_sign_in, wants_fragment


class ProofForm(Form):
    """The password or a code of the app, under names that no form has which may be sent along."""

    proof_password = PasswordField(filters=[lambda text: (text or "")[:1024]])
    proof_code = StringField(filters=[lambda text: (text or "")[:64]])


# What belongs to the question, and is not carried on.
OWN = ("csrf_token", "proof_code", "proof_way", "proof_other", "passkey_challenge", "passkey_answer")


def required(view: Callable[..., Any]) -> Callable[..., Any]:
    """Only for whoever has proved lately that it is still them. Stands below the route, and below who may come at all.

    A page that is asked for leads to the question and back. A form that was sent is kept in the question itself, whose
    one button proves and goes on.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        question = None if step_up.is_fresh(current_user.sign_in, now()) else _ask()
        return view(*args, **kwargs) if question is None else question

    return guarded


@doors.page("/sign-in/again", "GET", "POST")
@limits.of_sign_in
def again() -> ResponseReturnValue:
    """The question by itself, for a page that was asked for; the answer leads there."""
    if not current_user.is_authenticated:
        return to_sign_in(f"{doors.here().pages}.sign_in")
    there = safe_next(request.args.get("next"), doors.home())
    if step_up.is_fresh(current_user.sign_in, now()):
        return redirect(there, 303)
    if request.method == "GET":
        return _page(_way())
    return _prove() or redirect(there, 303)


def _ask() -> ResponseReturnValue | None:
    """None when a good proof came along."""
    if request.method == "GET" or wants_fragment():
        return go(doors.of(current_user.person).url("again", next=page_in_front()))
    if any(map(_is_secret, request.form)) and "proof_way" not in request.form:
        flash(say("again.secret"))
        return go(doors.of(current_user.person).url("again", next=request.path))
    return _prove()


def _is_secret(name: str) -> bool:
    """A new password is typed once more after the proof: no page has one in it."""
    return "password" in name


def _prove() -> ResponseReturnValue | None:
    """Look at the proof that was sent; None when it is good."""
    by_passkey = "passkey_answer" in request.form
    if not by_passkey and ("proof_way" not in request.form or "proof_other" in request.form):
        return _page(_way()), 403
    form, way = ProofForm(), _way()
    try:
        if by_passkey:
            passkeys.confirm()
        else:
            step_up.prove(current_user.sign_in, way, form[f"proof_{way}"].data, now())
    except BillingError as refusal:
        return _turned_away(form, way, refusal)
    visitors.stepped_up(now())
    note(current_user.by, "step_up", "", now(), ip=auth.ip(), detail="passkey" if by_passkey else way)
    return None


def _turned_away(form: ProofForm, way: Proof, refusal: BillingError) -> ResponseReturnValue:
    note(current_user.by, "step_up", "", now(), ip=auth.ip(), result=refusal.key, detail=way)
    if isinstance(refusal, OutOfTries):
        limits.count_failure()
        visitors.sign_out(now())
        return auth.begin_again(refusal.key)
    refusal.field = f"proof_{refusal.field}"
    form.refuse(refusal)
    return _page(way, form), 422


def _is_kept(name: str) -> bool:
    return name not in OWN and not _is_secret(name)


def _way() -> Proof:
    """How it is proved: as the visitor wishes, if they can, else by what they have."""
    wished = request.values.get("proof_other") or request.form.get("proof_way")
    able = step_up.ways(current_user.person)
    return next((way for way in able if way == wished), able[0] if able else Proof.PASSWORD)


def _page(way: Proof, form: ProofForm | None = None) -> str:
    kept = [(name, value) for name, value in request.form.items(multi=True) if _is_kept(name)]
    ways, door = step_up.ways(current_user.person), doors.of(current_user.person)
    form = form or ProofForm(formdata=None)
    form.proof_code.data = ""  # a code is typed anew
    return render_template("auth/again.html", form=form, way=way, ways=ways, kept=kept, frame=door.frame)
