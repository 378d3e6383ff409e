"""Which login may do what on which account. Two questions, always asked apart: who pays, and who sees health details.

A role says what a link may be at most; a person of the practice decides how much of it. Rights are read anew with
every request (`billing.access`), so a change works at once in every open session. Whatever acts for a user later, by
itself, must begin at `billing.access.live_links` when it acts: then it stops with the link. Cards are the user's own.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

from billing import audit
from billing.access import OUTSIDERS
from billing.errors import BillingError, given
from billing.formats import FieldRefused, line
from choices import AccountKind, LinkRole, Right
from identity.whose import name
from models import Account, AccountClient, Charge, Client, Link, Practice, Staff, User, db
from words import local_day

BALANCE, PAY, SERVICES, PROVIDER, BILLS, SUPERBILLS, LINKS = Right
OF_MONEY = frozenset({BALANCE, PAY})
OF_VISITS = frozenset({SERVICES, PROVIDER, BILLS})
ALL_BUT_LINKS = OF_MONEY | OF_VISITS | {SUPERBILLS}
# What a role may be given at most. The law of the house: who only pays learns nothing of the care.
MOST: dict[LinkRole, frozenset[Right]] = {
    LinkRole.SELF: ALL_BUT_LINKS | {LINKS},
    LinkRole.REPRESENTATIVE: ALL_BUT_LINKS,
    LinkRole.PARTNER: ALL_BUT_LINKS,
    LinkRole.GUARANTOR: OF_MONEY,
    LinkRole.MINOR: ALL_BUT_LINKS,
}
ONESELF = (LinkRole.SELF, LinkRole.MINOR)
LONGEST = 200


class Money(StrEnum):
    """The answer to "Who pays?"."""

    PAYS = "pays"
    SEES = "sees"  # what is owed, without paying it
    NOTHING = "nothing"


class Health(StrEnum):
    """The answer to "Who may see health details?"."""

    NOTHING = "nothing"
    VISITS = "visits"  # what, when, with whom, and the bills for it
    SUPERBILLS = "superbills"  # and papers with diagnoses


class LinkRefused(BillingError):
    """Such a link may not be; `key` says why."""


def default_rights(role: LinkRole, account: Account, client: Client | None = None) -> tuple[Right, ...]:
    """What a role brings when nobody restricts it. `client` is whom the user is, if one of the account's."""
    if role == LinkRole.GUARANTOR:
        return rights_for(role, account, Money.PAYS, Health.NOTHING)
    patient = role != LinkRole.PARTNER or client is not None
    money = Money.NOTHING if role == LinkRole.MINOR else Money.PAYS
    return rights_for(role, account, money, Health.SUPERBILLS if patient else Health.VISITS)


def rights_for(role: LinkRole, account: Account, money: Money, health: Health) -> tuple[Right, ...]:
    """The rights that these two answers come to; an adult client who sees visits may also end others' links."""
    found: set[Right] = set()
    found |= {Money.PAYS: OF_MONEY, Money.SEES: {BALANCE}, Money.NOTHING: set()}[money]
    found |= set() if health == Health.NOTHING else OF_VISITS
    found |= {SUPERBILLS} if health == Health.SUPERBILLS else set()
    own = role == LinkRole.SELF and account.kind != AccountKind.JOINT and health != Health.NOTHING
    return in_order(found | ({LINKS} if own else set()))


def money_of(rights: Iterable[str]) -> Money:
    if PAY in rights:
        return Money.PAYS
    return Money.SEES if BALANCE in rights else Money.NOTHING


def health_of(rights: Iterable[str]) -> Health:
    """The widest view that these rights open."""
    if SUPERBILLS in rights:
        return Health.SUPERBILLS
    return Health.VISITS if OF_VISITS & {*rights} else Health.NOTHING


def own_client(account: Account, role: LinkRole) -> Client | None:
    """Whom a user is who comes as the client of an account with one client only; otherwise it must be said."""
    clients = clients_of(account)
    return clients[0] if role in ONESELF and len(clients) == 1 else None


def is_another(email: str, role: LinkRole, client: Client | None) -> bool:
    """Whether the login with this address, come as `client`, is already a client of another name: one is one person."""
    if role not in ONESELF or client is None:
        return False
    own = Link.select(Link, Client).join(Client).switch(Link).join(User)
    found = own.where(User.email == email.lower(), Link.role.in_(ONESELF), Link.ended_at.is_null())
    return any(link.client.name.casefold() != client.name.casefold() for link in found)


def clients_of(account: Account) -> list[Client]:
    rows = Client.select().join(AccountClient).where(AccountClient.account == account)
    return list(rows.order_by(AccountClient.id))


def check(account: Account, role: LinkRole, rights: Iterable[Right], client: Client | None) -> None:
    """Raises LinkRefused with the first reason why such a link may not be; `field` is the question it belongs to."""
    for field, key in _reasons(account, role, {*rights}, client):
        raise LinkRefused(key, field=field)


