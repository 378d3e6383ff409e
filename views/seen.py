"""What the activity log hears from the web: where each request comes from, who looked at what, who was refused.

A view says what its answer shows (`amounts`, `papers`, `people`); one entry is written per request, with the accounts'
ids and the route, never with what stood there. An entry that cannot be written keeps the answer back.
"""

from datetime import timedelta

from flask import Flask, Response, g, has_request_context, request
from flask_login import current_user

from billing import audit
from billing.access import Reader
from choices import Right
from models import Account, AuditEntry
from views.context import now
from views.responses import wants_fragment

DOORS = ("portal", "practice")
NOT_FOUND = 404
ONCE_IN = timedelta(minutes=10)  # a page that asks again by itself is one look


def init_app(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_write)
    app.teardown_request(_end)


def amounts(*accounts: Account | int, health: bool = False, once: bool = False) -> None:
    """This answer shows amounts of these accounts; with `health` also what the care was, or whose.

    `once`: the page asks again by itself.
    """
    _show("seen.health" if health else "seen.amounts", accounts, once)


def bill(who: Reader, *accounts: Account, once: bool = False) -> None:
    """This answer shows this reader's amounts, and what they pay for as far as the reader may know."""
    amounts(*accounts, health=any(who.may(account, Right.SERVICES) for account in accounts), once=once)


def papers(*accounts: Account | int) -> None:
    """This answer lists papers of these accounts; a paper that is opened has an entry of its own."""
    _show("seen.papers", accounts, False)


def people(*accounts: Account | int) -> None:
    """This answer names who is on these accounts, or who pays for them."""
    _show("seen.people", accounts, False)


def _show(what: str, accounts: tuple[Account | int, ...], once: bool) -> None:
    known = {account if isinstance(account, int) else account.id for account in accounts}
    before = g.setdefault("seen", {})
    before[what] = before.get(what, set()) | known
    g.seen_once = once


def _begin() -> None:
    audit.origin.set(_here)


def _end(error: BaseException | None) -> None:
    audit.origin.set(audit.Origin)


def _here() -> audit.Origin:
    if not has_request_context():
        return audit.Origin()
    session = str(current_user.sign_in.id) if current_user.is_authenticated else ""
    return audit.Origin(request.remote_addr or "", session)


def _write(response: Response) -> Response:
    if _refused(response):
        kind = str(request.blueprint).rpartition(".")[2]
        audit.note(current_user.by, "denied", kind, now(), result=str(response.status_code), detail=_route())
    elif response.status_code not in (NOT_FOUND, 303):
        for what, accounts in g.get("seen", {}).items():
            _look(what, " ".join(f"account:{id}" for id in sorted(accounts)))
    return response


def _refused(response: Response) -> bool:
    """Somebody who is signed in asked for what is not theirs, or not there; an address that no page has is no door.

    Or their browser sent a form that is none of ours, or an old one.
    """
    within = request.url_rule is not None and str(request.blueprint).split(".")[0] in DOORS
    not_theirs = (response.status_code == NOT_FOUND and within) or "forged" in g
    return not_theirs and current_user.is_authenticated


def _look(what: str, subject: str) -> None:
    again = wants_fragment() or g.seen_once
    if subject and not (again and _looked_already(what, subject)):
        audit.note(current_user.by, what, subject, now(), detail=_route())


def _looked_already(what: str, subject: str) -> bool:
    mine = (AuditEntry.session == _here().session) & (AuditEntry.what == what) & (AuditEntry.subject == subject)
    lately = (AuditEntry.detail == _route()) & (AuditEntry.at > now() - ONCE_IN)
    return bool(AuditEntry.select().where(mine & lately).exists())


def _route() -> str:
    """The route, not the address: no key and nothing typed."""
    return f"{request.method} {request.url_rule}"
