"""Money that waits to be put on accounts: as planned, all at once, or changed first."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import posting, unposting, waiting
from billing.audit import note
from billing.formats import FieldsRefused
from billing.posting import AlreadyPosted
from billing.staffing import Act
from billing.waiting import ToPost
from models import WaitingPayment, db
from views import seen
from views.context import now, say
from views.forms import Form
from views.practice.acting import address, only, show_problems, stamp
from views.practice.forms import line_amounts, line_name, lines_form

bp = Blueprint("posting", __name__, url_prefix="/to-post")


@bp.get("/")
@only(Act.SEE_POSTING)
def index() -> ResponseReturnValue:
    rows, lately, to_place = waiting.to_post(), waiting.posted_lately(), unposting.to_place()
    others = [*lately, *(each.payment for each in to_place)]
    seen.amounts(*(row.waiting.account for row in rows), health=True)
    seen.amounts(*(payment.account for payment in others))
    facts = {"rows": rows, "total": sum(row.waiting.amount for row in rows), "lately": lately, "to_place": to_place}
    return render_template("practice/to_post.html", **facts)


@bp.post("/")
@only(Act.POST)
def create() -> ResponseReturnValue:
    """Post one payment as planned (`key`), or with `all` every one the page showed (`shown`)."""
    if "all" in request.form:
        return _post_all(set(request.form.getlist("shown")))
    row = posting.by_key(request.form.get("key", ""))
    with db.atomic():
        if not WaitingPayment.get_by_id(row.waiting.id).payment_id:
            waiting.post(row.waiting, stamp())
            _note("posting.post", row)
    return _posted()


@bp.route("/<key>", methods=["GET", "POST"])
@only(Act.POST)
def edit(key: str) -> ResponseReturnValue:
    row = posting.by_key(key)
    try:
        return _already() if row.waiting.payment_id else _change(row)
    except AlreadyPosted:
        return _already()


def _post_all(keys: set[str]) -> ResponseReturnValue:
    with db.atomic():
        posted = waiting.post_all(stamp(), keys)
        arrived = len(waiting.unposted())
        if posted:
            _note("posting.all", "", detail=str(len(posted)))
    flash(say("pr.post.alldone", n=len(posted)), "good" if posted else "warn")
    if arrived:
        flash(say("pr.post.arrived", n=arrived), "warn")
    return _back()


def _change(row: ToPost) -> ResponseReturnValue:
    rooms = posting.rooms(row)
    seen.amounts(row.waiting.account, health=True)
    form = lines_form([room.figures for room in rooms])()
    if request.method != "POST":
        for room in rooms:
            form[line_name(room.figures)].data = room.planned or None
    elif form.validate() and _post(row, form, rooms):
        return _posted()
    page = render_template("practice/post_as.html", row=row, rooms=rooms, form=form, line_name=line_name)
    return page, 422 if form.errors else 200


def _post(row: ToPost, form: Form, rooms: list[posting.Room]) -> bool:
    try:
        with db.atomic():
            posting.post_as(row, line_amounts(form, [room.figures for room in rooms]), stamp())
            _note("posting.change", row)
    except FieldsRefused as refused:
        show_problems(form, refused)
        return False
    return True


def _note(what: str, row: ToPost | str, detail: str = "") -> None:
    subject = f"waiting_payment:{row.waiting.id}" if isinstance(row, ToPost) else row
    note(stamp().by, what, subject, now(), ip=address(), detail=detail)


def _already() -> ResponseReturnValue:
    flash(say(AlreadyPosted.key), "warn")
    return _back()


def _posted() -> ResponseReturnValue:
    """What is said waits in the cookie, which anybody at this browser may read: no name and no amount."""
    flash(say("pr.post.done"), "good")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for(".index"), 303)
