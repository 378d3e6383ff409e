"""Several services at once, each in a row: all are charged, or none."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import service_charges, whom
from billing.errors import BillingError
from billing.service_charges import RowsRefused, Service
from billing.staffing import Act
from fields import new_key
from views import seen
from views.context import say, today
from views.forms import Form, whole
from views.practice.acting import only, staff, stamp
from views.practice.service_forms import filled, row_name, row_service, rows_form

bp = Blueprint("several", __name__, url_prefix="/services/several")
ROWS, MOST_ROWS = 6, 48


@bp.get("/")
@only(Act.ADD_SERVICE)
def index() -> ResponseReturnValue:
    return _page(_empty(ROWS), ROWS)


@bp.post("/")
@only(Act.ADD_SERVICE)
def create() -> ResponseReturnValue:
    """Charge the rows that are filled, or with `more` show further ones below."""
    count = min(max(request.form.get("rows", ROWS, type=whole), 1), MOST_ROWS)
    if "more" in request.form:
        return _page(_empty(min(count + ROWS, MOST_ROWS)), min(count + ROWS, MOST_ROWS))
    form = rows_form(count)()
    if form.validate() and _charged(form, count):
        return redirect(url_for("practice.services.index"), 303)
    return _page(form, count), 422


def _empty(count: int) -> Form:
    """A form with what was typed so far, and today in the rows that are new."""
    days = {row_name(row, "service_date"): today() for row in range(count)}
    form = rows_form(count)(**days)
    for name, day in days.items():
        if not form[name].raw_data:
            form[name].data = day
    form.page.data = form.page.data or new_key()
    return form


def _charged(form: Form, count: int) -> bool:
    rows = [row for row in range(count) if filled(form, row)]
    if not rows:
        form.form_errors.append(say("pr.svc.err.norows"))
        return False
    read, refused = _read(form, rows)
    if not refused:
        try:
            new = service_charges.enter(read, form.page.data or "", stamp())
        except RowsRefused as problem:
            refused = {rows[number]: each for number, each in problem.problems.items()}
        else:
            flash(say("pr.svc.savedall", n=new), "good" if new else "warn")
    for row, each in refused.items():
        each.field = row_name(row, each.field or "client")
        form.refuse(each)
    return not refused


def _read(form: Form, rows: list[int]) -> tuple[list[Service], dict[int, BillingError]]:
    """The services of these rows, and the problem of each that cannot be understood."""
    read: list[Service] = []
    refused: dict[int, BillingError] = {}
    for row in rows:
        try:
            read.append(row_service(form, row, staff(), ready=form.ready.data))
        except BillingError as problem:
            refused[row] = problem
    return read, refused


def _page(form: Form, count: int) -> str:
    people = whom.offered(staff())
    seen.people(*(each.account for each in people))
    names = [[row_name(row, name) for name in ("service_date", "client", "fee", "amount")] for row in range(count)]
    more = count < MOST_ROWS
    return render_template("practice/several.html", form=form, people=people, names=names, count=count, more=more)
