"""The activity log: who saw, changed or sent what; and the owner's look through each week."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from billing import audit, sheets
from billing.staffing import Act
from identity import activity, activity_week
from identity.activity import GROUPS, OTHER, Filter
from models import AuditEntry
from views import limits
from views.context import language, now, practice, say
from views.forms import whole
from views.practice.acting import only, staff, stamp
from views.practice.forms import LabelledForm, choice_field, day_field, text_field
from views.practice.searching import asked
from views.stepping_up import required

bp = Blueprint("audit", __name__, url_prefix="/audit")

COLUMNS = ["Entry", "At", "Who", "Name", "What", "Subject", "Result", "Detail", "Reason", "IP", "Session", "Hash"]


class LogForm(LabelledForm):
    """What of the log to show; a filter that cannot be read is not used."""

    labels = {name: f"log.f.{name}" for name in ("who", "group", "account", "from_on", "to_on")}
    who = text_field()
    group = choice_field()
    account = text_field()
    from_on = day_field()
    to_on = day_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [(group, say(f"log.group.{group}")) for group in (*GROUPS, OTHER)]
        self.group.choices = [("", say("log.all")), *groups]

    def wanted(self, before: int = 0) -> Filter:
        good = {field.name: field.data for field in self if field.data and not field.errors}
        texts = {name: str(good.get(name, "")).strip() for name in ("who", "group", "account")}
        return Filter(**texts, from_on=good.get("from_on"), to_on=good.get("to_on"), before=before)


@bp.get("/")
@only(Act.SEE_LOG)
def index() -> ResponseReturnValue:
    form = _filters()
    wanted = form.wanted(request.args.get("before", 0, type=whole))
    page = activity.page(wanted, practice().time_zone, language())
    _note_read(wanted)
    kept = {name: value for name, value in request.args.items() if name != "before" and value}
    return render_template("practice/audit.html", form=form, page=page, kept=kept, paged=wanted.before > 0)


@bp.get("/log.csv")
@only(Act.SEE_LOG)
@required
@limits.of_exports
def export() -> ResponseReturnValue:
    """The entries that fit the filters, oldest first, as they lie in the log."""
    wanted = _filters().wanted()
    rows = activity.entries(wanted, practice().time_zone).order_by(AuditEntry.id)
    count = rows.count()
    audit.note(stamp().by, "log.export", "", now(), result=str(count), detail=_used(wanted))
    response = Response(stream_with_context(_sheet(rows)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"activity-log-{stamp().on}.csv")
    return response


@bp.get("/week")
@only(Act.SEE_LOG)
def week() -> ResponseReturnValue:
    found = activity_week.week(now(), practice().time_zone, language())
    _note_read(Filter())
    last = activity_week.last_review()
    shown = {"last": activity.lines([last], language())[0] if last else None, "end": audit.last()}
    return render_template("practice/audit_week.html", week=found, **shown)


@bp.post("/week")
@only(Act.REVIEW_LOG)
def review() -> ResponseReturnValue:
    activity_week.review(staff(), now())
    flash(say("log.week.done"), "good")
    return redirect(url_for(".week"), 303)


def _filters() -> LogForm:
    form = LogForm(asked())
    form.validate()
    return form


def _note_read(wanted: Filter) -> None:
    """Reading the log is logged: which filters were used, and nothing of what was typed into them."""
    audit.note(stamp().by, "log.read", "", now(), detail=_used(wanted))


def _used(wanted: Filter) -> str:
    return " ".join(name for name, value in vars(wanted).items() if value)


def _sheet(rows: Any) -> Iterator[str]:
    return sheets.sheet(COLUMNS, (_row(line) for line in _in_blocks(rows)))


def _in_blocks(rows: Any) -> Iterator[activity.Line]:
    """Names are read for some entries at a time, however many there are."""
    after = 0
    while block := list(rows.where(AuditEntry.id > after).limit(audit.AT_ONCE)):
        yield from activity.lines(block, "en")
        after = block[-1].id


def _row(line: activity.Line) -> list[sheets.Cell]:
    row = line.entry
    return [
        str(row.id), row.at, row.by, line.who, row.what, row.subject, row.result, row.detail, row.reason, row.ip,
        row.session, row.hash,
    ]  # fmt: skip
