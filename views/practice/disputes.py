"""Payments that a client's bank questions: what is due, what may be shown to the bank, what is answered."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import disputes_answer, disputes_list, disputes_lost
from billing.disputes import look_again
from billing.disputes_list import Row, Stage
from billing.disputes_words import checked
from billing.errors import BillingError
from billing.evidence import Suggestion, suggestions
from billing.staffing import Act
from choices import DisputeAnswer, DisputeState
from gateways.disputes import Disputes, disputes_of
from models import Dispute, Evidence
from views import seen
from views.context import now, say, today
from views.forms import whole
from views.practice.acting import address, only, staff, stamp
from views.practice.forms import LabelledForm, long_field, text_field

bp = Blueprint("disputes", __name__, url_prefix="/disputes")

ENDS = {
    "ask": (disputes_lost.ask_again, "pr.dispute.asking"),
    "write_off": (disputes_lost.write_off, "pr.dispute.writtenoff"),
}


class TextForm(LabelledForm):
    """What staff write to the bank."""

    labels = {"text": "pr.dispute.text"}
    text = long_field()


class EndForm(LabelledForm):
    """Why the client is asked again, or not."""

    labels = {"reason": "pr.dispute.reason"}
    reason = text_field()


@bp.get("/")
@only(Act.SEE_DISPUTES)
def index() -> ResponseReturnValue:
    found = disputes_list.listing(staff(), request.args.get("page", 1, type=whole), today(), now())
    accounts = [row.dispute.payment.account for row in found.rows]
    seen.amounts(*accounts)
    seen.people(*accounts)
    return render_template("practice/disputes.html", found=found)


@bp.get("/<key>")
@only(Act.SEE_DISPUTES)
def show(key: str) -> ResponseReturnValue:
    return _page(key, TextForm(formdata=None))


@bp.post("/<key>/evidence")
@only(Act.ANSWER_DISPUTE)
def send(key: str) -> ResponseReturnValue:
    """Hand in the ticked texts (`piece`) and the typed one (`text`), one after the other."""
    dispute, form = _dispute(key), TextForm()
    try:
        for category, text in _picked(dispute, form.text.data):
            disputes_answer.hand_in(dispute, category, text, _port(), stamp(), address())
    except BillingError as refused:
        return _refused(key, form, refused)
    flash(say("pr.dispute.sent"), "good")
    return _back(key)


@bp.post("/<key>/evidence/remove")
@only(Act.ANSWER_DISPUTE)
def remove(key: str) -> ResponseReturnValue:
    dispute = _dispute(key)
    mine = (Evidence.dispute == dispute) & (Evidence.id == request.form.get("id", 0, type=whole))
    piece = Evidence.get(mine)
    try:
        disputes_answer.take_back(piece, _port(), stamp(), address())
    except BillingError as refused:
        return _refused(key, TextForm(formdata=None), refused)
    gone = Evidence.get_by_id(piece.id).removed_at
    flash(say("pr.dispute.removed" if gone else "pr.dispute.removed.not"), "good" if gone else "warn")
    return _back(key)


@bp.post("/<key>/answer")
@only(Act.ANSWER_DISPUTE)
def answer(key: str) -> ResponseReturnValue:
    """`do` is fight or accept; to accept, the box `sure` must be ticked."""
    dispute = _dispute(key)
    try:
        if request.form.get("do") == "fight":
            kept = disputes_answer.fight(dispute, _port(), stamp(), address())
        elif request.form.get("sure"):
            kept = disputes_answer.accept(dispute, _port(), stamp(), address())
        else:
            raise BillingError("pr.dispute.accept.tick")
    except BillingError as refused:
        return _refused(key, TextForm(formdata=None), refused)
    flash(*_told(kept))
    return _back(key)


@bp.post("/<key>/look")
@only(Act.ANSWER_DISPUTE)
def look(key: str) -> ResponseReturnValue:
    found = look_again(_dispute(key), _port(), now())
    flash(say("pr.dispute.looked" if found else "pr.dispute.look.not"), "good" if found else "warn")
    return _back(key)


@bp.post("/<key>/end")
@only(Act.ANSWER_DISPUTE)
def end(key: str) -> ResponseReturnValue:
    """After a loss: `do` is ask or write_off, with a reason."""
    dispute, form = _dispute(key), EndForm()
    choose, told = ENDS[request.form.get("do", "ask")] if request.form.get("do", "ask") in ENDS else abort(404)
    try:
        choose(dispute, form.reason.data, stamp(), address())
    except BillingError as refused:
        return _refused(key, form, refused)
    flash(say(told), "good")
    return _back(key)


def _dispute(key: str) -> Dispute:
    return disputes_list.one(staff(), key, today(), now()).dispute


def _gateway() -> Disputes | None:
    return disputes_of(current_app.extensions["gateway"])


def _port() -> Disputes:
    """Where this processor's disputes are answered; for one that has none there is no such page."""
    return _gateway() or abort(404)


def _owed(dispute: Dispute) -> int:
    return sum(cents for _, cents in disputes_lost.still_owed(dispute))


def _picked(dispute: Dispute, text: str) -> list[tuple[str, str]]:
    """Category and text of what was ticked and typed, all of it checked before any of it is sent."""
    offered = {each.key: each for each in suggestions(dispute)}
    ticked = request.form.getlist("piece")
    if not ticked and not text.strip():
        raise BillingError("pr.dispute.pick")
    if not set(ticked) <= set(offered):
        raise BillingError("pr.dispute.changed")
    typed = [("", checked(text, dispute))] if text.strip() else []
    return [(offered[key].category, offered[key].text) for key in ticked] + typed


def _told(dispute: Dispute) -> tuple[str, str]:
    """What became of the answer."""
    if dispute.answer == DisputeAnswer.FOUGHT:
        return say("pr.dispute.fought"), "good"
    if dispute.state != DisputeState.OPEN:
        return say("pr.dispute.accepted"), "good"
    return say("pr.dispute.asked" if dispute.answered_at else "pr.dispute.notarrived"), "warn"


def _back(key: str) -> ResponseReturnValue:
    return redirect(url_for(".show", key=key), 303)


def _refused(key: str, form: LabelledForm, refused: BillingError) -> ResponseReturnValue:
    form.refuse(refused)
    return _page(key, form), 422


def _page(key: str, form: LabelledForm) -> str:
    """The page, with the form that was refused in the place of its empty one."""
    row = disputes_list.one(staff(), key, today(), now())
    seen.amounts(row.dispute.payment.account, health=True)
    texts = form if isinstance(form, TextForm) else TextForm(formdata=None)
    ends = form if isinstance(form, EndForm) else EndForm(formdata=None)
    sent = disputes_answer.handed_in(row.dispute)
    return render_template(
        "practice/dispute.html", form=form, texts=texts, ends=ends, row=row, sent=sent, offered=_offered(row, sent),
        ticked=request.form.getlist("piece"), owed=disputes_lost.still_owed(row.dispute), total=_owed(row.dispute),
        story=disputes_list.story(row.dispute), reachable=bool(_gateway() and row.dispute.processor_id),
    )  # fmt: skip


def _offered(row: Row, sent: list[Evidence]) -> list[Suggestion]:
    """What was not sent yet, while something can be sent."""
    if row.stage not in (Stage.ANSWER, Stage.ASKED):
        return []
    there = {piece.text for piece in sent}
    return [each for each in suggestions(row.dispute) if each.text not in there]
