"""The fee schedule: what the practice charges for what, from now on."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import fees
from billing.formats import FieldsRefused
from billing.staffing import Act
from models import Fee
from views.context import say
from views.practice.acting import only, show_problems, stamp
from views.practice.service_forms import FeeForm

bp = Blueprint("fees", __name__, url_prefix="/fees")


@bp.get("/")
@only(Act.SEE_SERVICES)
def index() -> ResponseReturnValue:
    return render_template("practice/fees.html", rows=fees.schedule())


@bp.route("/new", methods=["GET", "POST"])
@only(Act.CHANGE_FEES)
def new() -> ResponseReturnValue:
    return _form(None)


@bp.route("/<key>", methods=["GET", "POST"])
@only(Act.CHANGE_FEES)
def edit(key: str) -> ResponseReturnValue:
    return _form(fees.by_key(key))


@bp.post("/<key>/offered")
@only(Act.CHANGE_FEES)
def offered(key: str) -> ResponseReturnValue:
    """Offer this line no more (`on` 0), or again (1)."""
    fee, on = fees.by_key(key), request.form.get("on") == "1"
    (fees.bring_back if on else fees.retire)(fee, stamp())
    flash(say("pr.fee.isoffered" if on else "pr.fee.isretired"), "good")
    return redirect(url_for(".index"), 303)


def _form(fee: Fee | None) -> ResponseReturnValue:
    form = FeeForm(fee)
    if request.method == "POST" and form.validate() and _kept(form, fee):
        flash(say("pr.set.saved"), "good")
        return redirect(url_for(".index"), 303)
    return render_template("practice/fee_form.html", form=form, fee=fee), 422 if form.errors else 200


def _kept(form: FeeForm, fee: Fee | None) -> bool:
    try:
        if fee:
            fees.change(fee, form.kept(), stamp())
        else:
            fees.add(form.kept(), stamp())
    except FieldsRefused as refused:
        show_problems(form, refused)
        return False
    return True
