"""Entries of an account's ledger: money that came by hand, one entry with what it says, and taking it back."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import desk, once, receiving, running, staffing
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.formats import FieldsRefused
from billing.ledger import charge_figures
from billing.staffing import Act
from choices import EntryKind
from models import Account, Entry
from views import seen
from views.context import now, practice, say, today
from views.practice.acting import only, show_problems, staff
from views.practice.money_forms import MoneyForm, ReceivedForm, UndoForm, WhyForm

bp = Blueprint("ledger", __name__, url_prefix="/accounts")


@bp.route("/<key>/payment", methods=["GET", "POST"])
@only(Act.CHANGE_BOOKS)
def receive(key: str) -> ResponseReturnValue:
    """Cash, a check, or money paid elsewhere."""
    account, form = staffing.account(staff(), key, now()), ReceivedForm()
    picked = request.form.getlist("charge")
    if request.method == "GET":
        form.paid_on.data, form.seen.data = today(), once.end_of(account)
    elif form.validate() and (sent := _tried(form, account, lambda: _receive(account, form, picked))):
        return sent
    seen.amounts(account, health=True)
    rows = _payable(account)
    page = render_template("practice/receive.html", account=account, form=form, rows=rows, picked=picked)
    return page, 422 if form.errors else 200


def _receive(account: Account, form: ReceivedForm, picked: list[str]) -> bool:
    return receiving.receive(account, form.got(picked), form.ask(), practice().time_zone)


@bp.get("/<key>/entries/<entry>")
@only(Act.SEE_ACCOUNTS)
def show(key: str, entry: str) -> ResponseReturnValue:
    account, found = _found(key, entry)
    form = _form(found)
    form.seen.data = once.end_of(account)
    if isinstance(form, UndoForm):
        form.amount.data = running.left(found)
    return _page(account, found, form)


@bp.post("/<key>/entries/<entry>")
@only(Act.CHANGE_BOOKS)
def undo(key: str, entry: str) -> ResponseReturnValue:
    """Take it back, as far as is asked for."""
    account, found = _found(key, entry)
    form = _form(found)
    cents = form.amount.data if isinstance(form, UndoForm) else None
    sent = form.validate() and _tried(form, account, lambda: desk.undo(found, cents, form.reason.data, form.ask()))
    return sent or (_page(account, found, form), 422)


@bp.post("/<key>/entries/<entry>/banked")
@only(Act.CHANGE_BOOKS)
def banked(key: str, entry: str) -> ResponseReturnValue:
    """The money of this payment is in the bank."""
    account, found = _found(key, entry)
    form = MoneyForm()
    sent = form.validate() and _tried(form, account, lambda: receiving.bank(found.payment, form.ask()))
    return sent or (_page(account, found, form), 422)


def _found(key: str, entry: str) -> tuple[Account, Entry]:
    """An account this person may see, and an entry of it that they may read."""
    account = staffing.account(staff(), key, now())
    found = running.find(account, entry)
    if found.charge and not staffing.panel(staff(), now()).reads(found.charge):
        raise Entry.DoesNotExist(entry)
    return account, found


def _form(entry: Entry) -> WhyForm:
    """A visit is voided whole; of anything else a part may be taken back."""
    return WhyForm() if entry.kind == EntryKind.CHARGE else UndoForm()


def _tried(form: MoneyForm, account: Account, do: Callable[[], bool]) -> ResponseReturnValue | None:
    """On to the account when it was done; None with the refusal in the form.

    What is said waits in the cookie, which anybody at this browser may read: no name and no amount.
    """
    try:
        told = "pr.desk.done" if do() else "pr.desk.twice"
    except FieldsRefused as refused:
        show_problems(form, refused)
        return None
    except BillingError as refused:
        form.refuse(refused)
        return None
    flash(say(told), "good" if told == "pr.desk.done" else "warn")
    return redirect(url_for("practice.accounts.show", key=account.key), 303)


def _page(account: Account, entry: Entry, form: MoneyForm) -> str:
    seen.amounts(account, health=True)
    acts = staffing.may(staff(), Act.CHANGE_BOOKS)
    facts = {
        "line": running.line_of(entry), "reading": staffing.panel(staff(), now()),
        "left": running.left(entry) if acts else 0, "bankable": acts and running.bankable(entry.payment),
    }  # fmt: skip
    return render_template("practice/entry.html", account=account, entry=entry, form=form, **facts)


def _payable(account: Account) -> list[ChargeFigures]:
    return [row for row in charge_figures([account], unfinished=True) if row.payable > 0]
