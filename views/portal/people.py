"""People on this account: whom a client let in, and how to remove them. For who has that right; on no joint account."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing.access import reader
from choices import AccountKind, Right
from identity import link_lists, links
from models import Account, Link, User
from views import seen
from views.context import now, say
from views.portal.bill import account_names
from views.responses import go
from views.stepping_up import required

bp = Blueprint("people", __name__, url_prefix="/account/people")


@dataclass(frozen=True)
class Group:
    """One account of the reader's, and the others on it; their addresses stay their own."""

    name: str
    others: list[Link]


@bp.get("")
def index() -> ResponseReturnValue:
    mine, names = own_accounts(current_user.user), account_names(reader(current_user.user))
    if not mine:
        abort(404)
    groups = [Group(names.get(account.id, account.number), _others(account)) for account in mine]
    seen.people(*mine)
    return render_template("portal/people.html", groups=groups)


@bp.get("/<key>/end")
@required
def confirm(key: str) -> ResponseReturnValue:
    return render_template("portal/people_end.html", link=_other(key))


@bp.post("/<key>/end")
@required
def end(key: str) -> ResponseReturnValue:
    link = _other(key)
    links.end(link, current_user.user, now())
    flash(say("acct.link.ended"), "good")
    return go(url_for(".index"))


def own_accounts(user: User) -> list[Account]:
    """Where this user may end other people's links."""
    return [account for account in reader(user).allowed(Right.LINKS) if account.kind != AccountKind.JOINT]


def _others(account: Account) -> list[Link]:
    return [link for link in link_lists.of_account(account) if link.user_id != current_user.user.id]


def _other(key: str) -> Link:
    """A live link of somebody else to an account of the reader's; else `DoesNotExist`."""
    found = [link for account in own_accounts(current_user.user) for link in _others(account) if link.key == key]
    if not found:
        raise Link.DoesNotExist(key)
    return found[0]
