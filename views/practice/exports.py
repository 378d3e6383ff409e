"""Files for the bookkeeper and for the record system."""

from typing import Any

from flask import Blueprint, Response, render_template, stream_with_context
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField

from billing.errors import BillingError
from billing.staffing import Act
from custody import balances
from exchange import exports
from exchange.exports import File, Kind, Wanted
from views import limits
from views.context import now, practice, say, today
from views.practice.acting import only, staff, stamp
from views.practice.forms import LabelledForm, day_field
from views.stepping_up import required

bp = Blueprint("exports", __name__, url_prefix="/exports")

LATEST = 10
BY_PAID, BY_POSTED = "paid", "posted"
NEW, DAYS = "new", "days"


class ExportForm(LabelledForm):
    """Which days; each kind of file has its own choices besides."""

    labels = {name: f"pr.exp.{name}" for name in ("what", "by", "from_on", "to_on", "names")}
    what = RadioField(validate_choice=False)
    by = RadioField(validate_choice=False)
    from_on = day_field()
    to_on = day_field()
    names = BooleanField()

    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self._choose("what", (NEW, DAYS), kind == Kind.POSTING)
        self._choose("by", (BY_PAID, BY_POSTED), kind == Kind.TRANSACTIONS)
        if kind not in (Kind.TRANSACTIONS, Kind.CHARGES):
            del self.names
        if kind == Kind.BALANCES:
            del self.from_on, self.to_on

    def _choose(self, name: str, words: tuple[str, str], has: bool) -> None:
        if not has:
            del self[name]
            return
        self[name].choices = [(word, say(f"pr.exp.{name}.{word}")) for word in words]
        self[name].data = self[name].data or words[0]

    def wanted(self) -> Wanted:
        """Raises BillingError for days that end before they begin."""
        if not self.from_on:
            return Wanted(self.kind)
        first, last = self.from_on.data, self.to_on.data
        since = "what" in self and self.what.data == NEW
        if not since and first and last and last < first:
            raise BillingError("pr.exp.err.order", field="to_on")
        posted = "by" in self and self.by.data == BY_POSTED
        return Wanted(self.kind, first, last, posted, "names" in self and self.names.data, since)


@bp.get("/")
@only(Act.SEE_EXPORTS)
def index() -> ResponseReturnValue:
    return render_template("practice/exports.html", kinds=Kind, latest=exports.latest(LATEST))


@bp.get("/<any(transactions, posting, quickbooks, charges, balances):kind>")
@only(Act.SEE_EXPORTS)
@required
def show(kind: str) -> ResponseReturnValue:
    """The proof is asked for before the form, so that its button leads to the file at once."""
    form = ExportForm(Kind(kind), formdata=None)
    if form.from_on:
        form.from_on.data, form.to_on.data = today().replace(day=1), today()
    return render_template("practice/export.html", form=form, kind=kind)


@bp.post("/<any(transactions, posting, quickbooks, charges, balances):kind>")
@only(Act.SEE_EXPORTS)
@required
@limits.of_exports
def create(kind: str) -> ResponseReturnValue:
    """The file itself."""
    form = ExportForm(Kind(kind))
    try:
        wanted = form.wanted() if form.validate() else None
    except BillingError as refused:
        form.refuse(refused)
        wanted = None
    if wanted is None:
        return render_template("practice/export.html", form=form, kind=kind), 422
    file = _balances() if wanted.kind == Kind.BALANCES else _file(wanted)
    response = Response(stream_with_context(iter(file.pieces)), mimetype=file.mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    return response


def _file(wanted: Wanted) -> File:
    return exports.hand_out(wanted, staff(), stamp(), practice().time_zone)


def _balances() -> File:
    return exports.hand_over(*balances.sealed(now()), staff(), stamp())
