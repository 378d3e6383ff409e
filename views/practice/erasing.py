"""A client's login erased, by the owner, who has talked to whose it is."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField

from billing.access import live_links
from billing.errors import BillingError
from billing.staffing import Act
from gateways import GatewayUnavailable
from identity import erasing
from models import User
from views import seen
from views.context import now, say
from views.forms import Form
from views.practice.acting import address, only
from views.stepping_up import required

bp = Blueprint("erasing", __name__, url_prefix="/people")


class TalkedForm(Form):
    """One box, ticked by who answers for it."""

    talked = BooleanField()


@bp.route("/<key>/erase", methods=["GET", "POST"])
@only(Act.ERASE_LOGIN)
@required
def erase(key: str) -> ResponseReturnValue:
    """Show what goes and what stays, and erase once the box is ticked."""
    user, form = User.get(User.key == key, User.anonymised_at.is_null()), TalkedForm()
    if form.is_submitted() and _erased(user, form):
        flash(say("pr.erase.done"), "good")
        return redirect(url_for("practice.links.index"), 303)
    links = live_links(user)
    seen.people(*(link.account for link in links))
    page = render_template("practice/erase.html", user=user, links=links, form=form)
    return page, 422 if form.errors else 200


def _erased(user: User, form: TalkedForm) -> bool:
    """Whether it was done; if not, the form says why."""
    try:
        if not form.talked.data:
            raise BillingError("pr.erase.err", field="talked")
        erasing.erase(user, current_app.extensions["gateway"], now(), current_user.by, address())
    except GatewayUnavailable:
        form.refuse(BillingError("pr.erase.down"))
    except BillingError as refused:
        form.refuse(refused)
    return not form.errors
