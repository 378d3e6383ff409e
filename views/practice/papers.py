"""The receipts of payments, as staff may read them: word for word what the client was given."""

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

import documents
from billing import staffing
from billing.staffing import Act
from choices import DocumentType
from models import Account, Document
from views.context import now
from views.paper_files import download, note_seen
from views.practice.acting import only, staff

bp = Blueprint("papers", __name__, url_prefix="/papers")


@bp.get("/<key>")
@only(Act.SEE_PAYMENTS)
def show(key: str) -> ResponseReturnValue:
    receipt = _receipt(key)
    note_seen("document.view", receipt)
    return _shown(receipt)


@bp.get("/<key>.pdf")
@only(Act.SEE_PAYMENTS)
def pdf(key: str) -> ResponseReturnValue:
    receipt = _receipt(key)
    return download(receipt) or (_shown(receipt, failed=True), 503)


def _receipt(key: str) -> Document:
    """`DoesNotExist` when there is none of an account this person may see; 404 when it lists care they may not read."""
    seen = Document.account.in_(staffing.accounts(staff(), now()).select(Account.id))
    found = Document.get((Document.key == key) & (Document.type == DocumentType.RECEIPT) & seen)
    [readable] = staffing.papers(staff(), [found], now()) or abort(404)
    return readable


def _shown(receipt: Document, *, failed: bool = False) -> str:
    article = documents.article(receipt.type, documents.data_for(receipt))
    paid = receipt.payment or receipt.attempt
    return render_template("practice/paper.html", document=receipt, article=article, paid=paid, failed=failed)
