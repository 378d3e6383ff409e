"""Setting up the second step right after the password, before anything else: an app, then codes on paper."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from billing.audit import note
from billing.errors import BillingError
from identity import notices, recovery_codes, second_step, totp
from identity.second_step import Factor
from identity.whose import Person, name
from models import SignIn, Totp
from views import auth, doors, limits, visitors
from views.codes import CodeForm, half_way, person_of
from views.context import now


def setting_up(view: Callable[[Person], Any]) -> Callable[[], Any]:
    """A view for somebody whose password was right and who has no second step yet; whoever has one must use it."""

    @wraps(view)
    @half_way
    def guarded(begun: SignIn) -> Any:
        person = person_of(begun)
        return redirect(doors.here().url("code"), 303) if person.secured_at else view(person)

    return guarded


@doors.page("/sign-in/second-step", "GET")
@setting_up
def second_step_page(person: Person) -> ResponseReturnValue:
    begun = totp.waiting(person, now()) if request.args.get("way") == Factor.APP else None
    return _page(person, CodeForm(formdata=None), begun)


@doors.page("/sign-in/second-step/app", "POST")
@setting_up
def start_app(person: Person) -> ResponseReturnValue:
    totp.start(person, now())
    return redirect(doors.here().url("second_step_page", way=Factor.APP), 303)


@doors.page("/sign-in/second-step", "POST")
@limits.of_sign_in
@setting_up
def confirm_app(person: Person) -> ResponseReturnValue:
    """The app's first code; then the codes on paper, in the same breath."""
    form = CodeForm()
    try:
        totp.confirm(person, form.code.data, now())
    except BillingError as refusal:
        if Factor.APP in second_step.ways(person) and not totp.waiting(person, now()):
            return _back()  # sent twice
        form.refuse(refusal)
        form.code.data = ""  # a code is typed anew
        return _page(person, form, totp.waiting(person, now())), 422
    notices.changed(person, "app.added", now(), here=visitors.half())
    return _codes(person)


@doors.page("/sign-in/second-step/codes", "POST")
@setting_up
def make_codes(person: Person) -> ResponseReturnValue:
    """Ten codes, shown by this answer and never again; asked for once more, other ones."""
    return _codes(person) if second_step.strong(person) else _back()


@doors.page("/sign-in/second-step/done", "POST")
@setting_up
def finish(person: Person) -> ResponseReturnValue:
    if not second_step.secure(person, now()):
        return _back()
    return auth.let_in(person, "set_up")


def _codes(person: Person) -> str:
    codes = recovery_codes.make(person, now())
    note(name(person), "codes.made", "", now())
    return render_template("auth/backup_codes.html", codes=codes, door=doors.here(), frame=doors.here().frame)


def _page(person: Person, form: CodeForm, begun: Totp | None) -> str:
    facts = {"strong": second_step.strong(person), "begun": begun, "totp": totp}
    return render_template(
        "auth/second_step.html", form=form, person=person, door=doors.here(), frame=doors.here().frame, **facts
    )


def _back() -> ResponseReturnValue:
    return redirect(doors.here().url("second_step_page"), 303)
