"""Link people: who sees which account and how much of it; a new link, other rights, the end of one."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import staffing
from billing.accounts import clients_of
from billing.errors import BillingError
from billing.staffing import Act
from choices import LinkRole
from identity import birthdays, invites, link_lists, links, proposals
from models import Account, Client, Invite, Link
from views import seen
from views.context import now, say, today
from views.forms import whole
from views.practice.acting import address, only, staff
from views.practice.forms import SearchForm
from views.practice.link_forms import EndForm, FindForm, LinkForm, RightsForm, Terms
from views.practice.searching import asked
from views.stepping_up import required

bp = Blueprint("links", __name__, url_prefix="/links")


@bp.get("/")
@only(Act.SEE_LINKS)
def index() -> ResponseReturnValue:
    form = SearchForm(asked())
    text = (form.q.data or "").strip()
    found = link_lists.listing(staff(), text, request.args.get("page", 1, type=whole), now())
    waiting = invites.unfinished(staffing.within(staff(), Invite.account, now()))
    seen.people(*(row.account_id for row in found.rows))
    return render_template(
        "practice/links.html", form=form, text=text, found=found, matched=proposals.find(staff(), now()),
        invited=len(waiting),
    )  # fmt: skip


@bp.get("/new")
@only(Act.CHANGE_LINKS)
def new() -> ResponseReturnValue:
    """Find the person and the account; with both picked, on to the questions."""
    form = FindForm(asked())
    picked = {name: request.args.get(name, "") for name in ("user", "to")}
    if all(picked.values()):
        return redirect(url_for(".make", user=picked["user"], to=picked["to"]), 303)
    person, whose = form.person.data.strip(), form.whose.data.strip()
    people = link_lists.people(staff(), person) if person else []
    people = [link_lists.person(picked["user"])] if picked["user"] and not people else people
    accounts = link_lists.accounts(staff(), whose) if whose else []
    accounts = [staffing.own_account(staff(), picked["to"])] if picked["to"] and not accounts else accounts
    return render_template(
        "practice/link_new.html", form=form, people=people, accounts=accounts, picked=picked,
        clients=clients_of(accounts, staffing.panel(staff(), now())),
    )  # fmt: skip


@bp.route("/new/<user>/<to>", methods=["GET", "POST"])
@only(Act.CHANGE_LINKS)
@required
def make(user: str, to: str) -> ResponseReturnValue:
    """Ask, show in plain words what this person will see, and link when that was confirmed."""
    person, account = link_lists.person(user), staffing.own_account(staff(), to)
    form = LinkForm(account, own_clients(account))
    about = {"form": form, "account": account, "person": person, "clients": own_clients(account)}
    if request.method != "POST" or "change" in request.form:
        return render_template("practice/link_form.html", **about)
    try:
        terms = form.terms() if form.validate() else None
        if terms and "confirm" in request.form:
            facts = (terms.role, terms.rights, terms.basis, staff(), now(), address())
            links.link(person, account, *facts, client=terms.client)
            flash(say("pr.link.made"), "good")
            return redirect(url_for(".index"), 303)
    except BillingError as refused:
        form.refuse(refused)
        terms = None
    if terms is None:
        return render_template("practice/link_form.html", **about), 422
    return render_template("practice/link_confirm.html", **about, **review(account, person.name, person.email, terms))


@bp.get("/<key>")
@only(Act.SEE_LINKS)
def show(key: str) -> ResponseReturnValue:
    return _page(link_lists.find(staff(), key, now()), EndForm())


@bp.route("/<key>/change", methods=["GET", "POST"])
@only(Act.CHANGE_LINKS)
@required
def change(key: str) -> ResponseReturnValue:
    """Other rights for a link there is: ask, show, and change when that was confirmed."""
    link = link_lists.find_own(staff(), key)
    form = RightsForm(link.account, own_clients(link.account), link)
    about = {"form": form, "account": link.account, "person": link.user, "link": link}
    if request.method != "POST":
        form.load(link)
        return render_template("practice/link_form.html", **about)
    try:
        terms = form.decided(link.role, link.basis) if form.validate() else None
        if terms and "confirm" in request.form:
            links.change(link, terms.rights, terms.client, staff(), now(), address())
            flash(say("pr.link.changed"), "good")
            return redirect(url_for(".show", key=key), 303)
    except BillingError as refused:
        form.refuse(refused)
        terms = None
    if terms is None or "change" in request.form:
        return render_template("practice/link_form.html", **about), 422 if form.errors else 200
    looked = review(link.account, link.user.name, link.user.email, terms)
    return render_template("practice/link_confirm.html", **about, **looked)


@bp.post("/<key>/end")
@only(Act.CHANGE_LINKS)
@required
def end(key: str) -> ResponseReturnValue:
    link, form = link_lists.find_own(staff(), key), EndForm()
    try:
        links.end(link, staff(), now(), address(), form.reason.data or "")
    except BillingError as refused:
        form.refuse(refused)
        return _page(link, form), 422
    flash(say("pr.link.endedflash"), "good")
    return redirect(url_for(".show", key=key), 303)


def own_clients(account: Account) -> list[Client]:
    """The account's clients about whom this member of staff decides."""
    seen.people(account)
    return clients_of([account], staffing.own_panel(staff()))[account.id]


def review(account: Account, name: str, email: str, terms: Terms) -> dict[str, Any]:
    """What the last look before a link needs: what it opens, what it does not, and what to think of."""
    adult = any(birthdays.is_grown_up(client, today()) for client in links.clients_of(account))
    return {
        "terms": terms, "name": name, "others": link_lists.of_account(account),
        "warn_adult": terms.role == LinkRole.REPRESENTATIVE and adult,
        "warn_another": links.is_another(email, terms.role, terms.client),
    }  # fmt: skip


def _page(link: Link, form: EndForm) -> str:
    seen.people(link.account)
    clients = clients_of([link.account], staffing.panel(staff(), now()))[link.account.id]
    may_change = staffing.may(staff(), Act.CHANGE_LINKS) and staffing.decides(staff(), link.account)
    return render_template(
        "practice/link.html", link=link, form=form, clients=clients, decides=may_change,
        lets_in=may_change and link_lists.may_let_in(staff(), link.user),
    )  # fmt: skip
