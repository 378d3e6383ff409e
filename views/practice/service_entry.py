"""What was done, entered by keyboard: one service or several, undone, made ready for the next invoice."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import fee_policy, service_charges, staffing, whom
from billing.errors import BillingError
from billing.service_charges import RowsRefused
from billing.staffing import Act
from fields import new_key
from models import Charge, db
from money import plain_dollars
from views import seen
from views.context import say, today
from views.practice.acting import only, staff, stamp
from views.practice.service_forms import ServiceForm

bp = Blueprint("services", __name__, url_prefix="/services")


@bp.get("/")
@only(Act.ADD_SERVICE)
def index() -> ResponseReturnValue:
    kept = whom.by_key(staff(), request.args.get("whom", ""))
    on = request.args.get("on", today(), type=type(today()).fromisoformat)
    form = ServiceForm(today(), page=new_key(), client=kept.text if kept else "", service_date=on)
    return _page(form)


@bp.post("/")
@only(Act.ADD_SERVICE)
def create() -> ResponseReturnValue:
    form = ServiceForm(today())
    if form.validate():
        try:
            return _saved(form)
        except RowsRefused as refused:
            form.refuse(refused.problems[0])
        except BillingError as refused:
            form.refuse(refused)
    return _page(form), 422


@bp.post("/price")
@only(Act.ADD_SERVICE)
def price() -> ResponseReturnValue:
    """The amount for what is chosen so far, empty while it cannot be told; what somebody typed is left alone."""
    form = ServiceForm(today())
    if (form.amount.raw_data or [""])[0] != (form.offered.data or ""):
        return "", 204
    understood = form.validate()
    form.amount.raw_data, form.amount.data, form.offered.data = None, None, ""
    try:
        service = form.service(staff()) if understood else None
    except BillingError:
        service = None
    if service is None:
        return render_template("practice/_service_amount.html", form=form, price=None)
    seen.amounts(service.account, health=True, once=True)
    cost = service_charges.price(service)
    form.amount.data, form.offered.data = cost.asked, plain_dollars(cost.asked)
    return render_template("practice/_service_amount.html", form=form, price=cost)


@bp.post("/ready")
@only(Act.ADD_SERVICE)
def ready() -> ResponseReturnValue:
    made = service_charges.make_ready(request.form.getlist("charge"), staffing.own_panel(staff()))
    flash(say("pr.svc.nowready", n=made), "good" if made else "warn")
    return redirect(url_for(".index"), 303)


@bp.post("/<key>/undo")
@only(Act.ADD_SERVICE)
def undo(key: str) -> ResponseReturnValue:
    charge = own_charge(key)
    try:
        service_charges.undo(charge, request.form.get("reason", ""), stamp())
    except BillingError as refused:
        flash(say(refused.key, **refused.values), "bad")
    else:
        flash(say("pr.svc.undone"), "good")
    return redirect(url_for(".index"), 303)


def own_charge(key: str) -> Charge:
    """A charge about which whoever is signed in decides; for any other there is no such page."""
    charge: Charge = Charge.get(Charge.key == key)
    if not staffing.own_panel(staff()).reads(charge):
        abort(404)
    return charge


def _saved(form: ServiceForm) -> ResponseReturnValue:
    with db.atomic():
        service = form.service(staff())
        if form.policy_on.data:
            fee_policy.accept(service.client, form.policy_on.data, form.policy_version.data, stamp())
        new = service_charges.enter([service], form.page.data or "", stamp())
    flash(say("pr.svc.saved" if new else "pr.svc.already"), "good" if new else "warn")
    if new and service_charges.twice(service):
        flash(say("pr.svc.twice"), "warn")
    kept = whom.Whom(service.account, service.client).key
    return redirect(url_for(".index", whom=kept, on=service.service_date.isoformat()), 303)


def _page(form: ServiceForm) -> str:
    reading = staffing.own_panel(staff())
    done, waiting = service_charges.entered(stamp().by, today()), service_charges.not_ready(reading)
    seen.amounts(*(row.charge.account for row in [*done, *waiting]), health=True)
    return render_template(
        "practice/services.html", form=form, people=whom.offered(staff()), done=done, waiting=waiting, price=None,
        own=reading, latest=today(),
    )  # fmt: skip
