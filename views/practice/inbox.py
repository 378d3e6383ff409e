"""News: what came in and what did not go as it should."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from billing import inbox
from billing.disputes_list import of_payments
from billing.staffing import Act
from choices import AttemptState
from models import Dispute, Notice
from views import seen
from views.context import now
from views.forms import whole
from views.practice.acting import only, staff, stamp
from views.practice.menu import may_open
from views.responses import page_or_fragment, wants_fragment

bp = Blueprint("inbox", __name__, url_prefix="/inbox")

DISPUTES, SUPERBILL = "notice.dispute", "notice.superbill"
# News that lead to a screen and not to what they are about.
SCREENS = {
    SUPERBILL: "practice.superbills.index",
    "notice.unknown": "practice.tasks.index",
    "notice.back_unknown": "practice.tasks.index",
    "notice.books": "practice.tasks.index",
    "notice.differs": "practice.tasks.index",
    "notice.payments_off": "practice.switch.show",
    "notice.check": "practice.switch.show",
    "notice.dollar": "practice.dollar.show",
    "notice.deposit": "practice.deposits.index",
    "notice.invite": "practice.invitations.index",
}


@bp.get("/")
@only(Act.SEE_TODAY)
def index() -> ResponseReturnValue:
    found = inbox.listing(staff(), request.args.get("page", 1, type=whole), now())
    return page_or_fragment(
        "practice/inbox.html", "practice/_news.html", found=found, news=shown(found.rows), swapped=wants_fragment()
    )


@bp.post("/")
@only(Act.READ_INBOX)
def read() -> ResponseReturnValue:
    """Put away one (`key`), or everything up to the newest that the page showed (`all`)."""
    if "all" in request.form:
        inbox.read_all(staff(), request.form["all"], stamp())
    else:
        inbox.read(staff(), request.form.getlist("key"), stamp())
    return redirect(url_for(".index"), 303)


def shown(rows: list[Notice]) -> list[tuple[Notice, str]]:
    """Each with the address it leads to, empty where this person may open none; the log hears of what is shown."""
    accounts = {row.account_id for row in rows if row.account_id}
    seen.amounts(*accounts)
    seen.people(*accounts)
    disputes = of_payments([row.payment_id for row in rows if row.kind.startswith(DISPUTES)])
    return [(row, _where(row, disputes.get(row.payment_id))) for row in rows]


def _where(row: Notice, dispute: Dispute | None) -> str:
    screen = SCREENS.get(row.kind, "")
    if screen and may_open(screen):
        return url_for(screen)
    if dispute and may_open("practice.disputes.show"):
        return url_for("practice.disputes.show", key=dispute.key)
    return _subject(row)


def _subject(row: Notice) -> str:
    """The payment, the account, or nothing."""
    if row.payment and row.kind != SUPERBILL:
        return url_for("practice.transaction.show", key=row.payment.key)
    if row.attempt and row.attempt.state == AttemptState.SUCCEEDED:
        return url_for("practice.transaction.show", key=row.attempt.key)
    return url_for("practice.accounts.show", key=row.account.key) if row.account else ""
