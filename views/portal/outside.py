"""Paying on another site: the client leaves for the practice's page there."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing import access, outside
from billing.errors import PaymentsClosed
from choices import Right
from views.context import now, say
from views.responses import go

bp = Blueprint("outside", __name__)


@bp.post("/pay/outside")
def leave() -> ResponseReturnValue:
    account = access.account(current_user.user, request.form.get("account", ""), Right.PAY)
    try:
        return redirect(outside.leave(current_user.user, account, now()), 303)
    except PaymentsClosed as refused:
        flash(say(refused.key, **refused.values), "warn")
        return go(url_for("portal.home.show"))
