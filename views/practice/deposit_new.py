"""A deposit that a person puts together from checks, cash and what no file has told."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import banking, deposit_typed
from billing.banking import Shown
from billing.errors import BillingError
from billing.staffing import Act
from models import db
from money import Cents
from views import seen
from views.context import say, today
from views.forms import DollarsField
from views.practice.acting import address, only, stamp
from views.practice.forms import LabelledForm, day_field

bp = Blueprint("deposit_new", __name__, url_prefix="/deposits/new")


class NewForm(LabelledForm):
    """When it was brought to the bank, and what the bank shows, once it does."""

    labels = {"day": "pr.rec.new.day", "amount": "pr.rec.new.amount"}
    day = day_field()
    amount = DollarsField()


@bp.get("/")
@only(Act.MATCH_DEPOSITS)
def new() -> ResponseReturnValue:
    return _page(NewForm(formdata=None))


@bp.post("/")
@only(Act.MATCH_DEPOSITS)
def make() -> ResponseReturnValue:
    """The payments ticked (`payment`); with an amount it is held against the bank at once."""
    form = NewForm()
    if not form.validate():
        return _page(form), 422
    try:
        key = _made(form)
    except BillingError as refused:
        form.refuse(refused)
        return _page(form), 422
    flash(say("pr.rec.done.new"), "good")
    return redirect(url_for("practice.deposits.show", key=key), 303)


def _made(form: NewForm) -> str:
    day, cents = form.day.data or today(), form.amount.data
    with db.atomic():
        deposit = deposit_typed.put_together(request.form.getlist("payment"), day, stamp(), address())
        if cents is not None:
            shown: Cents = cents
            banking.typed(deposit, Shown(day, "", shown), stamp(), address())
    key: str = deposit.key
    return key


def _page(form: NewForm) -> str:
    rows = deposit_typed.candidates(today())
    accounts = [row.account for row in rows]
    seen.amounts(*accounts)
    seen.people(*accounts)
    ticked = request.form.getlist("payment")
    return render_template("practice/deposit_new.html", form=form, rows=rows, ticked=ticked)
