"""Deposits: what the processor sent, what the bank shows, where they do not agree, and what a person does about it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from billing import banking, deposit_adopting, deposit_differences, deposit_news, deposits, deposits_list
from billing.banking import Shown
from billing.deposits_list import Show
from billing.discrepancies import discrepancies
from billing.errors import AmountMissing, BillingError
from billing.processor_check import Comparison, compare
from billing.staffing import Act
from gateways import Gateway, GatewayUnavailable
from models import BankLine, Deposit, Payment
from money import Cents
from views import seen
from views.context import now, say, today
from views.forms import DollarsField, whole
from views.practice.acting import address, only, stamp
from views.practice.forms import LabelledForm, day_field, text_field

bp = Blueprint("deposits", __name__, url_prefix="/deposits")

SWEPT = timedelta(days=14)  # how far back payouts are looked for whose notification never came


class BankForm(LabelledForm):
    """What a person read at the bank."""

    labels = {"day": "pr.rec.bank.day", "amount": "pr.rec.bank.amount"}
    day = day_field()
    amount = DollarsField()


class TypedForm(LabelledForm):
    """What no file tells: a fee, or money added or taken for other reasons."""

    labels = {"what": "pr.rec.typed.what", "cents": "pr.rec.typed.cents"}
    what = SelectField()
    cents = DollarsField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.what.choices = [(word, say(f"pr.rec.typed.{word}")) for word in deposits.TYPES]


class UnlockForm(LabelledForm):
    """Why a matched deposit is opened again: a word of ours, for the log."""

    labels = {"why": "pr.rec.why"}
    why = SelectField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = [(word, say(f"pr.rec.why.{word}")) for word in banking.UNLOCKED_FOR]
        self.why.choices = [("", say("pr.err.choose")), *reasons]


class AdoptForm(LabelledForm):
    """Whose payment it is."""

    labels = {"q": "pr.rec.adopt.q"}
    q = text_field()


@bp.get("/")
@only(Act.SEE_DEPOSITS)
def index() -> ResponseReturnValue:
    return _list()


@bp.post("/compare")
@only(Act.MATCH_DEPOSITS)
def check() -> ResponseReturnValue:
    """Look for payouts nobody announced, then hold the books against themselves and against the processor."""
    gateway: Gateway = current_app.extensions["gateway"]
    found: Comparison | None = None
    try:
        deposit_news.sweep(gateway, today() - SWEPT, today(), now())
        found = compare(gateway, now())
    except GatewayUnavailable:
        flash(say("pr.rec.compare.silent"), "warn")
    return _list(compared=True, books=discrepancies(), processor=found)


@bp.get("/<key>")
@only(Act.SEE_DEPOSITS)
def show(key: str) -> ResponseReturnValue:
    return _page(deposits_list.one(key))


@bp.post("/<key>/bank")
@only(Act.MATCH_DEPOSITS)
def bank(key: str) -> ResponseReturnValue:
    """The bank's amount, typed; of a withdrawal without its sign."""
    deposit, form = deposits_list.one(key), BankForm()
    try:
        cents = _amount(form, "amount") * (-1 if deposit.net < 0 else 1)
        matched = banking.typed(deposit, Shown(form.day.data or today(), "", cents), stamp(), address())
    except BillingError as refused:
        return _refused(deposit, form, refused)
    return _done(key, "pr.rec.done.matched" if matched else "pr.rec.done.off", "good" if matched else "warn")


@bp.post("/<key>/pick")
@only(Act.MATCH_DEPOSITS)
def pick(key: str) -> ResponseReturnValue:
    """A line of the bank (`line`) is this deposit, and the ones ticked (`with`)."""
    deposit, line = deposits_list.one(key), BankLine.get(key=request.form.get("line", ""))
    others = Deposit.select().where(Deposit.key.in_(request.form.getlist("with")) & (Deposit.id != deposit.id))
    try:
        matched = banking.put(line, [deposit, *others], stamp(), address())
    except BillingError as refused:
        return _refused(deposit, BankForm(formdata=None), refused)
    return _done(key, "pr.rec.done.matched" if matched else "pr.rec.done.off", "good" if matched else "warn")


