"""Logins without an account: clear matches to tick, review and approve, and what a person must decide."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing.errors import BillingError
from billing.staffing import Act
from identity import proposals
from identity.proposals import Proposal
from views import seen
from views.context import now, say
from views.practice.acting import address, only, staff
from views.stepping_up import required

bp = Blueprint("link_matches", __name__, url_prefix="/links/matches")


@bp.get("/")
@only(Act.SEE_LINKS)
def index() -> ResponseReturnValue:
    return _page()


@bp.post("/")
@only(Act.CHANGE_LINKS)
@required
def approve() -> ResponseReturnValue:
    """First show what the ticked ones will see; asked with `confirm`, link them."""
    chosen = _chosen()
    if not chosen:
        return _page([("", say("pr.link.err.pick"))]), 422
    if "confirm" not in request.form:
        shown = [(each, health, proposals.rights_of(each, health)) for each, health in chosen]
        return render_template("practice/link_matches_confirm.html", chosen=shown)
    try:
        made = proposals.approve(chosen, staff(), now(), address())
    except BillingError as refused:
        return _page([("", say(refused.key, **refused.values))]), 422
    flash(say("pr.link.approved", n=len(made)), "good")
    return redirect(url_for(".index"), 303)


def _chosen() -> list[tuple[Proposal, bool]]:
    """What was ticked and is still clear, each with whether health details were ticked as well."""
    ticked, health = set(request.form.getlist("pick")), set(request.form.getlist("health"))
    clear = proposals.find(staff(), now()).clear
    return [(each, each.user.key in health) for each in clear if each.user.key in ticked]


def _page(problems: list[tuple[str, str]] | None = None) -> str:
    found = proposals.find(staff(), now())
    seen.people(*(each.account for each in found.clear), *(one for each in found.many for one in each.accounts))
    return render_template("practice/link_matches.html", found=found, problems=problems or [])
