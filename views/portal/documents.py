"""The client's papers: find one, read it, download it, make a superbill."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup

import documents
from billing import invoices, papers, receipts, superbill_age, superbills
from billing.access import live_links, patients
from billing.stamp import Stamp
from choices import DocumentType, Right
from models import Document, User
from views import seen
from views.context import now, practice, today
from views.forms import whole
from views.paper_files import download, note_seen
from views.portal.superbill_form import again
from views.responses import go
from views.superbill_choice import SuperbillChoice

bp = Blueprint("documents", __name__, url_prefix="/documents")
PER_PAGE = 25
RIGHTS = {
    DocumentType.INVOICE: Right.BILLS,
    DocumentType.RECEIPT: None,  # everyone has the receipts of their own payments
    DocumentType.STATEMENT: Right.BILLS,
    DocumentType.SUPERBILL: Right.SUPERBILLS,
}


@bp.get("")
def index() -> ResponseReturnValue:
    """Newest first; by type and year when asked."""
    types = _types(current_user.user)
    type = next((type for type in types if type == request.args.get("type")), None)
    readable = papers.readable_by(current_user.user, *([type] if type else types))
    years = [row.year for row in readable.clone().order_by(Document.year.desc()).group_by(Document.year)]
    year = request.args.get("year", type=whole)
    chosen = readable.where(Document.year == year) if year in years else readable
    page, last = _page(request.args.get("page", 1, type=whole), chosen.count())
    rows = list(chosen.paginate(page, PER_PAGE))
    seen.papers(*(row.account_id for row in rows))
    return render_template(
        "portal/documents.html", rows=rows, types=types, type=type, years=years, year=year, page=page, last=last,
        replaced=papers.replaced_by(rows), stale=superbill_age.out_of_date_among(rows),
        may_make=DocumentType.SUPERBILL in types,
    )  # fmt: skip


@bp.get("/<key>")
def show(key: str) -> ResponseReturnValue:
    document = _readable(key)
    note_seen("document.view", document)
    return _shown(document)


@bp.get("/<key>.pdf")
def pdf(key: str) -> ResponseReturnValue:
    document = _readable(key)
    return download(document, labels=_labels(document)) or _shown(document, failed=True)


@bp.get("/superbill")
def superbill() -> ResponseReturnValue:
    """The form; with dates in the address, also what the superbill would say."""
    asked = "from_on" in request.args
    choice = SuperbillChoice(patients(current_user.user), request.args if asked else None)
    valid = asked and choice.form.validate()
    return _form(choice, superbills.preview(current_user.user, choice.wanted(), today()) if valid else None)


@bp.post("/superbill")
def make() -> ResponseReturnValue:
    choice = SuperbillChoice(patients(current_user.user), request.form)
    if not choice.form.validate():
        return _form(choice), 422
    wanted = choice.wanted()
    preview = superbills.preview(current_user.user, wanted, today())
    if not preview.ready:
        return _form(choice, preview), 422
    made = superbills.issue(current_user.user, wanted, Stamp.of(current_user.by, now(), practice().time_zone))
    note_seen("document.make", made)
    return go(url_for(".show", key=made.key))


def _types(user: User) -> list[DocumentType]:
    links = live_links(user)
    allowed = {right for link in links for right in RIGHTS.values() if right and link.allows(right)}
    return [type for type, right in RIGHTS.items() if right is None or right in allowed]


def _page(asked: int, count: int) -> tuple[int, int]:
    """The page to show and the last there is."""
    last = max(1, -(-count // PER_PAGE))
    return min(max(1, asked), last), last


def _readable(key: str) -> Document:
    """The paper with this key if the reader may open it; else `DoesNotExist`, which reads "not found"."""
    found: Document = papers.readable_by(current_user.user).where(Document.key == key).get()
    return found


def _labels(document: Document) -> bool:
    return papers.may_see_labels(current_user.user, document)


def _shown(document: Document, *, failed: bool = False) -> ResponseReturnValue:
    data = documents.data_for(document, labels=_labels(document))
    is_receipt = document.type == DocumentType.RECEIPT
    page = render_template(
        "portal/document.html", document=document, article=documents.article(document.type, data), failed=failed,
        later=_readable_or_none(papers.replaced_by([document]).get(document.id)),
        earlier=_readable_or_none(document.replaces), stale=superbill_age.out_of_date(document),
        standing=invoices.standing(document) if document.type == DocumentType.INVOICE else None,
        refunds=list(filter(_readable_or_none, receipts.refunds_of(document))) if is_receipt else [],
        again=again(document) if document.type == DocumentType.SUPERBILL else None,
    )  # fmt: skip
    return page, 503 if failed else 200


def _readable_or_none(document: Document | None) -> Document | None:
    return papers.readable_by(current_user.user).where(Document.id == document).first() if document else None


def _form(choice: SuperbillChoice, preview: superbills.Preview | None = None) -> str:
    article: Markup | None = None
    if preview and preview.paper and preview.ready:
        article = documents.article(DocumentType.SUPERBILL, papers.frozen(preview.paper), level=3)
    seen.amounts(*(account for account, _ in choice.pairs.values()), health=True)
    return render_template(
        "portal/document_superbill.html", form=choice.form, choice=choice, seen=preview, article=article
    )
