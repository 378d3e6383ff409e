"""What needs a decision by a person: money found late, doubles, refused keys."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import refunds, tasks
from billing.disputes_list import of_payments
from billing.staffing import Act
from views.context import say
from views.practice.acting import address, only, stamp

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.get("/")
@only(Act.SEE_TASKS)
def index() -> ResponseReturnValue:
    rows = tasks.to_do()
    disputed = of_payments([row.payment_id for row in rows if row.payment_id])
    return render_template("practice/tasks.html", rows=rows, disputed=disputed, waits=refunds.waiting())


@bp.post("/")
@only(Act.FINISH_TASK)
def finish() -> ResponseReturnValue:
    tasks.finish(request.form.get("key", ""), stamp(), address())
    flash(say("pr.tasks.finished"), "good")
    return redirect(url_for(".index"), 303)
