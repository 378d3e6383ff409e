"""The therapists as papers name them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing.formats import FieldsRefused
from billing.settings import add_provider, change_provider, missing_of_provider
from billing.staffing import Act
from models import Provider
from views.context import say
from views.practice.acting import address, only, show_problems, stamp
from views.practice.forms import ProviderForm
from views.stepping_up import required

bp = Blueprint("providers", __name__, url_prefix="/providers")


@bp.get("/")
@only(Act.SEE_SETTINGS)
def index() -> ResponseReturnValue:
    rows = [(each, missing_of_provider(each)) for each in Provider.select().order_by(Provider.name)]
    return render_template("practice/providers.html", rows=rows)


@bp.route("/new", methods=["GET", "POST"])
@only(Act.CHANGE_SETTINGS)
@required
def new() -> ResponseReturnValue:
    return _form(None)


@bp.route("/<key>", methods=["GET", "POST"])
@only(Act.CHANGE_SETTINGS)
@required
def edit(key: str) -> ResponseReturnValue:
    return _form(Provider.get(Provider.key == key))


def _form(provider: Provider | None) -> ResponseReturnValue:
    others = [each for each in Provider.select().order_by(Provider.name) if each != provider]
    form = ProviderForm(others)
    if request.method == "GET" and provider:
        form.load(provider)
    elif request.method == "POST" and form.validate() and _kept(form, provider):
        flash(say("pr.set.saved"), "good")
        return redirect(url_for(".index"), 303)
    page = render_template("practice/provider_form.html", form=form, provider=provider)
    return page, 422 if form.errors else 200


def _kept(form: ProviderForm, provider: Provider | None) -> bool:
    try:
        if provider:
            change_provider(provider, form.kept(), stamp(), address())
        else:
            add_provider(form.kept(), stamp(), address())
    except FieldsRefused as refused:
        show_problems(form, refused)
        return False
    return True