@bp.post("/<key>/more")
@only(Act.MATCH_DEPOSITS)
def more(key: str) -> ResponseReturnValue:
    deposit, form = deposits_list.one(key), TypedForm()
    try:
        deposits.add_typed(deposit, form.what.data or "", _amount(form, "cents"), stamp(), address())
    except BillingError as refused:
        return _refused(deposit, form, refused)
    return _done(key, "pr.rec.done.typed")


@bp.post("/<key>/unlock")
@only(Act.MATCH_DEPOSITS)
def unlock(key: str) -> ResponseReturnValue:
    deposit, form = deposits_list.one(key), UnlockForm()
    try:
        banking.unlock(deposit, form.why.data or "", stamp(), address())
    except BillingError as refused:
        return _refused(deposit, form, refused)
    return _done(key, "pr.rec.done.unlocked")


@bp.route("/<key>/adopt/<int:line>", methods=["GET", "POST"])
@only(Act.MATCH_DEPOSITS)
def adopt(key: str, line: int) -> ResponseReturnValue:
    """A sale that nobody knows: look for the account (`q`), then take it in as a payment of that `account`."""
    sale = deposit_adopting.sale(deposits_list.one(key), line)
    form = AdoptForm()
    chosen = request.form.get("account", "")
    if chosen:
        deposit_adopting.adopt(sale, chosen, stamp(), address())
        return _done(key, "pr.rec.done.adopted")
    found = deposit_adopting.accounts(form.q.data) if request.method == "POST" else []
    seen.people(*found)
    if request.method == "POST" and not found:
        form.refuse(BillingError("pr.rec.adopt.none", field="q"))
    status = 422 if form.errors else 200
    return render_template("practice/deposit_adopt.html", form=form, sale=sale, found=found), status


def _amount(form: LabelledForm, field: str) -> Cents:
    """What was typed there. Raises BillingError when it is no amount, or another field cannot be read."""
    if not form.validate():
        raise BillingError()
    cents: Cents | None = form[field].data
    if cents is None:
        raise AmountMissing(field=field)
    return cents


def _done(key: str, told: str, kind: str = "good") -> ResponseReturnValue:
    flash(say(told), kind)
    return redirect(url_for(".show", key=key), 303)


def _refused(deposit: Deposit, form: LabelledForm, refused: BillingError) -> ResponseReturnValue:
    if not form.errors:
        form.refuse(refused)
    return _page(deposits_list.one(deposit.key), form), 422


def _list(**compared: Any) -> str:
    show = request.args.get("show", Show.ALL, type=Show)
    found = deposits_list.listing(show, request.args.get("page", 1, type=whole), today())
    wrong = deposits_list.to_look_at(today())
    payments = [each.payment for each in wrong if each.payment]
    _seen(payments)
    return render_template("practice/deposits.html", found=found, differences=wrong, show=show, shows=Show, **compared)


def _page(deposit: Deposit, form: LabelledForm | None = None) -> str:
    """One deposit, with the form that was refused in the place of its empty one."""
    lines = list(deposits_list.lines(deposit))
    _seen([line.payment for line in lines if line.payment])
    given = {type(form): form} if form else {}
    forms = {kind: given.get(kind) or kind(formdata=None) for kind in (BankForm, TypedForm, UnlockForm)}
    return render_template(
        "practice/deposit.html", row=deposits_list.row(deposit, today()), lines=lines, form=form,
        differences=deposit_differences.of([deposit])[deposit.id], typed=forms[TypedForm], bank=forms[BankForm],
        unlocks=forms[UnlockForm], sharing=deposits_list.sharing(deposit), fitting=_fitting(deposit),
        waiting=deposits_list.waiting_with(deposit),
    )  # fmt: skip


def _fitting(deposit: Deposit) -> list[BankLine]:
    return [] if deposit.matched_at else banking.fitting(deposit)


def _seen(payments: list[Payment]) -> None:
    accounts = [payment.account_id for payment in payments]
    seen.amounts(*accounts)
    seen.people(*accounts)
