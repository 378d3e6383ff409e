"""The practice's menu: one table, of which everyone sees what their role may open."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import current_app, g
from flask_login import current_user

from billing import inbox, staffing
from views.context import now


@dataclass(frozen=True)
class Screen:
    """One line. `tab` is what the screen's page calls itself, `icon` a name of `_macros/icons.html`, `word` a key."""

    tab: str
    endpoint: str
    icon: str
    word: str


@dataclass(frozen=True)
class Group:
    """Screens under one heading, a key; the daily ones stand without."""

    word: str
    screens: tuple[Screen, ...]


MENU = (
    Group("", (
        Screen("today", "practice.today.show", "home", "pr.nav.today"),
        Screen("inbox", "practice.inbox.index", "inbox", "pr.inbox.h1"),
        Screen("tasks", "practice.tasks.index", "warn", "pr.tasks.h1"),
        Screen("payments", "practice.payments.index", "coins", "pr.nav.transactions"),
        Screen("posting", "practice.posting.index", "check", "pr.post.h1"),
        Screen("accounts", "practice.accounts.index", "people", "pr.nav.accounts"),
        Screen("services", "practice.services.index", "care", "pr.nav.services"),
        Screen("papers", "practice.papers.index", "paper", "pr.nav.documents"),
        Screen("superbills", "practice.superbills.index", "out", "pr.sb.h1"),
    )),
    Group("pr.menu.money", (
        Screen("deposits", "practice.deposits.index", "bank", "pr.rec.h1"),
        Screen("credits", "practice.credits.index", "undo", "pr.credit.h1"),
        Screen("disputes", "practice.disputes.index", "quiet", "pr.dispute.h1"),
        Screen("reports", "practice.reports.index", "chart", "pr.nav.reports"),
    )),
    Group("pr.menu.clients", (
        Screen("links", "practice.links.index", "link", "pr.link.nav"),
        Screen("share", "practice.share.show", "out", "pr.menu.share"),
        Screen("glass", "practice.glass.index", "key", "pr.nav.glass"),
    )),
    Group("pr.menu.files", (
        Screen("imports", "practice.imports.index", "up", "pr.import.h1"),
        Screen("exports", "practice.exports.index", "down", "pr.menu.exports"),
    )),
    Group("pr.menu.practice", (
        Screen("fees", "practice.fees.index", "paper", "pr.menu.fees"),
        Screen("switch", "practice.switch.show", "switch", "pr.nav.switch"),
        Screen("providers", "practice.providers.index", "care", "look.providers"),
        Screen("staff", "practice.staff.index", "person", "pr.nav.staff"),
        Screen("settings", "practice.settings.show", "gear", "pr.nav.settings"),
        Screen("audit", "practice.audit.index", "clock", "pr.audit.h1"),
        Screen("security", "practice.security.show", "lock", "acct.signin"),
    )),
    Group("", (Screen("help", "practice.help.show", "help", "help.nav"),)),
)  # fmt: skip


def groups() -> list[Group]:
    """What this person may open now, without groups that are empty for them."""
    found = (Group(group.word, tuple(_open(group))) for group in MENU)
    return [group for group in found if group.screens]


def may_open(endpoint: str) -> bool:
    """Whether the portal has this screen, and this person may open it: the view itself says for whom it is."""
    view: Any = current_app.view_functions.get(endpoint)
    return view is not None and staffing.may(current_user.staff, view.act)


def facts() -> dict[str, Any]:
    """For templates: `menu()` with its groups, `may_open("practice.tasks.index")`, and `unread()`."""
    return {"menu": groups, "may_open": may_open, "unread": unread}


def unread() -> int:
    """How many news wait for this person, counted once per request."""
    if "unread" not in g:
        g.unread = inbox.unread(current_user.staff, now())
    count: int = g.unread
    return count


def _open(group: Group) -> Iterator[Screen]:
    return (screen for screen in group.screens if may_open(screen.endpoint))
