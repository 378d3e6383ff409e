"""What was paid, however it was paid."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing import history
from billing.history import Detail, Item
from billing.papers import readable_by
from choices import DocumentType
from models import Document, Payment
from views import seen
from views.context import language, practice
from views.forms import whole
from words import local_day, show_month

bp = Blueprint("history", __name__, url_prefix="/history")


@bp.get("")
def index() -> ResponseReturnValue:
    page = history.history(current_user.user, request.args.get("page", 1, type=whole))
    seen.amounts(*(item.account for item in page.items), health=any(item.people for item in page.items))
    receipts = _receipts([item.payment for item in page.items if item.payment])
    by_payment = {each.payment_id: each for each in reversed(receipts)}  # the receipt is older than those of money back
    return render_template("portal/history.html", page=page, months=_by_month(page.items), receipts=by_payment)


@bp.get("/<key>")
def show(key: str) -> ResponseReturnValue:
    detail = history.detail(current_user.user, key)
    seen.bill(detail.reader, detail.item.account)
    return render_template(
        "portal/payment.html", detail=detail, lines=_lines(detail), receipts=_receipts([detail.item.payment])
    )


def _by_month(items: list[Item]) -> list[tuple[str, list[Item]]]:
    """The items under the name of each month, as they come."""
    months: dict[str, list[Item]] = {}
    for item in items:
        month = show_month(local_day(item.at, practice().time_zone), language())
        months.setdefault(month, []).append(item)
    return list(months.items())


def _lines(detail: Detail) -> list[dict[str, object]]:
    who = detail.reader
    return [
        {
            "charge": line.charge,
            "label": who.charge_label(line.charge, language()),
            "person": who.client_name(line.charge),
            "amount": line.amount,
        }
        for line in detail.lines
    ]


def _receipts(payments: list[Payment | None]) -> list[Document]:
    """The receipts of these payments that this reader may open, each before those of its money back."""
    theirs = readable_by(current_user.user, DocumentType.RECEIPT).where(Document.payment.in_(payments))
    return list(theirs.order_by(Document.id))
