"""The first page: what is owed today, and what is on its way."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing import history, outside, papers
from billing.access import Reader, reader
from billing.cards import cards
from billing.figures import AccountFigures
from billing.history import Item
from billing.ledger import account_figures
from choices import PayBy, Right
from identity import setting_up
from models import Account, SavedCard
from money import format_dollars
from views import seen
from views.context import day_of, now, practice, say, today
from views.portal.bill import account_names, leaves, unsure, why_closed

bp = Blueprint("home", __name__)

LAST = 3
SOON = timedelta(days=30)
Notice = tuple[str, str]  # kind, sentence


@bp.get("/")
def show() -> ResponseReturnValue:
    who = reader(current_user.user)
    if not who.links and setting_up.waiting_for(who.user, now()):
        return redirect(url_for("joining.add"), 303)
    if practice().show_balance:
        seen.bill(who, *who.accounts)
    figures = account_figures(who.accounts) if practice().show_balance else {}
    account = _chosen(who.accounts, figures)
    facts = _facts(who, account, figures)
    seen.papers(*(row.account_id for row in facts["papers"]))
    return render_template("portal/home.html", **facts)


def _chosen(accounts: list[Account], figures: dict[int, AccountFigures]) -> Account | None:
    """The account asked for, else the first that owes something, else the first."""
    asked = [account for account in accounts if account.key == request.args.get("account")]
    owing = [account for account in accounts if account.id in figures and figures[account.id].due]
    return next(iter([*asked, *owing, *accounts]), None)


def _facts(who: Reader, account: Account | None, figures: dict[int, AccountFigures]) -> dict[str, Any]:
    mine = figures.get(account.id) if account else None
    closed = why_closed(account) if account else ""
    items = history.history(who.user).items if account else []
    here = [item for item in items if item.account == account and not item.posted]
    return {
        "account": account,
        "accounts": who.accounts,
        "names": account_names(who) if len(who.accounts) > 1 else {},
        "figures": mine,
        "closed": closed,
        "leaves": bool(account and mine and mine.due and leaves(who, account)),
        "may_pay": bool(account and mine and mine.due and not closed and who.may(account, Right.PAY)),
        "unsure": unsure(here) if mine else "",
        "notices": list(_notices(who, account, mine, here)) if account and mine else [],
        "last": items[:LAST] if practice().show_balance else [],
        "papers": list(papers.readable_by(who.user).limit(LAST)),
        "now": now(),
    }


def _notices(who: Reader, account: Account, figures: AccountFigures, sent: Sequence[Item]) -> Iterator[Notice]:
    """Each at most once, what is least certain first; what is not known at all stands above the balance instead."""
    yield from _on_the_way(sent)
    if practice().pay_by == PayBy.OUTSIDE and outside.lately(who.user, account, now()):
        yield "quiet", say("home.external", site=practice().outside_name, days=practice().outside_days)
    for key, cents in (("home.review", figures.held), ("home.ins", figures.pending), ("home.credit", figures.usable)):
        if cents:
            yield "quiet", say(key, amount=format_dollars(cents))
    for card in cards(who.user)[:1]:
        if _runs_out_soon(card):
            yield "warn", say("home.expiring", last4=card.last4)


def _on_the_way(items: Sequence[Item]) -> Iterator[Notice]:
    waiting = [item for item in items if item.state == "waiting"]
    sent = [item for item in items if item not in waiting and not item.unsure]
    for kind, key, some in (("good", "home.recorded", waiting), ("quiet", "home.pending", sent)):
        if some:
            yield kind, say(key, amount=format_dollars(sum(item.amount for item in some)), date=day_of(some[0].at))


def _runs_out_soon(card: SavedCard) -> bool:
    """The card's last day is within a month, and has not passed."""
    last_day = date(card.exp_year, card.exp_month, monthrange(card.exp_year, card.exp_month)[1])
    return timedelta() <= last_day - today() <= SOON
