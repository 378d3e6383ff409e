"""The way in for who was invited: show who you are, by the private link or on the page that everybody may open."""

from collections.abc import Callable
from importlib import import_module

from flask import Blueprint, Flask, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from billing.errors import BillingError
from identity import identity_check, setting_up
from identity.identity_check import LinkOver, Locked, Shared
from models import Invite
from views import visitors
from views.auth import ip
from views.context import chosen_here, language, now, say
from views.forms import Form
from views.language import remember

bp = Blueprint("joining", __name__)

SETTING_UP = "setting_up"  # in the browser's session: the key of what it sets up


def init_app(app: Flask) -> None:
    import_module("views.setting_up")
    app.register_blueprint(bp)


def needed(key: str) -> Callable[[Form, Field], None]:
    """Says `key` for a field left empty; without the attribute that makes the browser say it in its own words."""

    def check(form: Form, field: Field) -> None:
        if not field.data:
            raise ValidationError(key)

    return check


def _short(text: str | None) -> str:
    return (text or "").strip()[:254]


class LinkForm(Form):
    """One fact on file, and the code."""

    fact = StringField(filters=[_short], validators=[needed("join.need.fact")])
    code = StringField(filters=[_short], validators=[needed("join.need.code")])


class SharedForm(Form):
    """Where the practice reaches this person, who they are, and the code."""

    contact = StringField(filters=[_short], validators=[needed("join.need.contact")])
    initials = StringField(filters=[_short], validators=[needed("join.need.initials")])
    code = StringField(filters=[_short], validators=[needed("join.need.code")])


@bp.get("/join/<token>")
def by_link(token: str) -> ResponseReturnValue:
    identity_check.at(token, now())
    return render_template("join/link.html", form=LinkForm(formdata=None))


@bp.post("/join/<token>")
def check_by_link(token: str) -> ResponseReturnValue:
    form = LinkForm()
    if not form.validate():
        return render_template("join/link.html", form=form), 422
    try:
        invite = identity_check.by_link(token, form.fact.data, form.code.data, now(), ip())
    except LinkOver:
        raise
    except BillingError as refusal:
        return _refused(form, refusal, "join/link.html")
    return _begin(invite)


@bp.get("/start")
def shared() -> ResponseReturnValue:
    return render_template("join/shared.html", form=SharedForm(formdata=None))


@bp.post("/start")
def check_shared() -> ResponseReturnValue:
    form = SharedForm()
    if not form.validate():
        return render_template("join/shared.html", form=form), 422
    given = Shared(form.contact.data, form.initials.data, form.code.data)
    try:
        invite = identity_check.by_contact(given, now(), ip())
    except BillingError as refusal:
        return _refused(form, refusal, "join/shared.html")
    return _begin(invite)


@bp.errorhandler(LinkOver)
@bp.errorhandler(Locked)
def _over(refusal: BillingError) -> ResponseReturnValue:
    """The same page for a link that was used, taken back, too old or made up."""
    sentence = say(refusal.key, **refusal.values)
    return render_template("join/over.html", sentence=sentence), refusal.status


def _refused(form: Form, refusal: BillingError, page: str) -> ResponseReturnValue:
    form.refuse(refusal)
    return render_template(page, form=form), refusal.status


def _begin(invite: Invite) -> ResponseReturnValue:
    """Whoever was signed in here is not any longer: from now on it is somebody else's turn."""
    spoken = chosen_here() or language()
    visitors.sign_out(now())
    session[SETTING_UP] = setting_up.begin(invite, now())
    return remember(redirect(url_for("joining.email"), 303), spoken)
