"""What is owed as one reader may see it: a group per account, a list per person, a row per charge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from billing import carts, history
from billing.access import Reader, reader
from billing.carts import Choice
from billing.errors import BillingError
from billing.figures import AccountFigures, ChargeFigures
from billing.history import Item
from billing.ledger import account_figures, charge_figures
from billing.switch import OUTSIDE, closed
from choices import Right
from models import Account, AccountClient, Charge, Client, User
from money import Cents, format_dollars
from views import seen
from views.context import language, now, practice, say

PER_PAGE = 50
WHY_NOT = {
    "review": "sel.row.review",
    "insurance": "sel.row.ins",
    "in_flight": "sel.row.inflight",
    "recorded": "sel.row.recorded",
}


@dataclass(frozen=True)
class Row:
    """One charge. `why` is the sentence why it cannot be picked, or empty."""

    charge: Charge
    label: str
    who: str  # the provider, for readers with that right
    person: str  # the client's first name, for readers with the services right
    cents: Cents
    whole: Cents  # what it was before a part was paid; 0 when nothing was
    why: str
    pickable: bool


@dataclass(frozen=True)
class Group:
    """One account's rows on this page. Figures and `count` are of the whole account."""

    number: int
    account: Account
    name: str
    figures: AccountFigures
    closed: str  # the sentence why nothing can be paid, or empty
    may_pay: bool
    leaves: bool  # pays on the practice's page outside
    count: int
    rows: Sequence[Row]

    @property
    def payable(self) -> Cents:
        """What "Pay all" takes; 0 when nothing can be paid here now."""
        return self.figures.payable if self.may_pay and not self.closed else 0

    @property
    def due(self) -> Cents:
        return self.figures.due if self.payable else 0

    @property
    def usable(self) -> Cents:
        """Credit that could pay for something now."""
        return min(self.figures.usable, self.payable)

    @property
    def people(self) -> list[tuple[str, list[Row]]]:
        """The rows under each person's first name."""
        ordered = sorted(self.rows, key=lambda row: row.person)
        return [(person, list(rows)) for person, rows in groupby(ordered, key=lambda row: row.person)]


def account_names(who: Reader) -> dict[int, str]:
    """Account id -> the people it is for, or its number for a reader who may not know who they are."""
    seen = [account.id for account in who.accounts if who.may(account, Right.SERVICES)]
    query = AccountClient.select(AccountClient.account, Client.first_name).join(Client)
    people: dict[int, list[str]] = {}
    for account_id, first_name in query.where(AccountClient.account.in_(seen)).order_by(Client.first_name).tuples():
        people.setdefault(account_id, []).append(first_name)
    return {account.id: _name(account, people.get(account.id, [])) for account in who.accounts}


def why_closed(account: Account | None) -> str:
    """The sentence why nobody can pay this account now, or empty."""
    key = closed(practice(), account, now())
    return say(key, site=practice().outside_name) if key else ""


def leaves(who: Reader, account: Account) -> bool:
    """Whether this person pays for this account on the practice's page outside."""
    return who.may(account, Right.PAY) and closed(practice(), account, now()) == OUTSIDE


def unsure(items: Iterable[Item]) -> str:
    """The sentence while nobody knows whether some of these payments went through, or empty."""
    amounts = [item.amount for item in items if item.unsure]
    return say("dec.unknown", amount=format_dollars(sum(amounts))) if amounts else ""


def shown(user: User, page: int) -> dict[str, Any]:
    """What the list shows on one page; sums and "all" are of everything, not of the page."""
    who = reader(user)
    charges = charge_figures(who.accounts, unfinished=True) if practice().show_balance else []
    last_page = max(1, ceil(len(charges) / PER_PAGE))
    page = min(max(1, page), last_page)
    charges.sort(key=lambda each: each.charge.account.number)
    seen.bill(who, *{each.charge.account for each in charges})
    wanted = charges[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {
        "groups": _groups(who, charges, wanted),
        "page": page,
        "last_page": last_page,
        "linked": who.accounts,
        "unsure": unsure(history.unposted(who)) if practice().show_balance else "",
    }


def picked(user: User, choice: Choice) -> tuple[int, Cents]:
    """How many charges a choice picks, and their sum in cents; nothing when it cannot be paid."""
    try:
        cart = carts.cart(user, choice)
    except BillingError:
        return 0, 0
    seen.amounts(cart.account)
    return len(cart.lines), cart.total


def _name(account: Account, people: list[str]) -> str:
    if people:
        return say("home.for", first_name=", ".join(people))
    return say("home.account", number=account.number)


def _groups(who: Reader, charges: Iterable[ChargeFigures], wanted: Iterable[ChargeFigures]) -> list[Group]:
    figures = account_figures(who.accounts)
    names = account_names(who)
    counts: dict[int, int] = {}
    for each in charges:
        counts[each.charge.account_id] = counts.get(each.charge.account_id, 0) + (each.payable > 0)
    by_account = groupby(wanted, key=lambda each: each.charge.account)
    return [
        Group(
            number, account, names[account.id], figures[account.id], why_closed(account),
            who.may(account, Right.PAY), leaves(who, account), counts[account.id], [_row(who, each) for each in rows],
        )
        for number, (account, rows) in enumerate(by_account, start=1)
    ]  # fmt: skip


def before_parts(each: ChargeFigures) -> Cents:
    """The client's whole part, for a charge of which something is paid or on its way and something is left; else 0."""
    return each.client if 0 < each.payable < each.client else 0


def _row(who: Reader, each: ChargeFigures) -> Row:
    charge = each.charge
    payable = each.payable > 0
    return Row(
        charge=charge,
        label=who.charge_label(charge, language()),
        who=who.provider_name(charge),
        person=who.client_name(charge),
        cents=each.payable if payable else each.open or each.pending,
        whole=before_parts(each),
        why=say(WHY_NOT[each.state]) if each.state in WHY_NOT else "",
        pickable=payable and who.may(charge.account_id, Right.PAY),
    )
