"""A link for somebody who lost every way in, made by who has seen them and handed over by hand."""

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField

from billing.errors import BillingError
from billing.staffing import Act
from choices import LinkPurpose
from identity import link_lists, resets, totp
from identity.resets import LASTS
from models import User
from views.context import now, settings
from views.forms import Form
from views.practice.acting import only, staff
from views.stepping_up import required

bp = Blueprint("reenrol", __name__, url_prefix="/people")


class SeenForm(Form):
    """One box, ticked by who answers for it."""

    seen = BooleanField()


@bp.route("/<key>/reenrol", methods=["GET", "POST"])
@only(Act.CHANGE_LINKS)
@required
def reenrol(key: str) -> ResponseReturnValue:
    """This answer shows the link and no other does; asked for again, it makes another one."""
    user, form = _person(key), SeenForm()
    if request.method != "POST":
        return _page("reenrol", user, form=form)
    if not form.seen.data:
        form.refuse(BillingError("pr.reenrol.err", field="seen"))
        return _page("reenrol", user, form=form), 422
    token = resets.reenrol(user, staff(), now())
    address = settings().public_url + url_for("auth.begin", token=token)
    until = now() + LASTS[LinkPurpose.REENROL]
    return _page("reenrol_link", user, address=address, picture=totp.picture(address), until=until)


def _person(key: str) -> User:
    user: User = User.get(User.key == key, User.disabled_at.is_null())
    if not link_lists.may_let_in(staff(), user):
        abort(404)
    return user


def _page(template: str, user: User, **facts: object) -> str:
    return render_template(f"practice/{template}.html", user=user, **facts)
