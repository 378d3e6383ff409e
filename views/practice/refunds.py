"""Giving money back: choose how much and why, see what the client will owe, ask once, and watch what becomes of it."""

from secrets import token_urlsafe
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField, ValidationError

from billing import refund_recovery, refunds, timeline
from billing.errors import BillingError
from billing.refund_outcomes import check_sent
from billing.refund_rules import ByHand, Offer, Sale, check, may_agree, needs_second, offer, preview, ways
from billing.refund_words import check_reason
from billing.staffing import Act, may
from choices import ASKED, BackKind, Method
from gateways import Gateway
from models import MoneyBack
from money import Cents, plain_dollars
from views import seen
from views.context import now, say, settings
from views.forms import DollarsField, whole
from views.practice.acting import address, only, staff, stamp
from views.practice.forms import LabelledForm, text_field
from views.responses import page_or_fragment
from views.stepping_up import required

bp = Blueprint("refunds", __name__)

PROCESSOR, MISTAKE = "processor", "mistake"


class PartField(DollarsField):
    """The part that goes back."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("pr.refund.amount.err") from None


class RefundForm(LabelledForm):
    """How much, why, and by which way; `shown` is what the page said the client will owe."""

    labels = {name: f"pr.refund.{name}" for name in ("whole", "amount", "reason", "way", "number", "shown", "form_key")}
    whole = RadioField(validate_choice=False)
    amount = PartField()
    reason = text_field()
    way = RadioField(validate_choice=False)
    number = text_field()
    shown = StringField()
    form_key = StringField()

    def __init__(self, offered: Offer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = offered
        self.whole.choices = [(word, say(f"pr.refund.{word}")) for word in ("full", "part")]
        self.way.choices = [(word, say(f"pr.refund.way.{word}")) for word in self._ways()]
        self.whole.data = self.whole.data or "full"
        self.way.data = self.way.data or self.way.choices[0][0]

    def _ways(self) -> list[str]:
        by_hand = [str(way) for way in self.offered.ways]
        return [*by_hand, MISTAKE] if self.offered.mistake else by_hand or [PROCESSOR]

    def validate_amount(self, field: PartField) -> None:
        """Else a part typed beside “All of it” would be lost without a word."""
        passed_over = self.whole.data == "full" and self.kind() == BackKind.REFUND
        if passed_over and field.data not in (None, self.offered.most):
            raise ValidationError("pr.refund.amount.all")

    def cents(self) -> Cents | None:
        """What is asked for: all that is left, or what was typed."""
        whole = self.whole.data == "full" or self.kind() == BackKind.VOID
        return self.offered.most if whole else self.amount.data

    def by_hand(self) -> ByHand | None:
        if self.way.data == MISTAKE:
            return ByHand(self.offered.ways[0], mistake=True)
        known = self.way.data in list(Method)
        return ByHand(Method(self.way.data), self.number.data) if known else None

    def kind(self) -> BackKind:
        return BackKind.VOID if self.way.data == MISTAKE else self.offered.kind


@bp.get("/transactions/<key>/refund")
@only(Act.REFUND)
@required
def new(key: str) -> ResponseReturnValue:
    sale = _sale(key)
    try:
        form = RefundForm(offer(sale, _gateway()), formdata=None)
    except BillingError as refused:
        return render_template("practice/refund_none.html", sale=sale, refused=refused)
    if part := request.args.get("amount", 0, type=whole):
        form.whole.data, form.amount.data = "part", min(part, form.offered.most)
    return render_template("practice/refund.html", sale=sale, form=form)


@bp.post("/transactions/<key>/refund")
@only(Act.REFUND)
@required
def create(key: str) -> ResponseReturnValue:
    """First show what the client will owe; asked with that on the page (`shown`), give the money back."""
    sale = _sale(key)
    if earlier := MoneyBack.get_or_none(form_key=request.form.get("form_key", ""), asked_by=staff()):
        return _to(earlier)
    form = RefundForm(offer(sale, _gateway()))
    try:
        owed = _checked(sale, form) if form.validate() else None
        if owed is None:
            return _again(sale, form)
        if form.shown.data != plain_dollars(owed):
            return _confirm(sale, form, owed)
        back = refunds.ask(
            sale.money, form.cents(), form.reason.data, staff(), form.form_key.data or "", gateway=_gateway(),
            clock=now, by_hand=form.by_hand(), ip=address(),
        )  # fmt: skip
    except BillingError as refused:
        form.refuse(refused)
        return _again(sale, form)
    return _to(back)


@bp.get("/money-back/<key>")
@only(Act.SEE_PAYMENTS)
def show(key: str) -> ResponseReturnValue:
    back = refund_recovery.look(_back(key), _gateway(), now(), settings().unknown_close_after)
    return page_or_fragment("practice/back.html", "practice/_back.html", **_facts(back))


@bp.post("/money-back/<key>/approve")
@only(Act.REFUND)
@required
def approve(key: str) -> ResponseReturnValue:
    return _to(refunds.approve(_back(key), staff(), gateway=_gateway(), clock=now, ip=address()))


@bp.post("/money-back/<key>/cancel")
@only(Act.REFUND)
def cancel(key: str) -> ResponseReturnValue:
    return _to(refunds.cancel(_back(key), staff(), clock=now, ip=address()))


@bp.post("/money-back/<key>/check")
@only(Act.REFUND)
@required
def send_check(key: str) -> ResponseReturnValue:
    """Write down the number of the check that took the place of a refund the bank sent back."""
    back = _back(key)
    if back.failed_at and not back.reference:
        try:
            check_sent(back, request.form.get("number", ""), stamp())
        except BillingError as refused:
            problems = [("number", say(refused.key, **refused.values))]
            return render_template("practice/back.html", problems=problems, **_facts(back)), 422
        flash(say("pr.back.checked"), "good")
    return _to(back)


def _sale(key: str, *, once: bool = False) -> Sale:
    found = timeline.find(staff(), key, now())
    seen.amounts(found.account, health=True, once=once)
    return found


def _checked(sale: Sale, form: RefundForm) -> Cents:
    """What the client will owe, once every rule has been looked at; raises what the form is told."""
    check(sale, form.kind(), form.cents(), form.by_hand())
    check_reason(form.reason.data)
    cents = form.cents()
    assert cents, "checked above"
    return preview(sale.money, cents).owed


def _again(sale: Sale, form: RefundForm) -> ResponseReturnValue:
    return render_template("practice/refund.html", sale=sale, form=form), 422


def _confirm(sale: Sale, form: RefundForm, owed: Cents) -> str:
    cents, kind = form.cents() or 0, form.kind()
    facts = {"cents": cents, "kind": kind, "by_hand": form.by_hand(), "owed": owed, "changed": bool(form.shown.data)}
    return render_template(
        "practice/refund_confirm.html", sale=sale, form=form, form_key=token_urlsafe(16), shown=plain_dollars(owed),
        told=preview(sale.money, cents), second=needs_second(sale, kind, cents, now()), **facts,
    )  # fmt: skip


def _back(key: str) -> MoneyBack:
    back: MoneyBack = MoneyBack.get(MoneyBack.key == key)
    timeline.visible(staff(), (back.attempt or back.payment).account, now())
    return back


def _facts(back: MoneyBack) -> dict[str, Any]:
    paid = back.payment or back.attempt
    sale = _sale(paid.key, once=True)
    agree = back.asked_by is not None and may_agree(staff(), back.asked_by)
    check_open = may(staff(), Act.REFUND) and Method.CHECK in ways(sale)
    return {"tried": back, "sale": sale, "asking": back.state in ASKED, "agree": agree, "check_open": check_open}


def _to(back: MoneyBack) -> ResponseReturnValue:
    return redirect(url_for("practice.refunds.show", key=back.key), 303)


def _gateway() -> Gateway:
    gateway: Gateway = current_app.extensions["gateway"]
    return gateway
