"""Superbills as staff has them: what was issued, what is out of date, what is missing; made and corrected."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug import Response

import documents
from billing import papers, staffing, superbill_age, superbill_desk, superbill_gaps, superbills
from billing.staffing import Act
from billing.superbills import Preview
from choices import DocumentType
from models import Account, Document
from views import seen
from views.context import now, say, today
from views.forms import whole
from views.paper_files import download, note_seen
from views.practice.acting import only, staff, stamp
from views.superbill_choice import SuperbillChoice

bp = Blueprint("superbills", __name__, url_prefix="/superbills")


@bp.get("/")
@only(Act.SEE_SUPERBILLS)
def index() -> ResponseReturnValue:
    """All of this person's clients, or one account's; what is missing is said of everyone."""
    account = _account(request.args.get("account", ""))
    found = superbill_desk.issued(staff(), now(), request.args.get("page", 1, type=whole), account)
    listed = {row.account_id for row in (*found.rows, *found.stale)}
    seen.papers(*listed)
    seen.people(*listed)
    gaps = () if account else superbill_gaps.gaps(staff(), now())
    return render_template("practice/superbills.html", found=found, account=account, gaps=len(gaps))


@bp.get("/new/<key>")
@only(Act.MAKE_SUPERBILLS)
def new(key: str) -> ResponseReturnValue:
    """The form of one account; with dates in the address, also what the superbill would say."""
    account = staffing.own_account(staff(), key)
    choice = _choice(account, request.args if "from_on" in request.args else None)
    found = superbills.preview(None, choice.wanted(), today()) if _asked(choice) else None
    return _form(account, choice, found)


@bp.post("/new/<key>")
@only(Act.MAKE_SUPERBILLS)
def make(key: str) -> ResponseReturnValue:
    account = staffing.own_account(staff(), key)
    choice = _choice(account, request.form)
    found = superbills.preview(None, choice.wanted(), today()) if choice.form.validate() else None
    if not (found and found.ready):
        return _form(account, choice, found), 422
    return _made(superbill_desk.make(choice.wanted(), stamp()))


@bp.get("/<key>")
@only(Act.SEE_SUPERBILLS)
def show(key: str) -> ResponseReturnValue:
    document = superbill_desk.find(staff(), key, now())
    note_seen("document.view", document)
    return _shown(document)


@bp.get("/<key>.pdf")
@only(Act.SEE_SUPERBILLS)
def pdf(key: str) -> ResponseReturnValue:
    document = superbill_desk.find(staff(), key, now())
    return download(document) or (_shown(document, failed=True), 503)


@bp.get("/<key>/correct")
@only(Act.MAKE_SUPERBILLS)
def preview(key: str) -> ResponseReturnValue:
    """What a new one would say; one that is replaced already leads to what replaced it."""
    document = _to_correct(key)
    later = _later(document)
    return later or _previewed(document, superbills.correction(document, today()))


@bp.post("/<key>/correct")
@only(Act.MAKE_SUPERBILLS)
def correct(key: str) -> ResponseReturnValue:
    document = _to_correct(key)
    if later := _later(document):
        return later
    found = superbills.correction(document, today())
    if not found.ready:
        return _previewed(document, found), 422
    return _made(superbill_desk.correct(document, stamp()))


def _account(key: str) -> Account | None:
    """The account whose superbills were asked for; `DoesNotExist` when this person may not see it."""
    return staffing.account(staff(), key, now()) if key else None


def _choice(account: Account, typed: Mapping[str, Any] | None) -> SuperbillChoice:
    return SuperbillChoice(superbill_desk.pairs(staff(), account), typed)


def _asked(choice: SuperbillChoice) -> bool:
    """Whether dates were given, and good ones."""
    return "from_on" in request.args and choice.form.validate()


def _form(account: Account, choice: SuperbillChoice, found: Preview | None) -> str:
    seen.amounts(account, health=True)
    return render_template(
        "practice/superbill_new.html", account=account, choice=choice, form=choice.form, seen=found,
        article=_article(found),
    )  # fmt: skip


def _made(document: Document) -> Response:
    note_seen("document.make", document)
    flash(say("pr.sb.made", number=document.number), "good")
    return redirect(url_for(".show", key=document.key), 303)


def _to_correct(key: str) -> Document:
    document = superbill_desk.find(staff(), key, now())
    if not superbill_desk.may_correct(staff(), document):
        abort(404)
    return document


def _later(document: Document) -> Response | None:
    later = papers.replaced_by([document]).get(document.id)
    return redirect(url_for(".show", key=later.key), 303) if later else None


def _shown(document: Document, *, failed: bool = False) -> str:
    return render_template(
        "practice/superbill.html", document=document, failed=failed,
        article=documents.article(document.type, documents.data_for(document)),
        later=papers.replaced_by([document]).get(document.id), stale=superbill_age.out_of_date(document),
        may_correct=superbill_desk.may_correct(staff(), document),
    )  # fmt: skip


def _previewed(document: Document, found: Preview) -> str:
    seen.amounts(document.account, health=True)
    return render_template("practice/superbill_correct.html", document=document, seen=found, article=_article(found))


def _article(found: Preview | None) -> Markup | None:
    """What would be made, below the page's heading; none where something stands in the way."""
    drawn = found.paper if found and found.ready else None
    return documents.article(DocumentType.SUPERBILL, papers.frozen(drawn), level=2) if drawn else None
