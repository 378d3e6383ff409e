"""The first page after sign-in: what came in, what waits for somebody, what is new."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from billing import inbox, superbill_gaps
from billing import today as first_page
from billing.checklist import checklist
from billing.reports import Month
from billing.staffing import Act
from billing.today import Asking, Matter
from identity import proposals
from views import seen
from views.context import now, practice, say, today
from views.practice import charts, menu
from views.practice.acting import only, staff
from views.practice.charts import Bar, Chart
from views.practice.inbox import shown
from views.practice.switch import processor_facts

bp = Blueprint("today", __name__)
bp.app_context_processor(menu.facts)

NEWS, DAY = 5, timedelta(days=1)
REPORTS = "practice.reports.index"
# What waits -> the list of it.
LISTS = {
    "disputes": "practice.disputes.index",
    "unknown": "practice.tasks.index",
    "tasks": "practice.tasks.index",
    "to_post": "practice.posting.index",
    "credits": "practice.credits.index",
    "deposits": "practice.deposits.index",
    "unlinked": "practice.link_matches.index",
    "gaps": "practice.today.gaps",
    "checklist": "practice.switch.show",
    "checks": "practice.switch.show",
}


@bp.get("/")
@only(Act.SEE_TODAY)
def show() -> ResponseReturnValue:
    asking = Asking(staff(), now(), today())
    news = shown(inbox.newest(staff(), NEWS, now()))
    *_, last, this = months = first_page.months(asking)
    return render_template(
        "practice/today.html", last=last, this=this, until=this.first - DAY, owed=first_page.owed(asking), news=news,
        matters=[*first_page.matters(asking), *_of_the_practice()], lists=LISTS, today=today(),
        charts=[each for each in _charts(months) if any(bar.cents or bar.second for bar in each.bars)],
    )  # fmt: skip


@bp.get("/superbill-details")
@only(Act.SEE_ACCOUNTS)
def gaps() -> ResponseReturnValue:
    """The clients whose superbills would have to wait."""
    found = superbill_gaps.gaps(staff(), now())
    seen.people(*(gap.account for gap in found))
    return render_template("practice/superbill_gaps.html", gaps=found)


def _charts(months: list[Month]) -> list[Chart]:
    return [_collected(months), charts.of("aging", today())] if menu.may_open(REPORTS) else []


def _collected(months: list[Month]) -> Chart:
    """The last months of the report that has twelve."""
    bars = [Bar(charts.month(month.first), month.received, month.back) for month in months]
    return Chart("collected", say("pr.rep.collected"), bars, [charts.column(each) for each in ("received", "back")])


def _of_the_practice() -> list[Matter]:
    found = []
    if menu.may_open(LISTS["unlinked"]):
        found.append(Matter("unlinked", proposals.waiting(staff())))
    if menu.may_open(LISTS["checklist"]):
        what = "checks" if practice().payments_on else "checklist"
        found.append(Matter(what, sum(row.blocks for row in checklist(practice(), processor_facts(), today()))))
    return [matter for matter in found if matter.count]
