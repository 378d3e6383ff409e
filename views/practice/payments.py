"""The list of money received, with filters in the address."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from billing import staffing, tasks
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
    to_decide = tasks.count() if staffing.may(staff(), Act.SEE_TASKS) else 0
    kept = {name: value for name, value in request.args.items() if value and name != "page"}
    facts = {"found": found, "kept": kept, "account": account, "to_decide": to_decide}
    return render_template("practice/payments.html", form=form, **facts)
