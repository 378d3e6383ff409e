"""A statement by hand: choose days, see what it says, make it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import documents
from billing import papers, staffing, statements
from billing.staffing import Act
from billing.statements import DaysNotOver
from choices import DocumentType
from models import Account
from views import seen
from views.context import now, say, today
from views.paper_files import note_seen
from views.practice.acting import only, staff, stamp
from views.practice.paper_forms import StatementForm
from views.practice.papers import of_account, portal_host

bp = Blueprint("statements", __name__, url_prefix="/statements")


@bp.get("/<key>")
@only(Act.MAKE_PAPERS)
def preview(key: str) -> ResponseReturnValue:
    account, form = staffing.account(staff(), key, now()), StatementForm(request.args)
    if not _over(form):
        return of_account(account, form=form), 422
    seen.amounts(account, health=True)
    return render_template("practice/statement.html", account=account, form=form, article=_article(account, form))


@bp.post("/<key>")
@only(Act.MAKE_PAPERS)
def make(key: str) -> ResponseReturnValue:
    account, form = staffing.account(staff(), key, now()), StatementForm(request.form)
    if not _over(form):
        return of_account(account, form=form), 422
    made = statements.issue(account, form.from_on.data, form.to_on.data, stamp(), portal_host=portal_host())
    note_seen("document.make", made)
    flash(say("pr.stm.made", number=made.number), "good")
    return redirect(url_for("practice.papers.show", key=made.key), 303)


def _over(form: StatementForm) -> bool:
    """Whether there are days, all of them over; the form says what is wrong."""
    if not form.validate():
        return False
    try:
        statements.check_days(form.from_on.data, form.to_on.data, today())
    except DaysNotOver as refused:
        form.refuse(refused)
        return False
    return True


def _article(account: Account, form: StatementForm) -> str:
    paper = statements.build(account, form.from_on.data, form.to_on.data, portal_host())
    return documents.article(DocumentType.STATEMENT, papers.frozen(paper), level=2)
