"""The payments switch with its checklist."""

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from billing import deliveries, safety
from billing.checklist import BY_HAND, Processor, ProcessorFacts, checklist
from billing.errors import ReasonMissing
from billing.formats import FieldsRefused
from billing.staffing import Act
from billing.switch import NotReady, is_live, turn_off, turn_on
from gateways import GatewayUnavailable
from views.context import now, practice, say, settings
from views.practice.acting import address, only, show_problems, stamp
from views.practice.forms import TurnOffForm
from views.stepping_up import required

bp = Blueprint("switch", __name__, url_prefix="/payments")

DAY = timedelta(days=1)
KINDS = {"loopback": Processor.BUILT_IN, "sandbox": Processor.TRIAL, "production": Processor.LIVE}


@bp.get("/")
@only(Act.SEE_SWITCH)
def show() -> ResponseReturnValue:
    return _page(TurnOffForm())


@bp.post("/on")
@only(Act.TURN_SWITCH)
@required
def on() -> ResponseReturnValue:
    try:
        turn_on(_processor(), stamp(), address())
    except NotReady as refused:
        return _page(TurnOffForm(), [("switch", say(refused.key))]), 422
    flash(say("pr.switch.nowon"), "good")
    return redirect(url_for(".show"), 303)


@bp.post("/off")
@only(Act.TURN_SWITCH)
def off() -> ResponseReturnValue:
    form = TurnOffForm()
    try:
        turn_off(form.reason.data, form.message.data, stamp(), address())
    except ReasonMissing as refused:
        form.refuse(refused)
    except FieldsRefused as refused:
        show_problems(form, refused)
    if form.errors:
        return _page(form), 422
    flash(say("pr.switch.nowoff"), "good")
    return redirect(url_for(".show"), 303)


def _page(form: TurnOffForm, problems: list[tuple[str, str]] | None = None) -> str:
    facts = _processor()
    rows = checklist(practice(), facts)
    return render_template(
        "practice/switch.html", form=form, rows=rows, problems=problems, live=is_live(practice(), now()),
        blocking=[row for row in rows if row.blocks], by_hand=BY_HAND if facts.kind == Processor.LIVE else (),
    )  # fmt: skip


def processor_facts() -> ProcessorFacts:
    """What is known of the processor without asking it."""
    return ProcessorFacts(
        KINDS[settings().braintree_environment], heard=deliveries.last_heard(now(), DAY),
        forged=deliveries.forged(now()), https=settings().https, restored=safety.restore_tested(now()),
    )  # fmt: skip


def _processor() -> ProcessorFacts:
    """Ask the processor for something that moves no money, to see whether it takes our keys."""
    facts = processor_facts()
    if facts.kind == Processor.BUILT_IN:
        return facts
    try:
        current_app.extensions["gateway"].client_token()
    except GatewayUnavailable:
        return replace(facts, answers=False)
    return facts
