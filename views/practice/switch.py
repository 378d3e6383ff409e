"""The payments switch with its checklist."""

from datetime import date
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import processor_facts as facts_of
from billing import ticks
from billing.checklist import Kind, ProcessorFacts, checklist, kind_of
from billing.errors import ReasonMissing
from billing.formats import FieldRefused, FieldsRefused
from billing.staffing import Act
from billing.switch import SYSTEM, NotReady, is_live, turn_off, turn_on
from identity import privacy_notice
from models import Staff, Tick
from views.context import now, practice, say, settings, today
from views.practice.acting import address, only, show_problems, stamp
from views.practice.forms import TurnOffForm
from views.stepping_up import required

bp = Blueprint("switch", __name__, url_prefix="/payments")


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


@bp.post(f"/ticks/<any({', '.join(ticks.NAMES)}):name>")
@only(Act.TURN_SWITCH)
def tick(name: str) -> ResponseReturnValue:
    """Somebody vouches for it, or takes that back."""
    if "undo" in request.form:
        ticks.undo(name, stamp(), address())
        flash(say("pr.tick.undone"))
        return redirect(url_for(".show"), 303)
    try:
        ticks.put(name, _day(), stamp(), address())
    except FieldRefused as refused:
        return _page(TurnOffForm(formdata=None), [(refused.field, say(refused.key))]), 422
    flash(say("pr.tick.done"), "good")
    return redirect(url_for(".show"), 303)


def _day() -> date | None:
    try:
        return date.fromisoformat(request.form.get("on", "").strip())
    except ValueError:
        return None


def _page(form: TurnOffForm, problems: list[tuple[str, str]] | None = None) -> str:
    facts = _processor()
    rows = checklist(practice(), facts, today())
    kind = kind_of(practice(), facts)
    return render_template(
        "practice/switch.html", form=form, rows=rows, problems=problems, live=is_live(practice(), now()),
        blocking=[row for row in rows if row.blocks], plays=kind == Kind.PLAY, **_vouched(), **_why_off(),
    )  # fmt: skip


def _vouched() -> dict[str, Any]:
    """What people ticked, and their names."""
    found = ticks.all_of_them()
    return {"ticks": found, "who": {name: _name(tick) for name, tick in found.items()}, "today": today(),
            "privacy": privacy_notice.VERSION}  # fmt: skip


def _name(tick: Tick) -> str:
    person: Staff = Staff.get_by_id(int(tick.by.partition(":")[2]))
    return person.name


def _why_off() -> dict[str, str]:
    """The reason that staff wrote, or the row of the checklist that broke."""
    reason = practice().payments_off_reason
    if reason.startswith(SYSTEM):
        return {"why": say("pr.switch.system", what=say(reason.removeprefix(SYSTEM)))}
    return {"why": say("pr.switch.why", reason=reason) if reason else ""}


def processor_facts() -> ProcessorFacts:
    """What is known of the processor without asking it."""
    here = settings()
    return facts_of.known(here.braintree_environment, now(), https=here.https, mails=bool(here.mail_host))


def _processor() -> ProcessorFacts:
    """After asking whether it takes our keys."""
    return facts_of.asked(processor_facts(), current_app.extensions["gateway"])
