"""Choosing what to pay, paying it, and what became of it."""

from flask import Blueprint, abort, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing import access, credit, payments, recovery
from billing.audit import note
from billing.errors import BillingError
from billing.stamp import Stamp
from choices import Right
from gateways import GatewayUnavailable
from money import format_dollars
from views import limits
from views.context import now, practice, say, settings
from views.forms import whole
from views.portal import bill, checkout, drafts, kept, paying, result
from views.portal.drafts import Draft
from views.responses import go, page_or_fragment, wants_fragment

bp = Blueprint("payments", __name__, url_prefix="/pay")


@bp.get("")
def choose() -> ResponseReturnValue:
    return paying.show_list()


@bp.get("/total")
def total() -> ResponseReturnValue:
    """What the ticked charges come to, for the bar below the list."""
    if not wants_fragment():
        return go(url_for(".choose"))
    count, cents = bill.picked(current_user.user, drafts.choice_in(request.args))
    group = request.args.get("group", 1, type=whole)
    return page_or_fragment("portal/_total.html", "portal/_total.html", group=group, count=count, total=cents)


@bp.get("/checkout")
def pay() -> ResponseReturnValue:
    """The checkout for what the URL picks, or once more for the attempt it names or as it was when its reader left."""
    if "after" in request.args:
        return paying.open_again(result.own(request.args["after"]))
    if "kept" in request.args:
        return paying.open_kept(kept.of(current_user.user))
    return paying.open_page(Draft(drafts.choice_in(request.args)), checkout.first_step())


@bp.post("/checkout")
def review() -> ResponseReturnValue:
    """From the first of two pages to the second; with a signed draft, back to change it."""
    if "signed" in request.form:
        return paying.open_page(drafts.brought_back(current_user.user, request.form), checkout.FIRST)
    form, draft = drafts.posted(current_user.user)
    if not form.validate():
        return paying.show_again(form, draft, checkout.FIRST)
    try:
        payments.checked(current_user.user, draft.order(), paying.secret(), now())
    except BillingError as refusal:
        return paying.show_again(form, draft, checkout.FIRST, refusal)
    return paying.open_page(draft, checkout.SECOND)


@bp.post("/keep")
def keep() -> ResponseReturnValue:
    """What is typed so far, of a page that leaves by itself."""
    kept.keep(current_user.user)
    return "", 204


@bp.post("")
def create() -> ResponseReturnValue:
    """Pay. Asking twice with one form is one payment."""
    form, draft = drafts.posted(current_user.user)
    step = checkout.SECOND if "signed" in request.form else checkout.ALL
    if not form.validate():
        return paying.show_again(form, draft, step)
    try:
        attempt = paying.take(form, draft)
    except BillingError as refusal:
        return paying.show_again(form, draft, step, refusal)
    kept.forget(current_user.user)
    note(current_user.by, "pay.ask", f"attempt:{attempt.id}", now(), result=str(attempt.state))
    return go(url_for(".show", key=attempt.key))


@bp.get("/token")
@limits.of_card_boxes
def token() -> ResponseReturnValue:
    """What the processor's library needs to show its card boxes; for those who may pay something."""
    if not access.reader(current_user.user).allowed(Right.PAY):
        abort(404)
    try:
        return paying.gateway().client_token(), {"Content-Type": "text/plain; charset=utf-8"}
    except GatewayUnavailable:
        return "", 503


@bp.get("/<key>")
def show(key: str) -> ResponseReturnValue:
    """What became of an attempt; one that failed leads back to the checkout with everything kept."""
    attempt = recovery.look(result.own(key), paying.gateway(), now(), settings().unknown_close_after)
    if result.may_retry(attempt):
        return go(url_for(".pay", after=attempt.key))
    return page_or_fragment("portal/result.html", "portal/_result.html", **result.of(attempt))


@bp.post("/<key>/again")
def send_again(key: str) -> ResponseReturnValue:
    """The very same payment once more, where that cannot charge twice."""
    attempt = result.own(key, Right.PAY)
    payments.send_again(attempt, gateway=paying.gateway(), clock=current_app.extensions["clock"])
    return go(url_for(".show", key=key))


@bp.post("/credit")
def use_credit() -> ResponseReturnValue:
    account = access.account(current_user.user, request.form.get("account", ""), Right.PAY)
    try:
        checkout.refuse_closed(account)
    except BillingError as refusal:
        return paying.show_list(refusal)
    used = credit.use(account, Stamp.of(current_user.by, now(), practice().time_zone))
    if used:
        note(current_user.by, "credit.use", f"account:{account.id}", now())
        flash(say("sel.credit.done", amount=format_dollars(used)), "good")
    return go(url_for(".choose"))
