"""Taking off what a payment pays, and choosing anew what it shall pay."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import timeline, unposting
from billing.errors import BillingError
from billing.formats import FieldsRefused
from billing.ledger import allocations_newest_first, payment_figure
from billing.posting import Room
from billing.refund_rules import Sale
from billing.staffing import Act
from models import Payment
from views import seen
from views.context import now, say
from views.forms import Form
from views.practice.acting import only, show_problems, staff, stamp
from views.practice.forms import LabelledForm, line_amounts, line_name, lines_form, long_field

bp = Blueprint("unposting", __name__, url_prefix="/transactions")


class UnpostForm(LabelledForm):
    """Why it paid the wrong visits."""

    labels = {"reason": "pr.desk.reason"}
    reason = long_field()


@bp.route("/<key>/unpost", methods=["GET", "POST"])
@only(Act.POST)
def unpost(key: str) -> ResponseReturnValue:
    sale, payment = _found(key)
    form = UnpostForm()
    if request.method == "POST" and form.validate():
        try:
            unposting.unpost(payment, form.reason.data, stamp())
        except BillingError as refused:
            form.refuse(refused)
        else:
            flash(say("pr.unpost.done"), "good")
            return redirect(url_for(".place", key=key), 303)
    facts = {"sale": sale, "lines": allocations_newest_first(payment)[::-1], "refusal": _refusal(payment)}
    return render_template("practice/unpost.html", form=form, **facts), 422 if _wrong(form) else 200


@bp.route("/<key>/place", methods=["GET", "POST"])
@only(Act.POST)
def place(key: str) -> ResponseReturnValue:
    """What was taken off pays something else; what is left blank stays credit."""
    sale, payment = _found(key)
    if not unposting.can_be_placed(payment):
        flash(say("pr.post.already"), "warn")
        return redirect(url_for("practice.transaction.show", key=key), 303)
    rooms = unposting.rooms(payment)
    form = lines_form([room.figures for room in rooms])()
    if request.method != "POST":
        for room in rooms:
            form[line_name(room.figures)].data = room.planned or None
    elif form.validate() and _place(payment, form, rooms):
        flash(say("pr.post.done"), "good")
        return redirect(url_for("practice.transaction.show", key=key), 303)
    facts = {"sale": sale, "rooms": rooms, "line_name": line_name, "amount": payment_figure(payment).usable}
    return render_template("practice/place.html", form=form, **facts), 422 if _wrong(form) else 200


def _found(key: str) -> tuple[Sale, Payment]:
    """A payment that is posted."""
    sale = timeline.find(staff(), key, now())
    if sale.payment is None:
        abort(404)
    seen.amounts(sale.account, health=True)
    return sale, sale.payment


def _place(payment: Payment, form: Form, rooms: list[Room]) -> bool:
    try:
        unposting.place(payment, line_amounts(form, [room.figures for room in rooms]), stamp())
    except FieldsRefused as refused:
        show_problems(form, refused)
        return False
    return True


def _refusal(payment: Payment) -> str:
    """Why it cannot be un-posted; empty when it can."""
    try:
        unposting.check(payment)
    except BillingError as refused:
        return say(refused.key, **refused.values)
    return ""


def _wrong(form: Form) -> bool:
    return request.method == "POST" and bool(form.errors or form.form_errors)
