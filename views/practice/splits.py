"""One visit paid by two accounts: how it is parted now, and how it shall be."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import splits, staffing
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.splits import Part, SplitRefused
from billing.staffing import Act
from models import Account
from money import Cents, parse_dollars, plain_dollars
from views import seen
from views.context import language, say
from views.practice.acting import only, staff, stamp
from views.practice.service_entry import own_charge
from views.practice.service_forms import SplitForm, tenths

bp = Blueprint("splits", __name__, url_prefix="/services")


@bp.route("/<key>/split", methods=["GET", "POST"])
@only(Act.ADD_SERVICE)
def edit(key: str) -> ResponseReturnValue:
    charge = own_charge(key)
    shares, accounts = splits.shares(charge), splits.payers_of(charge.client)
    if not (staffing.own_panel(staff()).has(charge.client) and any(row.gross for row in shares)):
        abort(404)
    seen.amounts(*accounts, health=True)
    form = SplitForm(accounts)
    if request.method == "GET":
        _load(form, shares, accounts)
    elif form.validate() and _parted(form, shares, accounts):
        flash(say("pr.split.done"), "good")
        return redirect(url_for("practice.services.index"), 303)
    total = sum(row.gross for row in shares)
    label = charge.label_in(language())
    label = splits.label_of_visit(label) if charge.share_of else label
    page = render_template("practice/split.html", form=form, shares=shares, accounts=accounts, total=total, label=label)
    return page, 422 if form.errors else 200


def _load(form: SplitForm, shares: list[ChargeFigures], accounts: list[Account]) -> None:
    """Show how it is parted now; a visit that is not, by halves."""
    others = [each for each in accounts if each.id != shares[0].charge.account_id]
    form.first_account.data = shares[0].charge.account.key
    form.first.data = form.second.data = "50"
    if len(shares) > 1:
        form.how.data = "amount"
        form.second_account.data = shares[1].charge.account.key
        form.first.data, form.second.data = (plain_dollars(row.gross) for row in shares[:2])
    elif others:
        form.second_account.data = others[0].key


def _parted(form: SplitForm, shares: list[ChargeFigures], accounts: list[Account]) -> bool:
    by_key = {account.key: account for account in accounts}
    try:
        first, second = _amounts(form, sum(row.gross for row in shares))
        parts = [Part(by_key[form.first_account.data], first), Part(by_key[form.second_account.data], second)]
        splits.split(shares[0].charge, parts, form.reason.data, stamp())
    except BillingError as refused:
        form.refuse(refused)
        return False
    return True


def _amounts(form: SplitForm, total: Cents) -> tuple[Cents, Cents]:
    if form.how.data == "percent":
        first, second = splits.by_percent(total, [tenths(form[name].data, name) for name in ("first", "second")])
        return first, second
    return _dollars(form, "first"), _dollars(form, "second")


def _dollars(form: SplitForm, name: str) -> Cents:
    try:
        return parse_dollars(form[name].data)
    except ValueError:
        raise SplitRefused("one.err.format", field=name) from None
