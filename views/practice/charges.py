"""One charge: where it stands, what happened to it, and what staff may do with it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import charges, desk, holds, once, running, staffing
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.formats import FieldsRefused
from billing.ledger import charges_by_key
from billing.staffing import Act
from choices import Payer
from models import Charge
from views import seen
from views.context import now, say
from views.practice.acting import only, show_problems, staff, stamp
from views.practice.money_forms import AdjustForm, DecisionForm, MoneyForm, WhyForm

bp = Blueprint("charges", __name__, url_prefix="/charges")


@bp.get("/<key>")
@only(Act.SEE_ACCOUNTS)
def show(key: str) -> ResponseReturnValue:
    return render_template("practice/charge.html", **_facts(_figures(key)))


@bp.route("/<key>/adjust", methods=["GET", "POST"])
@only(Act.CHANGE_BOOKS)
def adjust(key: str) -> ResponseReturnValue:
    """Lower the price; with `as=write_off` all that is left is filled in."""
    row = _figures(key)
    form = AdjustForm(row)
    if request.method == "GET" and request.args.get("as") == "write_off":
        form.category.data, form.amount.data = "write_off", row.open or row.pending
    return _act(row, form, "adjust", lambda: _adjust(row.charge, form))


def _adjust(charge: Charge, form: AdjustForm) -> bool:
    typed = (form.amount.data, form.category.data or "", form.reason.data)
    return desk.adjust(charge, *typed, form.ask(), of_client=form.of_client)


@bp.route("/<key>/plan", methods=["GET", "POST"])
@only(Act.CHANGE_BOOKS)
def plan(key: str) -> ResponseReturnValue:
    """What the health plan decided about this charge."""
    row = _figures(key)
    form = DecisionForm()
    if request.method == "GET":
        form.plan.data = row.charge.client.plan
    return _act(row, form, "plan", lambda: desk.decide(row.charge, form.said(), form.ask()))


@bp.route("/<key>/hold", methods=["GET", "POST"])
@only(Act.CHANGE_BOOKS)
def hold(key: str) -> ResponseReturnValue:
    row, form = _figures(key), WhyForm()
    return _act(row, form, "hold", lambda: holds.hold(row.charge, desk.kept_reason(form.reason.data), stamp()))


@bp.post("/<key>/hold/end")
@only(Act.CHANGE_BOOKS)
def unhold(key: str) -> ResponseReturnValue:
    charge = _figures(key).charge
    holds.end(charge, stamp())
    return _done(charge, "pr.hold.over")


@bp.post("/<key>/confidential")
@only(Act.CHANGE_BOOKS)
def confidential(key: str) -> ResponseReturnValue:
    """The client alone agreed to this service (`on` 1), or no longer (0)."""
    row = _figures(key)
    try:
        charges.set_confidential(row.charge, stamp(), on=request.form.get("on") == "1")
    except BillingError as refused:
        problems = [("", say(refused.key, **refused.values))]
        return render_template("practice/charge.html", problems=problems, **_facts(row)), 422
    return _done(row.charge, "pr.set.saved")


def _figures(key: str) -> ChargeFigures:
    """One charge that this person may see and read; `DoesNotExist` for any other."""
    row = next(iter(charges_by_key([key])), None)
    reading = staffing.panel(staff(), now())
    if row is None or not reading.reads(row.charge):
        raise Charge.DoesNotExist(key)
    staffing.account(staff(), row.charge.account.key, now())
    return row


def _facts(row: ChargeFigures) -> dict[str, Any]:
    seen.amounts(row.charge.account, health=True)
    of_plan = row.charge.payer == Payer.INSURANCE
    reading = staffing.panel(staff(), now())
    facts = {"lines": running.of_charge(row.charge), "holds": holds.of(row.charge), "of_plan": of_plan}
    return {"row": row, "reading": reading, "own": staffing.own_panel(staff()), **facts}


def _act(row: ChargeFigures, form: MoneyForm, act: str, do: Callable[[], Any]) -> ResponseReturnValue:
    """The form of one act, or what it asks for."""
    if request.method == "GET":
        form.seen.data = once.end_of(row.charge.account)
    elif form.validate():
        try:
            return _done(row.charge, "pr.desk.done" if do() else "pr.desk.twice")
        except FieldsRefused as refused:
            show_problems(form, refused)
        except BillingError as refused:
            form.refuse(refused)
    seen.amounts(row.charge.account, health=True)
    page = render_template("practice/charge_act.html", row=row, form=form, act=act)
    return page, 422 if form.errors else 200


def _done(charge: Charge, told: str) -> ResponseReturnValue:
    """What is said waits in the cookie, which anybody at this browser may read: no name and no amount."""
    flash(say(told), "warn" if told == "pr.desk.twice" else "good")
    return redirect(url_for(".show", key=charge.key), 303)
