"""What staff looks for: a name belongs in no address, where logs and histories keep it. So it is posted, and goes on
sealed; the list it leads to can be paged, loaded again and gone back to as ever."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from billing.staffing import Act
from sealing import SealError, open_text, seal_text
from views.practice.acting import only

bp = Blueprint("searching", __name__, url_prefix="/search")

TYPED = ("q", "person", "whose", "who")  # the boxes that names are typed into
LONGEST = 200
PAGES = {
    "payments": "practice.payments.index",
    "accounts": "practice.accounts.index",
    "links": "practice.links.index",
    "people": "practice.links.new",
    "log": "practice.audit.index",
}
PLACE = "address.search"


@bp.post("/<any(payments, accounts, links, people, log):where>")
@only(Act.SEE_PAYMENTS)
def ask(where: str) -> ResponseReturnValue:
    """On to the list, with the words sealed and all else as it was sent; who may see the list is asked there."""
    sent = [(name, value) for name, value in request.form.items() if name != "csrf_token"]
    return redirect(f"{url_for(PAGES[where])}?{urlencode([(name, _sealed(name, value)) for name, value in sent])}", 303)


def asked() -> MultiDict[str, str]:
    """What the address asks for, with the words opened. Words that were never sealed are not looked for."""
    return MultiDict((name, _opened(value) if name in TYPED else value) for name, value in request.args.items())


def _sealed(name: str, value: str) -> str:
    text = value.strip()[:LONGEST]
    return seal_text(text, PLACE) if name in TYPED and text else value


def _opened(value: str) -> str:
    try:
        return open_text(value, PLACE)
    except SealError:
        return ""
