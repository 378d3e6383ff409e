"""Papers as staff reads and makes them: receipts, invoices, statements, word for word as the client was given them."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import documents
from billing import invoices, papers, staffing, statements
from billing.invoices import NothingToInvoice
from billing.staffing import Act
from choices import DocumentType
from models import Account, Document
from views import seen
from views.context import language, now, practice, say, settings, today
from views.forms import whole
from views.paper_files import download, note_seen
from views.practice.acting import only, staff, stamp
from views.practice.paper_forms import StatementForm
from words import show_month

bp = Blueprint("papers", __name__, url_prefix="/papers")
PER_PAGE = 25
BILLS = (DocumentType.INVOICE, DocumentType.STATEMENT, DocumentType.RECEIPT)


@bp.get("/")
@only(Act.SEE_PAPERS)
def index() -> ResponseReturnValue:
    """What is invoiced tonight, and when statements are made."""
    waiting = invoices.unpaid(today())
    seen.amounts(*(account for account, _ in waiting), health=True)
    return render_template("practice/papers.html", waiting=waiting, statement_day=practice().statement_day)


@bp.get("/accounts/<key>")
@only(Act.SEE_PAPERS)
def account(key: str) -> ResponseReturnValue:
    return of_account(staffing.account(staff(), key, now()))


@bp.post("/accounts/<key>/invoice")
@only(Act.MAKE_PAPERS)
def invoice(key: str) -> ResponseReturnValue:
    """Invoice the chosen services now; without a list, as from tonight's, all that are ready."""
    found = staffing.account(staff(), key, now())
    chosen = request.form.getlist("charge") if "chosen" in request.form else _ready(found)
    try:
        made = invoices.issue_chosen(found, chosen, stamp(), portal_host=portal_host())
    except NothingToInvoice as refused:
        return of_account(found, problem=say(refused.key)), 422
    note_seen("document.make", made)
    flash(say("pr.inv.made", number=made.number), "good")
    return redirect(url_for(".show", key=made.key), 303)


@bp.get("/<key>")
@only(Act.SEE_PAYMENTS)
def show(key: str) -> ResponseReturnValue:
    paper = _paper(key)
    note_seen("document.view", paper)
    return _shown(paper)


@bp.get("/<key>.pdf")
@only(Act.SEE_PAYMENTS)
def pdf(key: str) -> ResponseReturnValue:
    paper = _paper(key)
    return download(paper) or (_shown(paper, failed=True), 503)


def portal_host() -> str:
    """Where papers say to pay online."""
    return urlsplit(settings().public_url).netloc


def of_account(account: Account, problem: str = "", form: StatementForm | None = None) -> str:
    """The account's papers, with what could be invoiced now and the days of a statement."""
    seen.amounts(account, health=True)
    papers_of = (Document.account == account) & Document.type.in_(BILLS)
    found = Document.select().where(papers_of).order_by(Document.issued_at.desc(), Document.id.desc())
    page, last = _page(request.args.get("page", 1, type=whole), found.count())
    rows = staffing.papers(staff(), list(found.paginate(page, PER_PAGE)), now())
    return render_template(
        "practice/papers_account.html", account=account, rows=rows, page=page, last=last,
        free=invoices.open_for(account, today()), replaced=papers.replaced_by(rows), form=form or StatementForm(None),
        months=[(show_month(days[0], language()), *days) for days in statements.months_before(today())],
        problems=[("services", problem)] if problem else [],
    )  # fmt: skip


def _ready(account: Account) -> list[str]:
    return [each.charge.key for each in invoices.open_for(account, today()) if each.charge.ready]


def _page(asked: int, count: int) -> tuple[int, int]:
    last = max(1, -(-count // PER_PAGE))
    return min(max(1, asked), last), last


def _paper(key: str) -> Document:
    """`DoesNotExist` when there is none of an account this person may see; 404 when it lists care they may not read."""
    types = BILLS if staffing.may(staff(), Act.SEE_PAPERS) else (DocumentType.RECEIPT,)
    within = Document.account.in_(staffing.accounts(staff(), now()).select(Account.id))
    found = Document.get((Document.key == key) & Document.type.in_(types) & within)
    [readable] = staffing.papers(staff(), [found], now()) or abort(404)
    return readable


def _shown(paper: Document, *, failed: bool = False) -> str:
    article = documents.article(paper.type, documents.data_for(paper))
    paid = paper.payment or paper.attempt
    return render_template("practice/paper.html", document=paper, article=article, paid=paid, failed=failed)
