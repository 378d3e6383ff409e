"""The steps around the checkout page: open it, show it again after a refusal, send what it says to be paid."""

import secrets

from flask import current_app, flash, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from billing import limits, payments
from billing.access import reader
from billing.checklist_watch import processor_is_away
from billing.errors import BillChanged, BillingError, CardMissing, PaidJustNow, ShownAmountDiffers, TooManyTries
from gateways import Gateway
from models import Attempt, User
from views import seen
from views.context import language, now, say, settings
from views.forms import whole
from views.portal import bill, card_boxes, checkout, drafts
from views.portal.checkout import FIRST, Page
from views.portal.drafts import Draft
from views.portal.forms import CheckoutForm, checkout_form
from views.responses import go

MILD = (PaidJustNow, ShownAmountDiffers)  # shown as a notice: the reader made no mistake


def gateway() -> Gateway:
    found: Gateway = current_app.extensions["gateway"]
    return found


def secret() -> str:
    return settings().secret_key


def show_list(refusal: BillingError | None = None) -> ResponseReturnValue:
    """Everything owed; with a refusal, why what was picked cannot be paid."""
    problems = [("", say(refusal.key, **refusal.values))] if refusal else []
    page = request.args.get("page", 1, type=whole)
    listed = bill.shown(current_user.user, page)
    html = render_template("portal/choose.html", problems=problems, away=processor_is_away(now()), **listed)
    return make_response(html, refusal.status if refusal else 200)


def open_page(draft: Draft, step: int) -> ResponseReturnValue:
    """The checkout for this draft, filled in."""
    try:
        page = checkout.page(current_user.user, draft, _new_key(), step=step)
    except BillingError as refusal:
        return show_list(refusal)
    return _render(page, _filled(page, draft.note, _receipt_email(current_user.user)))


def open_kept(typed: MultiDict[str, str] | None) -> ResponseReturnValue:
    """The checkout as it was typed before its reader was signed out; the list when that was too long ago, and what
    became of it where that very form was sent before and its answer never arrived.
    """
    if typed is None:
        return go(url_for(".choose"))
    key = drafts.attempt_key(typed)
    if sent := Attempt.get_or_none(Attempt.attempt_key == key, Attempt.user == current_user.user):
        return go(url_for(".show", key=sent.key))
    user, step = current_user.user, checkout.SECOND if "signed" in typed else checkout.first_step()
    try:
        form, draft = drafts.typed(user, typed)
        page = checkout.page(user, draft, key or _new_key(), step=step, chosen=form.card.data or "")
    except BillingError as refusal:
        return show_list(refusal)
    flash(say("pay.kept"))
    return _render(page, form)


def open_again(tried: Attempt) -> ResponseReturnValue:
    """The checkout after an attempt that took no money, with everything kept."""
    draft = drafts.of_attempt(tried)
    before = tried.saved_card.key if tried.saved_card else "new"
    double = limits.double_of(tried, language())
    about = {"chosen": request.args.get("card", before), "after": tried.key, "refusal": double}
    about |= {"decline": "" if double else tried.decline_key, "again": payments.may_send_again(tried, gateway(), now())}
    try:
        page = checkout.page(current_user.user, draft, _new_key(), step=checkout.last_step(), **about)
    except BillingError as refusal:
        return show_list(refusal)
    return _render(page, _filled(page, draft.note, tried.receipt_email))


def show_again(form: CheckoutForm, draft: Draft, step: int, refusal: BillingError | None = None) -> ResponseReturnValue:
    """The same page with what was typed and everything that is wrong; nothing was written."""
    refusal = refusal or _refusal_of(draft, form)
    if isinstance(refusal, TooManyTries):
        return make_response(render_template("portal/limit.html", refusal=refusal), refusal.status)
    if refusal and not isinstance(refusal, MILD):
        form.refuse(_about_new_card(refusal, form))
    key = drafts.attempt_key(request.form) or _new_key()
    try:
        page = checkout.page(current_user.user, draft, key, step=step, chosen=form.card.data or "", refusal=refusal)
    except BillingError as reason:
        return show_list(reason)
    if isinstance(refusal, BillChanged):
        form.amount.raw_data, form.amount.data = None, page.total
    return _render(page, form, 422)


def take(form: CheckoutForm, draft: Draft) -> Attempt:
    """Pay what was posted. Raises what `payments.take` raises."""
    order = draft.order(
        attempt_key=drafts.attempt_key(request.form),
        card=drafts.card(form),
        shown=drafts.shown(draft),
        receipt_email=form.receipt_email.data,
        again=request.form.get("again") == "1",
    )
    if not order.attempt_key:
        raise BillingError("err.csrf")
    clock = current_app.extensions["clock"]
    return payments.take(current_user.user, order, gateway=gateway(), secret=secret(), clock=clock)


def _refusal_of(draft: Draft, form: CheckoutForm) -> BillingError | None:
    """What a rule says of a form that could not be read in full; silent on a field that has its error already."""
    try:
        payments.checked(current_user.user, draft.order(), secret(), now())
    except BillingError as refusal:
        told = refusal.field in form and form[refusal.field].errors
        return None if told else refusal
    return None


def _about_new_card(refusal: BillingError, form: CheckoutForm) -> BillingError:
    """A new card that was never typed is no card that was not picked."""
    untyped = isinstance(refusal, CardMissing) and form.card.data == "new"
    return CardMissing("card.fields") if untyped else refusal


def _receipt_email(user: User) -> str:
    """Where a receipt goes unless something else is typed: nowhere, for a user who wants to hear of none."""
    return str(user.email) if "receipt" in user.told_of else ""


def _filled(page: Page, note: str, email: str) -> CheckoutForm:
    amounts = {line.field: line.amount for line in page.lines}
    keys = [line.charge.key for line in page.lines]
    data = {**amounts, "amount": page.total, "note": note, "receipt_email": email}
    return checkout_form(keys, formdata=None, data=data)


def _render(page: Page, form: CheckoutForm, status: int = 200) -> ResponseReturnValue:
    seen.bill(reader(current_user.user), page.cart.account)
    template = "portal/checkout_amount.html" if page.step == FIRST else "portal/checkout.html"
    boxes = {} if page.step == FIRST else card_boxes.attributes()
    return make_response(render_template(template, page=page, form=form, boxes=boxes), status)


def _new_key() -> str:
    return secrets.token_urlsafe(24)
