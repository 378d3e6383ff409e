"""The list of money received, with filters in the address; what was typed is sealed there."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from billing import refunds, staffing, tasks
from billing.staffing import Act
from billing.transactions import any_at_all, listing, opening
from views import seen
from views.context import now, practice, today
from views.practice.acting import only, rights, staff
from views.practice.forms import FilterForm
from views.practice.searching import asked

bp = Blueprint("payments", __name__, url_prefix="/transactions")
bp.app_context_processor(rights)


@bp.get("/")
@only(Act.SEE_PAYMENTS)
def index() -> ResponseReturnValue:
    form = FilterForm(asked())
    form.validate()
    zone, account = practice().time_zone, request.args.get("account", "")
    # A first day that was emptied asks for all days.
    kept = {name: value for name, value in request.args.items() if name != "before" and (value or name == "from_on")}
    if not kept:
        form.from_on.data = opening(today(), zone)
    found = listing(staff(), form.wanted(account, request.args.get("before", "")), zone, now())
    accounts = {row.account_id for row in found.rows}
    seen.amounts(*accounts)
    seen.people(*accounts)
    fresh = not (kept or found.rows or any_at_all(staff(), now()))
    to_decide = tasks.count() + len(refunds.waiting()) if staffing.may(staff(), Act.SEE_TASKS) else 0
    facts = {"found": found, "kept": kept, "account": account, "to_decide": to_decide, "fresh": fresh}
    facts["paged"] = "before" in request.args
    return render_template("practice/payments.html", form=form, **facts)
