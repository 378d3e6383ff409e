"""What needs a decision by a person: money found late, doubles, refused keys."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import tasks
from billing.staffing import Act
from views.context import say
from views.practice.acting import address, only, stamp

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@bp.get("/")
@only(Act.SEE_TASKS)
def index() -> ResponseReturnValue:
    return render_template("practice/tasks.html", rows=tasks.to_do())


@bp.post("/")
@only(Act.FINISH_TASK)
def finish() -> ResponseReturnValue:
    tasks.finish(request.form.get("key", ""), stamp(), address())
    flash(say("pr.tasks.finished"), "good")
    return redirect(url_for(".index"), 303)
