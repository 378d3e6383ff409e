"""Reports: the list of them, and the page and the file of each, made from what its entry in the table says."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from billing import audit, reports, sheets
from billing.reports import REPORTS, Kind, Line, Report, Table
from billing.staffing import Act
from models import Account
from money import plain_dollars
from views import limits, seen
from views.context import now, today
from views.forms import whole
from views.practice import charts
from views.practice.acting import only, stamp
from views.stepping_up import required
from words import say

bp = Blueprint("reports", __name__, url_prefix="/reports")


@bp.get("/")
@only(Act.SEE_REPORTS)
def index() -> ResponseReturnValue:
    found = [(report, report.total(report.find(today(), 0), report.headline)) for report in REPORTS.values()]
    return render_template("practice/reports.html", found=found)


@bp.get("/<key>")
@only(Act.SEE_REPORTS)
def show(key: str) -> ResponseReturnValue:
    report = _report(key)
    after = request.args.get("after", 0, type=whole)
    table = report.find(today(), after)
    lines, following = reports.page(table)
    accounts = [cell for line in lines for cell in line.cells if isinstance(cell, Account)]
    seen.amounts(*accounts)
    seen.people(*accounts)
    chart = charts.drawn(report, table) if report.bars and any(table.totals) else None
    shown = {"lines": lines, "following": following, "after": after, "totals": _totals(report, table)}
    return render_template("practice/report.html", report=report, chart=chart, month=charts.month, **shown)


@bp.get("/<key>.csv")
@only(Act.SEE_REPORTS)
@required
@limits.of_exports
def export(key: str) -> ResponseReturnValue:
    """All lines of it, as they are now."""
    report = _report(key)
    audit.note(stamp().by, "export.report", "", now(), detail=key)
    response = Response(stream_with_context(_sheet(report, report.find(today(), 0))), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{key}-{stamp().on}.csv")
    return response


def _report(key: str) -> Report:
    if key not in REPORTS:
        abort(404)
    return REPORTS[key]


def _totals(report: Report, table: Table) -> list[int | None]:
    """One for each column, none below what cannot be added up."""
    sums = dict(zip(report.sums, table.totals, strict=True))
    return [sums.get(column.key) for column in report.columns] if any(table.totals) else []


def _sheet(report: Report, table: Table) -> Iterator[str]:
    return sheets.sheet(list(_header(report)), (_row(report, line) for line in table.lines))


def _header(report: Report) -> Iterator[str]:
    """English in every file, so that programs can rely on it."""
    for column in report.columns:
        yield from ("Account ID", "Payer") if column.kind == Kind.ACCOUNT else (say(f"pr.rep.c.{column.key}", "en"),)


def _row(report: Report, line: Line) -> list[sheets.Cell]:
    pairs = zip(report.columns, line.cells, strict=True)
    return [cell for column, value in pairs for cell in _cells(column.kind, value)]


def _cells(kind: Kind, value: Any) -> tuple[sheets.Cell, ...]:
    match kind:
        case Kind.ACCOUNT:
            return value.number, value.guarantor_name
        case Kind.CENTS:
            return (plain_dollars(value),)
        case Kind.CARD:
            return (f"{value.card_brand} {value.card_last4}".strip(),)
        case Kind.MONTH:
            return (f"{value:%Y-%m}",)
        case Kind.DAYS:
            return (str(value),)
    return (value,)
