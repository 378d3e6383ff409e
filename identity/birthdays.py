"""A client who turns 18 decides alone from that day on: whoever stood for them no longer sees the account.

Birth dates are kept encrypted, so they are compared here and not in the database. A link made on the birthday or
later was a person's decision with that knowledge, for a guardian or for younger brothers and sisters; it stays.
"""

from datetime import date, datetime

from billing.tasks import raise_task
from choices import LinkRole
from identity import invites, links
from models import Account, Client, Invite, Link, Practice, db
from words import local_day

GROWN_UP = 18
TASK = "task.adult"


def eighteenth(born: date) -> date:
    """The birthday; someone born on February 29 has it on March 1, since no year 18 later is a leap year."""
    if (born.month, born.day) == (2, 29):
        return date(born.year + GROWN_UP, 3, 1)
    return born.replace(year=born.year + GROWN_UP)


def is_grown_up(client: Client, on: date) -> bool:
    """Whether the practice knows that this client is 18 or older."""
    return client.date_of_birth is not None and eighteenth(client.date_of_birth) <= on


def end_representation(now: datetime) -> int:
    """End what representatives have on accounts of clients who turned 18; safe to run again. Returns how many."""
    zone = Practice.the().time_zone
    today, ended = local_day(now, zone), 0
    for link in Link.select(Link, Account).join(Account).where(_stands_for(Link), Link.ended_at.is_null()):
        grown = _grown_since(link.account, _decided_on(link, zone), today)
        if grown:
            _end(link, grown, now)
            ended += 1
    for invite in Invite.select().where(_stands_for(Invite), invites.live(now)):
        grown = _grown_since(invite.account, local_day(invite.created_at, zone), today)
        if grown:
            invites.end(invite, "system", now, reason=TASK)  # it would make the link anew
            ended += 1
    return ended


def _decided_on(link: Link, zone: str) -> date:
    """The day on which staff decided it: an invitation may be of the day before the birthday, and used on it."""
    invite = Invite.get_or_none(Invite.link == link)
    return local_day(invite.created_at, zone) if invite else link.from_on


def _stands_for(table: type[Link] | type[Invite]) -> object:
    return table.role == LinkRole.REPRESENTATIVE


def _grown_since(account: Account, since: date, today: date) -> list[Client]:
    """The account's clients who turned 18 after the day `since`."""
    dated = [client for client in links.clients_of(account) if client.date_of_birth]
    return [client for client in dated if since < eighteenth(client.date_of_birth) <= today]


def _end(link: Link, grown: list[Client], now: datetime) -> None:
    """The link and the task that asks for the client's own sign-in come together."""
    with db.atomic("IMMEDIATE"):
        links.end(link, None, now, reason=TASK)
        initials = ", ".join(f"{client.first_name[:1]}. {client.last_name[:1]}." for client in grown)
        raise_task(TASK, now, account=link.account, detail=initials)
