"""Setting up the second step right after the password, before anything else: an app, then codes on paper."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from billing.audit import note
from billing.errors import BillingError
from identity import notices, recovery_codes, second_step, step_up, totp
from identity.second_step import Factor
from identity.whose import name
from models import SignIn
from views import auth, code_apps, doors, limits
from views.codes import CodeForm, half_way, person_of
from views.context import now


def setting_up(view: Callable[[SignIn], Any]) -> Callable[[], Any]:
    """A view for somebody whose password was right and who has no second step yet; whoever has one must use it.

    So must whoever began to set it up another day: what stands since then is asked for, and then setting up goes on.
    """

    @wraps(view)
    @half_way
    def guarded(begun: SignIn) -> Any:
        return redirect(doors.here().url("code"), 303) if second_step.owed(begun) else view(begun)

    return guarded


def stands(begun: SignIn, what: str, subject: str = "") -> None:
    """A first factor is there: told, noted, and the proof of this sign-in."""
    notices.changed(person_of(begun), what, now(), here=begun, subject=subject)
    step_up.mark(begun, now())


@doors.page("/sign-in/second-step", "GET")
@setting_up
def second_step_page(begun: SignIn) -> ResponseReturnValue:
    return _page(begun, CodeForm(formdata=None), app=request.args.get("way") == Factor.APP)


@doors.page("/sign-in/second-step/app", "POST")
@setting_up
def start_app(begun: SignIn) -> ResponseReturnValue:
    code_apps.start(person_of(begun))
    return redirect(doors.here().url("second_step_page", way=Factor.APP), 303)


@doors.page("/sign-in/second-step", "POST")
@limits.of_sign_in
@setting_up
def confirm_app(begun: SignIn) -> ResponseReturnValue:
    """The app's first code; then the codes on paper, in the same breath."""
    form, person = CodeForm(), person_of(begun)
    app = code_apps.begun(person)
    if app is None and Factor.APP in second_step.ways(person):
        return _back()  # sent twice
    try:
        totp.confirm(person, app and app.id, form.code.data, now())
    except BillingError as refusal:
        form.refuse(refusal)
        form.code.data = ""  # a code is typed anew
        return _page(begun, form, app=True), 422
    stands(begun, "app.added")
    return _codes(begun)


@doors.page("/sign-in/second-step/codes", "POST")
@setting_up
def make_codes(begun: SignIn) -> ResponseReturnValue:
    """Ten codes, shown by this answer and never again; asked for once more, other ones."""
    return _codes(begun) if second_step.strong(person_of(begun)) else _back()


@doors.page("/sign-in/second-step/done", "POST")
@setting_up
def finish(begun: SignIn) -> ResponseReturnValue:
    if not second_step.secure(person_of(begun), now()):
        return _back()
    return auth.let_in(person_of(begun), "set_up")


def _codes(begun: SignIn) -> str:
    person = person_of(begun)
    codes = recovery_codes.make(person, now())
    note(name(person), "codes.made", "", now())
    return render_template("auth/backup_codes.html", codes=codes, door=doors.here(), frame=doors.here().frame)


def _page(begun: SignIn, form: CodeForm, *, app: bool) -> str:
    """`app`: the code app was chosen."""
    person = person_of(begun)
    facts = {"strong": second_step.strong(person), "begun": code_apps.begun(person) if app else None, "totp": totp}
    return render_template(
        "auth/second_step.html", form=form, person=person, door=doors.here(), frame=doors.here().frame, **facts
    )


def _back() -> ResponseReturnValue:
    return redirect(doors.here().url("second_step_page"), 303)
