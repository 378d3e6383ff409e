"""Opening a client of a colleague who is away. What is searched for is posted: a name belongs in no address."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import RadioField

from billing.errors import BillingError
from billing.staffing import Act, may
from identity import break_glass
from identity.break_glass import Found
from models import Client
from views.context import now, say
from views.practice.acting import address, only, staff
from views.practice.forms import LabelledForm, text_field
from views.stepping_up import required

bp = Blueprint("glass", __name__, url_prefix="/emergency")


class SearchForm(LabelledForm):
    """An account number or a full name."""

    labels = {"q": "pr.glass.q"}
    q = text_field()


class OpenForm(LabelledForm):
    """Which of the clients found, and why; `q` is what found them."""

    labels = {"client": "pr.glass.pick", "reason": "pr.glass.reason", "q": "pr.glass.q"}
    client = RadioField(validate_choice=False)
    reason = text_field()
    q = text_field()

    def offer(self, found: list[Found]) -> None:
        self.client.choices = [(each.client.key, _row(each)) for each in found]
        if len(found) == 1:
            self.client.data = found[0].client.key


@bp.get("/")
@only(Act.BREAK_GLASS)
@required
def index() -> ResponseReturnValue:
    return _page(SearchForm(formdata=None))


@bp.post("/find")
@only(Act.BREAK_GLASS)
@required
def find() -> ResponseReturnValue:
    form = SearchForm()
    return _page(form, found=break_glass.search(staff(), form.q.data, now(), address()))


@bp.post("/open")
@only(Act.BREAK_GLASS)
@required
def create() -> ResponseReturnValue:
    form = OpenForm()
    try:
        opened = break_glass.open_client(staff(), form.client.data or "", form.reason.data, now(), address())
    except Client.DoesNotExist:
        form.refuse(BillingError("pr.glass.pick.err", field="client"))
    except BillingError as refused:
        form.refuse(refused)
    if form.errors:
        found = break_glass.search(staff(), form.q.data, now(), address())
        return _page(SearchForm(), found=found, form=form), 422
    account = break_glass.accounts_of(opened.client)[0]
    return redirect(url_for("practice.accounts.show", key=account.key), 303)


@bp.post("/close")
@only(Act.BREAK_GLASS)
def close() -> ResponseReturnValue:
    break_glass.close(staff(), request.form.get("client", ""), now(), address())
    flash(say("pr.glass.closed"), "good")
    return redirect(url_for("practice.accounts.index"), 303)


@bp.app_context_processor
def banners() -> dict[str, Any]:
    """For the frame of every page: `open_windows()`."""
    return {"open_windows": lambda: break_glass.windows(staff(), now()) if _stands_in() else []}


@bp.after_app_request
def note_views(response: Response) -> Response:
    """Whatever a page showed of a client who is open is noted for itself."""
    shown: set[int] = set().union(*g.get("seen", {}).values())
    if shown and response.status_code == 200 and _stands_in():
        break_glass.note_views(staff(), shown, now(), address())
    return response


def _stands_in() -> bool:
    return current_user.staff is not None and may(current_user.staff, Act.BREAK_GLASS)


def _row(found: Found) -> str:
    return say("pr.glass.row", initials=found.initials, numbers=", ".join(each.number for each in found.accounts))


def _page(search: SearchForm, found: list[Found] | None = None, form: OpenForm | None = None) -> str:
    opening = form or OpenForm(formdata=None, data={"q": search.q.data})
    opening.offer(found or [])
    return render_template("practice/glass.html", search=search, form=opening, found=found)
