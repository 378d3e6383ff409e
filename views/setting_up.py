"""Setting up a login after the identity check, a page for each step. A page out of turn leads to the right one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField, SelectMultipleField

from billing.errors import BillingError
from identity import passkeys, privacy_notice, setting_up, totp
from identity.challenges import CodeOver, WrongCode
from identity.message_choices import KINDS
from identity.passkeys import PasskeyRefused
from identity.setting_up import Over, SetUp, Step
from views import auth, code_apps, limits
from views.browsers import this_device
from views.codes import CodeForm
from views.context import language, now, say
from views.forms import Form, PasswordForm
from views.joining import SETTING_UP, bp, needed
from views.passkeys import answer, ask, asked_here, site
from views.responses import to_sign_in
from views.stepping_up import required

PAGES = {
    Step.EMAIL: "joining.email",
    Step.PASSWORD: "joining.password",
    Step.SECOND: "joining.second",
    Step.CODES: "joining.codes",
    Step.NOTICE: "joining.last",
    Step.SIGN_IN: "joining.known",
}
NUMBERS = {Step.EMAIL: 1, Step.PASSWORD: 2, Step.SECOND: 3, Step.CODES: 4, Step.NOTICE: 5}


class NoticeForm(Form):
    """The notice was read."""

    read = BooleanField(validators=[needed("join.privacy.err")])


class LastForm(NoticeForm):
    """And what to write about."""

    kinds = SelectMultipleField(choices=list(KINDS))
    amounts = BooleanField()


def during(*steps: Step) -> Callable[[Callable[[SetUp], Any]], Callable[[], Any]]:
    """A view for these steps; it is given what this browser sets up."""

    def around(view: Callable[[SetUp], Any]) -> Callable[[], Any]:
        @wraps(view)
        def guarded() -> Any:
            if SETTING_UP not in session:
                return redirect(url_for("joining.shared"), 303)
            setup = setting_up.find(session[SETTING_UP], now())
            return view(setup) if setup.step in steps else _go_on(setup)

        return guarded

    return around


@bp.get("/start/email")
@during(Step.EMAIL)
def email(setup: SetUp) -> ResponseReturnValue:
    return _page(setup, form=CodeForm(formdata=None))


@bp.post("/start/email")
@limits.of_sign_in
@during(Step.EMAIL)
def confirm_email(setup: SetUp) -> ResponseReturnValue:
    form = CodeForm()
    try:
        setting_up.confirm_email(setup, form.code.data, now(), language())
    except (WrongCode, CodeOver) as refusal:
        return _refused(setup, form, refusal)
    return _go_on(setup)


@bp.post("/start/email/again")
@during(Step.EMAIL)
def send_again(setup: SetUp) -> ResponseReturnValue:
    try:
        setting_up.send_again(setup, now())
    except BillingError as refusal:
        return _refused(setup, CodeForm(formdata=None), refusal)
    flash(say("join.email.again"), "good")
    return _go_on(setup)


@bp.get("/start/password")
@during(Step.PASSWORD)
def password(setup: SetUp) -> ResponseReturnValue:
    return _page(setup, form=PasswordForm(formdata=None))


@bp.post("/start/password")
@during(Step.PASSWORD)
def choose_password(setup: SetUp) -> ResponseReturnValue:
    """The code app is made ready in the same breath, for the next page."""
    form = PasswordForm()
    try:
        setting_up.choose_password(setup, form.password.data, now())
    except BillingError as refusal:
        return _refused(setup, form, refusal)
    code_apps.start(setup.user)
    return _go_on(setup)


@bp.post("/start/passkey/options")
@limits.of_passkeys
@during(Step.PASSWORD, Step.SECOND)
def passkey_options(setup: SetUp) -> ResponseReturnValue:
    return ask(passkeys.ask_to_add(setup.user, site(), now()))


@bp.post("/start/passkey")
@during(Step.PASSWORD, Step.SECOND)
def add_passkey(setup: SetUp) -> ResponseReturnValue:
    try:
        setting_up.add_passkey(setup, asked_here(), answer(), site(), now(), this_device())
    except PasskeyRefused as refusal:
        flash(say(refusal.key), "bad")
    return _go_on(setup)


@bp.get("/start/second-step")
@during(Step.SECOND)
def second(setup: SetUp) -> ResponseReturnValue:
    return _page(setup, form=CodeForm(formdata=None))


@bp.post("/start/second-step/app")
@during(Step.SECOND)
def start_app(setup: SetUp) -> ResponseReturnValue:
    code_apps.start(setup.user)
    return _go_on(setup)


@bp.post("/start/second-step")
@limits.of_sign_in
@during(Step.SECOND)
def confirm_app(setup: SetUp) -> ResponseReturnValue:
    form = CodeForm()
    try:
        setting_up.confirm_app(setup, code_apps.begun(setup.user), form.code.data, now())
    except BillingError as refusal:
        return _refused(setup, form, refusal)
    return _go_on(setup)


@bp.get("/start/codes")
@during(Step.CODES)
def codes(setup: SetUp) -> ResponseReturnValue:
    return _page(setup)


@bp.post("/start/codes")
@during(Step.CODES)
def make_codes(setup: SetUp) -> ResponseReturnValue:
    """Ten codes, shown by this answer and never again; asked for once more, other ones."""
    return _page(setup, codes=setting_up.make_codes(setup, now()))


@bp.post("/start/codes/saved")
@during(Step.CODES)
def codes_saved(setup: SetUp) -> ResponseReturnValue:
    setting_up.codes_are_saved(setup)
    return _go_on(setup)


@bp.get("/start/last")
@during(Step.NOTICE)
def last(setup: SetUp) -> ResponseReturnValue:
    return _page(setup, form=LastForm(formdata=None, data={"kinds": setup.user.told_of}))


@bp.post("/start/last")
@during(Step.NOTICE)
def finish(setup: SetUp) -> ResponseReturnValue:
    form = LastForm()
    if not form.validate():
        return _page(setup, form=form), 422
    user = setting_up.finish(
        setup, form.kinds.data, amounts=form.amounts.data, language=language(), now=now(), ip=auth.ip()
    )
    entered = auth.let_in(user, "set_up")
    flash(say("join.done"), "good")
    return entered


@bp.get("/start/known")
@during(Step.SIGN_IN)
def known(setup: SetUp) -> ResponseReturnValue:
    return _page(setup)


def invited(view: Callable[[], Any]) -> Callable[[], Any]:
    """A view for somebody with a login who signed in, and whom an account waits for."""

    @wraps(view)
    def guarded() -> Any:
        if current_user.staff:
            abort(404)
        if current_user.user is None:
            return to_sign_in("auth.sign_in")
        if not setting_up.waiting_for(current_user.user, now()):
            return redirect(url_for("portal.home.show"), 303)
        return view()

    return guarded


@bp.get("/start/add")
@invited
def add() -> ResponseReturnValue:
    return _add_page(NoticeForm(formdata=None))


@bp.post("/start/add")
@invited
@required
def take_along() -> ResponseReturnValue:
    form = NoticeForm()
    if not privacy_notice.was_read_by(current_user.user) and not form.validate():
        return _add_page(form), 422
    setting_up.take_along(current_user.user, language(), now(), auth.ip())
    flash(say("join.added"), "good")
    return redirect(url_for("portal.home.show"), 303)


def _page(setup: SetUp, **facts: Any) -> str:
    """The page of the step that is next."""
    step, user = setup.step, setup.user
    begun = code_apps.begun(user) if step is Step.SECOND else None
    notice = privacy_notice.paragraphs(language())
    about = {"person": user, "totp": totp, "begun": begun, "notice": notice, "n": NUMBERS.get(step)}
    return render_template(f"join/{step}.html", **about, **facts)


def _add_page(form: NoticeForm) -> str:
    read = privacy_notice.was_read_by(current_user.user)
    return render_template("join/add.html", form=form, read=read, notice=privacy_notice.paragraphs(language()))


def _go_on(setup: SetUp) -> ResponseReturnValue:
    return redirect(url_for(PAGES[setup.step]), 303)


def _refused(setup: SetUp, form: Form, refusal: BillingError) -> ResponseReturnValue:
    form.refuse(refusal)
    return _page(setup, form=form), 422


@bp.errorhandler(Over)
def _begin_again(over: Over) -> ResponseReturnValue:
    session.pop(SETTING_UP, None)
    flash(say(over.key))
    return redirect(url_for("joining.shared"), 303)
