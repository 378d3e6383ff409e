"""What needs a decision by a person: money found late, doubles, refused keys, what nobody answered for."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import refunds, tasks, unsure
from billing.disputes_list import of_payments, to_answer
from billing.errors import BillingError
from billing.staffing import Act
from views import seen
from views.context import now, say
from views.practice.acting import address, only, stamp

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.get("/")
@only(Act.SEE_TASKS)
def index() -> ResponseReturnValue:
    return _page()


@bp.post("/")
@only(Act.FINISH_TASK)
def finish() -> ResponseReturnValue:
    tasks.finish(request.form.get("key", ""), stamp(), address())
    flash(say("pr.tasks.finished"), "good")
    return redirect(url_for(".index"), 303)


@bp.post("/unsure")
@only(Act.CLOSE_UNSURE)
def close() -> ResponseReturnValue:
    """End what nobody answered for; the page keeps a reason that was refused."""
    key = request.form.get("key", "")
    try:
        unsure.close(key, request.form.get("reason", ""), stamp(), address())
    except BillingError as refused:
        field = f"reason-{key}" if refused.field else ""
        return _page(problems=[(field, say(refused.key, **refused.values))], closing=key), 422
    flash(say("pr.unsure.closed"), "good")
    return redirect(url_for(".index"), 303)


def _page(**told: Any) -> str:
    rows = tasks.to_do()
    waits, unsettled = refunds.waiting(), unsure.long_unsure(now())
    sales = [each.attempt or each.payment for each in waits]
    asked = [row.account_id for row in (*rows, *sales) if row.account_id]
    asked += [each.account for each in unsettled]
    seen.amounts(*asked)
    seen.people(*asked)
    disputed = of_payments([row.payment_id for row in rows if row.payment_id])
    about = {
        "rows": rows,
        "askers": tasks.askers(rows),
        "disputed": disputed,
        "waits": waits,
        "unsure": unsettled,
        "to_answer": to_answer()[0],
    }
    return render_template("practice/tasks.html", **about, **told)
