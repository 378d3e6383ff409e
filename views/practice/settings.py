"""What the practice says of itself and how clients pay: a page to read, and one form for each part."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import outside
from billing.errors import PaymentsClosed
from billing.formats import FieldsRefused
from billing.papers import address_lines
from billing.settings import change_practice, warnings
from billing.staffing import Act
from models import Practice
from views.context import practice, say, settings
from views.practice.acting import address, only, show_problems, stamp
from views.practice.forms import SECTIONS, SectionForm
from views.stepping_up import required

bp = Blueprint("settings", __name__, url_prefix="/settings")


@bp.get("/")
@only(Act.SEE_SETTINGS)
def show() -> ResponseReturnValue:
    forms = {name: _loaded(section) for name, section in SECTIONS.items()}
    environment = settings().braintree_environment
    facts = {"address": address_lines(practice()), "warnings": list(warnings(practice())), "environment": environment}
    return render_template("practice/settings.html", parts=forms, **facts)


@bp.route("/<any(details, papers, checkout, outside, refunds):section>", methods=["GET", "POST"])
@only(Act.CHANGE_SETTINGS)
@required
def edit(section: str) -> ResponseReturnValue:
    form = _loaded(SECTIONS[section]) if request.method == "GET" else SECTIONS[section]()
    if request.method == "POST" and form.validate() and _kept(form):
        flash(say("pr.set.saved"), "good")
        return redirect(url_for(".show"), 303)
    page = render_template("practice/settings_form.html", form=form, section=section)
    return page, 422 if form.errors else 200


@bp.post("/outside/look")
@only(Act.CHANGE_SETTINGS)
def look() -> ResponseReturnValue:
    """Open the pay page outside, as clients will."""
    try:
        return redirect(outside.look(stamp(), address()), 303)
    except PaymentsClosed as refused:
        flash(say(refused.key), "warn")
        return redirect(url_for(".show"), 303)


def _loaded(section: type[SectionForm]) -> SectionForm:
    form = section(formdata=None)
    form.load(Practice.the())
    return form


def _kept(form: SectionForm) -> bool:
    try:
        change_practice(form.kept(), stamp(), address())
    except FieldsRefused as refused:
        show_problems(form, refused)
        return False
    return True
