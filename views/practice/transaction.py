"""One payment: what it pays, what happened to it, its papers, and the way to give it back."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from billing import disputes_list, staffing, timeline, unposting
from billing.refund_rules import Sale
from billing.staffing import Act
from views import seen
from views.context import now, today
from views.practice.acting import only, staff

bp = Blueprint("transaction", __name__, url_prefix="/transactions")


@bp.get("/<key>")
@only(Act.SEE_PAYMENTS)
def show(key: str) -> ResponseReturnValue:
    sale = timeline.find(staff(), key, now())
    if sale.money.key != key:  # posted meanwhile
        return redirect(url_for(".show", key=sale.money.key), 303)
    seen.amounts(sale.account, health=True)
    detail = timeline.detail(sale)
    return render_template(
        "practice/transaction.html", detail=detail, sale=sale, dispute=_dispute(sale),
        reading=staffing.panel(staff(), now()), papers=staffing.papers(staff(), detail.papers, now()),
        to_place=sale.payment is not None and unposting.can_be_placed(sale.payment),
    )  # fmt: skip


def _dispute(sale: Sale) -> disputes_list.Row | None:
    found = disputes_list.of_payments([sale.payment.id] if sale.payment else [])
    return next((disputes_list.one(staff(), each.key, today(), now()) for each in found.values()), None)
