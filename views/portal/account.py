"""The client's own page: who they are, how they sign in, where they are signed in."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import StringField

from identity import contacts
from identity.contacts import NotAPhone
from views import security
from views.context import now
from views.forms import Form
from views.portal.people import own_accounts
from views.security.overview import sessions, ways
from views.security.shared import changed, refused
from views.security.shared import show as show_page
from views.stepping_up import required

bp = Blueprint("account", __name__, url_prefix="/account")
security.mount(bp)


class PhoneForm(Form):
    """Ten digits, or nothing."""

    phone = StringField(filters=[lambda text: (text or "").strip()[:40]])


@bp.get("")
def show() -> ResponseReturnValue:
    user = current_user.user
    facts = {"ways": ways(user), "sessions": sessions(), "has_people": bool(own_accounts(user))}
    return render_template("portal/account.html", user=user, **facts)


@bp.get("/phone")
@required
def phone() -> ResponseReturnValue:
    return show_page("phone", PhoneForm(formdata=None, phone=current_user.user.phone))


@bp.post("/phone")
@required
def change_phone() -> ResponseReturnValue:
    form = PhoneForm()
    try:
        contacts.change_phone(current_user.user, form.phone.data, current_user.sign_in, now())
    except NotAPhone as refusal:
        return refused("phone", form, refusal)
    return changed("acct.phone.done")
