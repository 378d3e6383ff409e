"""Clients and accounts kept by hand: a new client, their facts, the account's, and who is on it."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from billing import accounts, clients, staffing
from billing.errors import BillingError
from billing.formats import FieldsRefused
from billing.staffing import Act
from models import Account, Client, db
from views import seen
from views.context import say
from views.forms import Form
from views.practice.acting import only, show_problems, staff, stamp
from views.practice.client_forms import AccountForm, ClientForm, NewClientForm, OneClientForm
from views.stepping_up import required

bp = Blueprint("clients", __name__)


@bp.route("/clients/new", methods=["GET", "POST"])
@only(Act.CHANGE_PEOPLE)
def new() -> ResponseReturnValue:
    """A new client with an account of their own, or on the one that `account` names."""
    account = _own_account(request.args["account"]) if "account" in request.args else None
    form = NewClientForm(staff(), account)
    if request.method == "POST" and form.validate() and (made := _tried(form, lambda: _added(form, account))):
        return _done("pr.client.added", made)
    page = render_template("practice/client_new.html", form=form, account=account)
    return page, 422 if form.errors else 200


@bp.route("/clients/<key>", methods=["GET", "POST"])
@only(Act.CHANGE_PEOPLE)
@required
def edit(key: str) -> ResponseReturnValue:
    client = _own_client(key)
    billed = accounts.of_client(client)
    seen.people(*billed)
    on_file = staffing.may(staff(), Act.SEE_ON_FILE)
    form = ClientForm(staff()) if on_file else ClientForm(staff()).without_file()
    if request.method == "GET":
        form.load(client)
    elif form.validate() and _tried(form, lambda: clients.change_client(client, form.kept(), stamp())):
        return _done("pr.set.saved", billed[0] if billed else None)
    page = render_template("practice/client.html", form=form, client=client, accounts=billed)
    return page, 422 if form.errors else 200


@bp.route("/clients/<key>/account", methods=["GET", "POST"])
@only(Act.CHANGE_PEOPLE)
def account(key: str) -> ResponseReturnValue:
    """One more account for a client: somebody else pays for part of the care."""
    client, form = _own_client(key), AccountForm(staff())
    if request.method == "GET":
        form.number.data = clients.next_number()
    elif form.validate() and (made := _tried(form, lambda: clients.add_account(client, form.kept(), stamp()))):
        return _done("pr.client.opened", made)
    page = render_template("practice/account_facts.html", form=form, account=None, client=client)
    return page, 422 if form.errors else 200


@bp.route("/accounts/<key>/facts", methods=["GET", "POST"])
@only(Act.CHANGE_PEOPLE)
def facts(key: str) -> ResponseReturnValue:
    found, form = _own_account(key), AccountForm(staff())
    if request.method == "GET":
        form.load(found)
    elif form.validate() and _tried(form, lambda: clients.change_account(found, form.kept(), stamp())):
        return _done("pr.set.saved", found)
    page = render_template("practice/account_facts.html", form=form, account=found, client=None)
    return page, 422 if form.errors else 200


@bp.route("/accounts/<key>/clients", methods=["GET", "POST"])
@only(Act.CHANGE_PEOPLE)
@required
def people(key: str) -> ResponseReturnValue:
    """Who is on the account; sent, whoever is named joins them."""
    found, form = _own_account(key), OneClientForm()
    sent = request.method == "POST" and form.validate()
    if sent and _tried(form, lambda: clients.put_on(found, clients.find(staff(), form.client.data), stamp())):
        return _done("pr.set.saved", found)
    return _people(found, form)


@bp.post("/accounts/<key>/clients/<client>/off")
@only(Act.CHANGE_PEOPLE)
@required
def take_off(key: str, client: str) -> ResponseReturnValue:
    found, form = _own_account(key), OneClientForm(formdata=None)
    if _tried(form, lambda: clients.take_off(found, _own_client(client), stamp())):
        return _done("pr.set.saved", found)
    return _people(found, form)


def _added(form: NewClientForm, account: Account | None) -> Account:
    with db.atomic():
        client = clients.add_client(form.kept(), stamp())
        if account:
            clients.put_on(account, client, stamp())
        return account or clients.add_account(client, form.account(client), stamp())


def _own_account(key: str) -> Account:
    return staffing.own_account(staff(), key)


def _own_client(key: str) -> Client:
    """A client about whom this person decides; `DoesNotExist` for any other."""
    client: Client = Client.get(Client.key == key)
    if not staffing.own_panel(staff()).has(client):
        raise Client.DoesNotExist(key)
    return client


def _people(account: Account, form: OneClientForm) -> ResponseReturnValue:
    seen.people(account)
    on_it = accounts.clients_of([account], staffing.own_panel(staff()))[account.id]
    facts = {"account": account, "clients": on_it, "links": accounts.links_of(account)}
    return render_template("practice/account_people.html", form=form, **facts), 422 if form.errors else 200


def _tried(form: Form, do: Callable[[], Any]) -> Any:
    """What `do` returns, True where that is nothing, and False with the refusals in the form."""
    try:
        return do() or True
    except FieldsRefused as refused:
        show_problems(form, refused)
    except BillingError as refused:
        form.refuse(refused)
    return False


def _done(told: str, account: Account | None) -> ResponseReturnValue:
    """What is said waits in the cookie, which anybody at this browser may read: no names."""
    flash(say(told), "good")
    there = url_for("practice.accounts.show", key=account.key) if account else url_for("practice.accounts.index")
    return redirect(there, 303)
