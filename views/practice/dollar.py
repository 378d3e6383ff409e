"""The test payment: a dollar from the owner's own card, and what became of it."""

import uuid

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import dollar
from billing.errors import BillingError
from billing.processor_facts import KINDS
from billing.staffing import Act
from gateways import Gateway, GatewayUnavailable
from views import limits
from views.context import now, say, settings
from views.portal import card_boxes
from views.practice.acting import address, only, staff
from views.stepping_up import required

bp = Blueprint("dollar", __name__, url_prefix="/payments/test")


@bp.get("/")
@only(Act.TURN_SWITCH)
@required
def show() -> ResponseReturnValue:
    return _page()


@bp.post("/")
@only(Act.TURN_SWITCH)
@required
def create() -> ResponseReturnValue:
    """Asking twice with one form is one test."""
    nonce, key = request.form.get("nonce", ""), request.form.get("form_key", "")
    about = {"gateway": _gateway(), "clock": current_app.extensions["clock"], "ip": address()}
    try:
        dollar.take(nonce, key, staff(), _processor(), **about)
    except BillingError as refusal:
        return _page([("", say(refusal.key))]), refusal.status
    return redirect(url_for(".show"), 303)


@bp.get("/token")
@only(Act.TURN_SWITCH)
@limits.of_card_boxes
def token() -> ResponseReturnValue:
    """What the processor's library needs to show its card boxes."""
    try:
        return _gateway().client_token(), {"Content-Type": "text/plain; charset=utf-8"}
    except GatewayUnavailable:
        return "", 503


def _page(problems: list[tuple[str, str]] | None = None) -> str:
    last = dollar.last(_processor())
    if last:
        dollar.look(last, _gateway(), now())
    boxes = card_boxes.attributes("practice.dollar.token")
    return render_template(
        "practice/dollar.html", last=last, over=last is None or dollar.is_over(last), problems=problems,
        boxes=boxes, form_key=uuid.uuid4().hex, processor=_processor(),
    )  # fmt: skip


def _processor() -> str:
    return KINDS[settings().braintree_environment]


def _gateway() -> Gateway:
    found: Gateway = current_app.extensions["gateway"]
    return found
