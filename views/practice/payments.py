"""The list of money received, with filters in the address."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from billing.staffing import Act
from billing.transactions import listing
from views.context import practice
from views.practice.acting import only, rights, staff
from views.practice.forms import FilterForm

bp = Blueprint("payments", __name__, url_prefix="/transactions")
bp.app_context_processor(rights)


@bp.get("/")
@only(Act.SEE_PAYMENTS)
def index() -> ResponseReturnValue:
    form = FilterForm(request.args)
    form.validate()
    account = request.args.get("account", "")
    found = listing(staff(), form.wanted(account, request.args.get("page", 1, type=int)), practice().time_zone)
    kept = {name: value for name, value in request.args.items() if value and name != "page"}
    return render_template("practice/payments.html", form=form, found=found, kept=kept, account=account)
