"""Inviting someone who has no login yet: the two questions, one look before, then the code to tell by phone."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

import words
from billing import formats, staffing
from billing.errors import BillingError
from billing.formats import FieldRefused, Rule
from billing.staffing import Act
from identity import invites, link_lists
from identity.invites import Invited
from identity.links import LinkRefused
from models import Account, Invite, User
from views import seen
from views.context import now, practice, say, settings
from views.practice.acting import address, only, staff
from views.practice.link_forms import InviteForm, Terms
from views.practice.links import own_clients, review
from views.stepping_up import required

bp = Blueprint("invitations", __name__, url_prefix="/links/invitations")

RULES: dict[str, Rule] = {
    "name": formats.needed(formats.line(120)), "email": formats.needed(formats.email), "phone": formats.phone,
}  # fmt: skip


@bp.get("/")
@only(Act.SEE_LINKS)
def index() -> ResponseReturnValue:
    found = invites.unfinished(staffing.within(staff(), Invite.account, now()))
    rows, accounts = [(row, invites.state(row, now())) for row in found], {row.account_id for row in found}
    seen.people(*accounts)
    own = {account.id for account in staffing.own_accounts(staff()).where(Account.id.in_(accounts))}
    return render_template("practice/invitations.html", rows=rows, own=own)


@bp.route("/new/<to>", methods=["GET", "POST"])
@only(Act.CHANGE_LINKS)
@required
def new(to: str) -> ResponseReturnValue:
    """Ask, show in plain words what this person will see, and invite when that was confirmed."""
    account = staffing.own_account(staff(), to)
    form = InviteForm(account, own_clients(account))
    about = {"form": form, "account": account, "clients": own_clients(account)}
    if request.method != "POST" or "change" in request.form:
        return render_template("practice/link_form.html", **about)
    try:
        terms = _terms(form, account) if form.validate() else None
        if terms and "confirm" in request.form:
            return _made(_invite(form, account, terms))
    except BillingError as refused:
        form.refuse(refused)
        terms = None
    if terms is None:
        return render_template("practice/link_form.html", **about), 422
    looked = review(account, form.name.data, form.email.data, terms)
    return render_template("practice/link_confirm.html", **about, **looked)


@bp.post("/<key>/renew")
@only(Act.CHANGE_LINKS)
@required
def renew(key: str) -> ResponseReturnValue:
    """A new code and a new link; the old ones open nothing any more."""
    invite = link_lists.invitation(staff(), key)
    try:
        return _made(invites.renew(invite, staff(), now(), address()))
    except BillingError as refused:
        return _refused(refused)


@bp.post("/<key>/revoke")
@only(Act.CHANGE_LINKS)
@required
def revoke(key: str) -> ResponseReturnValue:
    invite = link_lists.invitation(staff(), key)
    try:
        invites.revoke(invite, staff(), now(), address())
    except BillingError as refused:
        return _refused(refused)
    flash(say("pr.link.inv.revoked"), "good")
    return redirect(url_for(".index"), 303)


def _terms(form: InviteForm, account: Account) -> Terms:
    """Raises BillingError at the first field that cannot be kept."""
    for name, rule in RULES.items():
        try:
            form[name].data = rule(form[name].data)
        except FieldRefused as refused:
            refused.field = name
            raise
    address = form.email.data.lower()
    if any(row.email == address for row in invites.open_for(account)):
        raise LinkRefused("pr.link.err.invited", field="email")
    return form.terms()


def _invite(form: InviteForm, account: Account, terms: Terms) -> Invited:
    return invites.invite(
        account, terms.role, terms.rights, client=terms.client, basis=terms.basis, name=form.name.data,
        email=form.email.data, phone=form.phone.data, language=form.language.data, by=staff(), now=now(), ip=address(),
    )  # fmt: skip


def _made(invited: Invited) -> str:
    """The code is known on this page only, once."""
    invite, start = invited.invite, f"{settings().public_url}/start"
    known = User.select().where(User.email == invite.email).exists()
    facts = {"invite": invite, "code": invited.code, "start": start, "known": known, "slip": _slip(invite)}
    return render_template("practice/invite_made.html", **facts)


def _slip(invite: Invite) -> dict[str, str]:
    """What is handed over, in the language of whoever it is for."""
    language, until = invite.language, words.local_day(invite.expires_at, practice().time_zone)
    return {
        "title": words.say("pr.link.slip", language, practice=practice().short_name),
        "open": words.say("pr.link.slip.open", language),
        "until": words.say("pr.link.slip.until", language, date=words.show_day(until, language)),
        "alone": words.say("pr.link.slip.alone", language),
    }


def _refused(refused: BillingError) -> ResponseReturnValue:
    flash(say(refused.key, **refused.values), "bad")
    return redirect(url_for(".index"), 303)
