"""The second step of signing in: a code of the app, or one on paper. Opened by half a sign-in, and by nothing else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import StringField

from billing.audit import note
from billing.errors import BillingError
from identity import recovery_codes, second_step, step_up
from identity.second_step import Factor, OutOfTries
from identity.whose import Person, name
from models import SignIn
from views import auth, doors, limits, visitors
from views.context import chosen_here, now, say
from views.forms import Form


class CodeForm(Form):
    """One code, however it is typed."""

    code = StringField(filters=[lambda text: (text or "")[:64]])


def half_way(view: Callable[[SignIn], Any]) -> Callable[[], Any]:
    """A view for somebody whose password was right; it is given the sign-in that waits. Others begin at the start."""

    @wraps(view)
    def guarded() -> Any:
        if current_user.is_authenticated:
            return redirect(doors.home(), 303)
        begun = visitors.half()
        if begun is None or not isinstance(person_of(begun), doors.here().kind):
            return auth.begin_again("mfa.late")
        g.language = chosen_here() or person_of(begun).language
        return view(begun)

    return guarded


def person_of(begun: SignIn) -> Person:
    person: Person = begun.user or begun.staff
    return person


@doors.page("/sign-in/code", "GET", "POST")
@limits.of_sign_in
@half_way
def code(begun: SignIn) -> ResponseReturnValue:
    person, form = person_of(begun), CodeForm()
    if not second_step.owed(begun):
        return redirect(doors.here().url("second_step_page"), 303)
    factor = _factor(person)
    if request.method == "GET":
        return _page(person, factor, form)
    try:
        second_step.answer(begun, factor, form.code.data, now())
    except BillingError as refusal:
        return _turned_away(person, factor, form, refusal)
    return _let_in(person, factor) if person.secured_at else _back_to_setting_up(begun)


def _factor(person: Person) -> Factor:
    """What is asked for: the app, unless there is none or the person wants to use a code on paper."""
    paper = request.args.get("way") == Factor.CODES or Factor.APP not in second_step.ways(person)
    return Factor.CODES if paper else Factor.APP


def _turned_away(person: Person, factor: Factor, form: CodeForm, refusal: BillingError) -> ResponseReturnValue:
    note(name(person), "second_step", "", now(), ip=auth.ip(), result=refusal.key, detail=factor)
    if isinstance(refusal, OutOfTries):
        limits.count_failure()
        return auth.begin_again(refusal.key)
    form.refuse(refusal)
    return _page(person, factor, form), 422


def _back_to_setting_up(begun: SignIn) -> ResponseReturnValue:
    """It was left half-way; what stands was shown, and the rest follows."""
    step_up.mark(begun, now())
    return redirect(doors.here().url("second_step_page"), 303)


def _let_in(person: Person, factor: Factor) -> ResponseReturnValue:
    answer = auth.let_in(person, factor)
    if factor == Factor.CODES:
        flash(say("mfa.backup.left", n=recovery_codes.left(person)), "warn")
    return answer


def _page(person: Person, factor: Factor, form: CodeForm) -> str:
    facts = {"door": doors.here(), "person": person, "ready": second_step.ways(person), "factor": factor}
    form.code.data = ""  # a code is typed anew
    return render_template("auth/code.html", form=form, frame=doors.here().frame, **facts)
