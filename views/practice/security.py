"""How a member of staff signs in."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from billing.staffing import Act
from views import security
from views.practice.acting import only, staff
from views.security.overview import sessions, ways

bp = Blueprint("security", __name__, url_prefix="/security")
security.mount(bp)


@bp.get("")
@only(Act.OWN_SIGN_IN)
def show() -> ResponseReturnValue:
    return render_template("practice/security.html", person=staff(), ways=ways(staff()), sessions=sessions())
