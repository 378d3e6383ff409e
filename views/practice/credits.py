"""Credits to return: money of clients that pays nothing, oldest first."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from billing.credits import to_return
from billing.staffing import Act
from views import seen
from views.context import today
from views.practice.acting import only

bp = Blueprint("credits", __name__, url_prefix="/credits")


@bp.get("/")
@only(Act.SEE_CREDITS)
def index() -> ResponseReturnValue:
    rows = to_return(today())
    accounts = [row.account for row in rows]
    seen.amounts(*accounts)
    seen.people(*accounts)
    return render_template("practice/credits.html", rows=rows, total=sum(row.amount for row in rows))
