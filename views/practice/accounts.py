"""Accounts: find one, see where it stands, stop or allow paying online for it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import accounts, running, staffing
from billing.errors import ReasonMissing
from billing.formats import FieldsRefused
from billing.ledger import account_figure
from billing.staffing import Act
from billing.switch import account_reason, set_account_payments
from models import Account
from views import seen
from views.context import now, say
from views.forms import whole
from views.practice.acting import address, only, show_problems, staff, stamp
from views.practice.forms import ReasonForm, SearchForm
from views.practice.searching import asked
from views.responses import page_or_fragment

bp = Blueprint("accounts", __name__, url_prefix="/accounts")


@bp.get("/")
@only(Act.SEE_ACCOUNTS)
def index() -> ResponseReturnValue:
    form = SearchForm(asked())
    text = form.q.data.strip()
    found = accounts.listing(staff(), text, request.args.get("page", 1, type=whole), now())
    seen.amounts(*(row.account for row in found.rows), health=True)
    facts = {"form": form, "found": found, "text": text}
    return page_or_fragment("practice/accounts.html", "practice/_accounts.html", **facts)


@bp.get("/<key>")
@only(Act.SEE_ACCOUNTS)
def show(key: str) -> ResponseReturnValue:
    return _page(staffing.account(staff(), key, now()), ReasonForm())


@bp.post("/<key>/payments")
@only(Act.CLOSE_ACCOUNT)
def payments(key: str) -> ResponseReturnValue:
    """Turn online payments of this account `off` (1) or on again (0)."""
    account, form = staffing.own_account(staff(), key), ReasonForm()
    off = request.form.get("off") == "1"
    try:
        set_account_payments(account, off=off, reason=form.reason.data, stamp=stamp(), ip=address())
    except ReasonMissing as refused:
        form.refuse(refused)
    except FieldsRefused as refused:
        show_problems(form, refused)
    if form.errors:
        return _page(account, form), 422
    flash(say("pr.acct.nowoff" if off else "pr.acct.nowon"), "good")
    return redirect(url_for(".show", key=key), 303)


def _page(account: Account, form: ReasonForm) -> str:
    seen.amounts(account, health=True)
    reading = staffing.panel(staff(), now())
    return render_template(
        "practice/account.html", account=account, form=form, figures=account_figure(account),
        clients=accounts.clients_of([account], reading)[account.id], links=accounts.links_of(account),
        charges=accounts.unfinished(account, reading), reason=account_reason(account),
        decides=staffing.decides(staff(), account), reading=reading,
        ledger=running.page(account, request.args.get("before", "")),
    )  # fmt: skip
