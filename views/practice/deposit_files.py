"""Files about deposits: the processor's, and the bank's, whose columns a person names once."""

from collections.abc import Callable
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from billing.errors import BillingError
from billing.staffing import Act
from exchange import bank as bank_files
from exchange import cells, deposit_files
from exchange.deposit_files import Taken
from exchange.reading import Sheet, Unreadable, taken
from models import Import
from views.context import language, say
from views.practice.acting import only, staff, stamp
from views.practice.forms import LabelledForm, day_field

bp = Blueprint("deposit_files", __name__, url_prefix="/deposits/files")


class ReportForm(LabelledForm):
    """The processor's file, and the day of the payout where the file does not say."""

    labels = {"day": "pr.rec.file.paidout"}
    day = day_field()


FORMS = {"report": ReportForm, "bank": LabelledForm}


class ColumnsForm(LabelledForm):
    """Which column of the bank's file is what."""

    labels = {name: f"pr.rec.bank.col.{name}" for name in ("date", "order", "description", "amount", "in_", "out")}
    date = SelectField(validate_choice=False)
    order = SelectField(validate_choice=False)
    description = SelectField(validate_choice=False)
    amount = SelectField(validate_choice=False)
    in_ = SelectField(validate_choice=False)
    out = SelectField(validate_choice=False)

    def offer(self, header: list[str]) -> None:
        """The file's own headers, and none."""
        columns = [("", say("pr.rec.bank.col.none")), *((name, name) for name in header if name)]
        for field in self:
            field.choices = columns
        orders = (cells.MONTH_FIRST, cells.DAY_FIRST)
        self.order.choices = [(order, say(f"pr.rec.bank.{order}")) for order in orders]

    def columns(self) -> dict[str, str]:
        """Field -> header, for those chosen."""
        chosen = {field.name.rstrip("_"): field.data for field in self if field.name != "order"}
        return {name: header for name, header in chosen.items() if header}


@bp.get("/report")
@only(Act.MATCH_DEPOSITS)
def report() -> ResponseReturnValue:
    return _upload("report", ReportForm(formdata=None))


@bp.post("/report")
@only(Act.MATCH_DEPOSITS)
def take_report() -> ResponseReturnValue:
    form = ReportForm()
    account = current_app.extensions["gateway"].merchant_account

    def take(data: bytes, name: str) -> Taken:
        return deposit_files.report(data, name, form.day.data, staff(), stamp(), account)

    return _took("report", form, take) if form.validate() else (_upload("report", form), 422)


@bp.get("/bank")
@only(Act.MATCH_DEPOSITS)
def bank() -> ResponseReturnValue:
    return _upload("bank", LabelledForm(formdata=None))


@bp.post("/bank")
@only(Act.MATCH_DEPOSITS)
def take_bank() -> ResponseReturnValue:
    """A file with a header that was named before is taken in at once; of another the columns are asked for."""
    form = LabelledForm()
    try:
        row = deposit_files.begin_bank(*_file(), staff(), stamp())
    except BillingError as refused:
        return _refused("bank", form, refused)
    if row is None:
        return _told("bank", Taken(same=True))
    kept = bank_files.kept(deposit_files.waiting(row.key)[1])
    if kept is None:
        return redirect(url_for(".columns", key=row.key), 303)
    return _result(row, kept.columns, kept.options["order"])


@bp.get("/bank/<key>")
@only(Act.MATCH_DEPOSITS)
def columns(key: str) -> ResponseReturnValue:
    _, sheet = deposit_files.waiting(key)
    found = bank_files.guess(sheet.header)
    data = {"in_" if name == "in" else name: header for name, header in found.items()}
    return _columns(sheet, ColumnsForm(formdata=None, data=data))


@bp.post("/bank/<key>")
@only(Act.MATCH_DEPOSITS)
def name_columns(key: str) -> ResponseReturnValue:
    row, sheet = deposit_files.waiting(key)
    form = ColumnsForm()
    try:
        return _result(row, form.columns(), form.order.data or cells.MONTH_FIRST)
    except Unreadable as refused:
        form.form_errors.append(say(refused.key, **refused.values))
        return _columns(sheet, form), 422


def _result(row: Import, columns: dict[str, str], order: str) -> ResponseReturnValue:
    return _told("bank", deposit_files.take_bank(row, columns, order, stamp()))


def _took(kind: str, form: LabelledForm, take: Callable[[bytes, str], Taken]) -> ResponseReturnValue:
    try:
        return _told(kind, take(*_file()))
    except BillingError as refused:
        return _refused(kind, form, refused)


def _file() -> tuple[bytes, str]:
    """The bytes and the name of the upload. Raises Unreadable when there is none."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Unreadable("pr.rec.file.none")
    return taken(cast(BinaryIO, sent.stream)), sent.filename[-100:]


def _told(kind: str, found: Taken) -> ResponseReturnValue:
    if found.problems:
        sentences = [problem.sentence(language()) for problem in found.problems]
        return _upload(kind, FORMS[kind](formdata=None), sentences), 422
    if found.same:
        flash(say("pr.import.same"), "quiet")
    else:
        flash(say(f"pr.rec.file.{kind}.done", n=str(found.rows), matched=str(found.matched)), "good")
    return redirect(url_for("practice.deposits.index"), 303)


def _refused(kind: str, form: LabelledForm, refused: BillingError) -> ResponseReturnValue:
    form.refuse(refused)
    problems = [] if refused.field in form else [say(refused.key, **refused.values)]
    return _upload(kind, form, problems), 422


def _upload(kind: str, form: LabelledForm, problems: list[str] | None = None) -> str:
    return render_template(
        "practice/deposit_file.html", kind=kind, form=form, problems=[("file", each) for each in problems or ()]
    )


def _columns(sheet: Sheet, form: ColumnsForm) -> str:
    form.offer(sheet.header)
    shown: list[Any] = [record.cells for record in sheet.records[:3]]
    return render_template("practice/deposit_columns.html", form=form, header=sheet.header, shown=shown)
