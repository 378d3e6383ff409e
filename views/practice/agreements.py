"""Fees agreed with one client: which hold, a new one, and the end of one."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from billing import agreements, staffing, whom
from billing.agreements import AgreementRefused
from billing.errors import BillingError
from billing.staffing import Act
from models import Agreement, Fee
from money import Cents
from views import seen
from views.context import now, say, today
from views.practice.acting import only, staff, stamp
from views.practice.service_forms import AgreementForm, chosen, tenths

bp = Blueprint("agreements", __name__, url_prefix="/agreements")


@bp.get("/")
@only(Act.SEE_SERVICES)
def index() -> ResponseReturnValue:
    return _page(AgreementForm(from_on=today()))


@bp.post("/")
@only(Act.ADD_SERVICE)
def create() -> ResponseReturnValue:
    form = AgreementForm()
    if form.validate() and _agreed(form):
        flash(say("pr.agree.made"), "good")
        return redirect(url_for(".index"), 303)
    return _page(form), 422


@bp.post("/<key>/end")
@only(Act.ADD_SERVICE)
def end(key: str) -> ResponseReturnValue:
    """Today is the last day it holds."""
    agreement: Agreement = Agreement.get(Agreement.key == key)
    if not staffing.own_panel(staff()).has(agreement.client):
        abort(404)
    agreements.end(agreement, today(), stamp())
    flash(say("pr.agree.isended"), "good")
    return redirect(url_for(".index"), 303)


def _agreed(form: AgreementForm) -> bool:
    try:
        found, fee = whom.find(staff(), form.client.data), chosen(form.fee.data)
        if form.from_on.data is None:
            raise AgreementRefused("form.date", field="from_on")
        agreements.agree(
            found.client, fee, _amount(form, fee), form.reason.data, stamp(), from_on=form.from_on.data,
            until_on=form.until_on.data,
        )  # fmt: skip
    except BillingError as refused:
        form.refuse(refused)
        return False
    return True


def _amount(form: AgreementForm, fee: Fee) -> Cents:
    """The one of the two that was filled in, in cents."""
    typed: Cents | None = form.amount.data
    if (typed is None) == (not form.percent.data.strip()):
        raise AgreementRefused("pr.agree.err.one", field="amount")
    return agreements.amount_of(fee, tenths(form.percent.data, "percent")) if typed is None else typed


def _page(form: AgreementForm) -> str:
    clients = staffing.panel(staff(), now()).clients
    rows = agreements.listing(clients, today())
    people = whom.offered(staff()) if staffing.may(staff(), Act.ADD_SERVICE) else []
    seen.people(*whom.accounts_of({row.client_id for row in rows} | {each.client.id for each in people}))
    own = staffing.own_panel(staff())
    return render_template("practice/agreements.html", form=form, rows=rows, people=people, own=own)