def check_basis(text: str) -> str:
    """Why this person may, as it is kept: a custody order, the client's word. Raises LinkRefused, FieldRefused."""
    if not text.strip():
        raise LinkRefused("pr.link.err.basis", field="basis")
    try:
        return line(LONGEST)(text)
    except FieldRefused as refused:
        refused.field = "basis"
        raise


def link(
    user: User, account: Account, role: LinkRole, rights: Iterable[Right], basis: str, by: Staff, now: datetime,
    ip: str = "", *, client: Client | None = None,
) -> Link:  # fmt: skip
    """Let `user` do this much on `account` from now on. `client` is whom they are, or stand for among several.

    Raises LinkRefused: such a link may not be, or they have one of this role already.
    """
    rights = in_order(rights)
    client = client or own_client(account, role)
    with db.atomic("IMMEDIATE"):
        check(account, role, rights, client)
        if _live(user, account, role):
            raise LinkRefused("pr.link.err.twice")
        made = Link.create(
            user=user, account=account, client=client, role=role, rights=rights, basis=basis, approved_by=by,
            from_on=local_day(now, Practice.the().time_zone),
        )  # fmt: skip
        told = f"user:{user.id} account:{account.id} {role}: {' '.join(rights)}"
        audit.note(name(by), "link.made", subject(made), now, ip=ip, detail=told)
    return made


def change(link: Link, rights: Iterable[Right], client: Client | None, by: Staff, now: datetime, ip: str = "") -> Link:
    """Give a live link other rights, from the next request on. Raises LinkRefused."""
    rights = in_order(rights)
    with db.atomic("IMMEDIATE"):
        kept = Link.get_by_id(link.id)
        if kept.ended_at:
            raise LinkRefused("pr.link.err.ended")
        check(kept.account, kept.role, rights, client)
        told = f"{' '.join(kept.rights)} -> {' '.join(rights)}"
        kept.rights, kept.client = rights, client
        kept.save(only=[Link.rights, Link.client])
        audit.note(name(by), "link.changed", subject(kept), now, ip=ip, detail=told)
    return kept


def end(link: Link, by: Staff | User | None, now: datetime, ip: str = "", reason: str = "") -> None:
    """End a link at once; ending it twice changes nothing. `by` is None when no person did it, and `reason` then a word
    of ours, which the log may hold.

    Raises ReasonMissing, FieldRefused: staff say why.
    """
    said = _reason(reason) if isinstance(by, Staff) else ""
    with db.atomic("IMMEDIATE"):
        live = (Link.id == link.id) & Link.ended_at.is_null()
        if Link.update(ended_at=now, ended_because=said).where(live).execute():
            by_whom = name(by) if by else "system"
            audit.note(by_whom, "link.ended", subject(link), now, ip=ip, reason="" if by else reason)
    link.ended_at = Link.get_by_id(link.id).ended_at


def subject(link: Link) -> str:
    """As the log names it."""
    return f"link:{link.id}"


def in_order(rights: Iterable[str]) -> tuple[Right, ...]:
    """Each right once, as the enumeration has them. Raises ValueError for another word."""
    found = {Right(word) for word in rights}
    return tuple(right for right in Right if right in found)


def _reasons(account: Account, role: LinkRole, rights: set[Right], client: Client | None) -> Iterator[tuple[str, str]]:
    """Field and catalogue key of everything that is wrong."""
    yield from _about_role(account, role, rights)
    if not rights:
        yield "money", "pr.link.err.nothing"
    if PAY in rights and BALANCE not in rights:
        yield "money", "pr.link.err.balance"
    if SUPERBILLS in rights and not rights >= OF_VISITS:
        yield "health", "pr.link.err.superbills"
    if client and client not in clients_of(account):
        yield "client", "pr.link.err.client"
    if role == LinkRole.PARTNER and SUPERBILLS in rights and not client:
        yield "client", "pr.link.err.patient"


def _about_role(account: Account, role: LinkRole, rights: set[Right]) -> Iterator[tuple[str, str]]:
    if role == LinkRole.GUARANTOR and not rights <= MOST[role]:
        yield "health", "pr.link.err.guarantor"
    if role == LinkRole.GUARANTOR and PAY not in rights:
        yield "money", "pr.link.err.payer"
    if LINKS in rights and (role != LinkRole.SELF or account.kind == AccountKind.JOINT):
        yield "role", "pr.link.err.links"
    if role == LinkRole.PARTNER and account.kind != AccountKind.JOINT:
        yield "role", "pr.link.err.partner"
    if role in OUTSIDERS and Charge.select().where((Charge.account == account) & Charge.confidential).exists():
        yield "role", "pr.link.err.confidential"


def _live(user: User, account: Account, role: LinkRole) -> bool:
    same = (Link.user == user) & (Link.account == account) & (Link.role == role) & Link.ended_at.is_null()
    return bool(Link.select().where(same).exists())


def _reason(reason: str) -> str:
    try:
        return line(LONGEST)(given(reason))
    except FieldRefused as refused:
        refused.field = "reason"
        raise
