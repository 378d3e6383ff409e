"""Numbered papers: one gapless sequence per type and year, facts frozen at issue, corrections by a new number.

A paper is a frozen dataclass of plain values. `issue` gives it its number and writes it down once; what is drawn
later, on screen or as PDF, is drawn from what was written.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import reduce
from operator import or_
from typing import Any

from peewee import Value, fn

from billing.access import last_links, live_links, patients
from billing.stamp import Stamp
from choices import PREFIXES, DocumentType, EntryKind, Right
from fields import canonical_json
from models import (
    Account,
    AccountClient,
    Charge,
    Client,
    Document,
    DocumentCharge,
    DocumentPayment,
    Entry,
    Link,
    Payment,
    Practice,
    User,
    db,
)
from words import say

WITH_BILLS = (DocumentType.INVOICE, DocumentType.RECEIPT, DocumentType.STATEMENT)
WITH_SUPERBILLS = (DocumentType.SUPERBILL, DocumentType.ESTIMATE)


@dataclass(frozen=True)
class Letterhead:
    """Who the paper is from, as it stood at issue."""

    name: str
    address: tuple[str, ...]
    phone: str


@dataclass(frozen=True)
class Earlier:
    """The paper that this one names: the corrected one, or the receipt a refund belongs to."""

    number: str
    issued_at: datetime


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What every paper says. `number` and `issued_at` are filled in by `issue`; a preview has none."""

    letterhead: Letterhead
    zone: str  # of every instant on the paper
    language: str
    number: str = ""
    issued_at: datetime | None = None
    replaces: Earlier | None = None


def letterhead(practice: Practice) -> Letterhead:
    return Letterhead(practice.name, address_lines(practice), practice.phone)


def address_lines(place: Practice | Client | Account) -> tuple[str, ...]:
    """Street, second line, then "City, ST 00000"; what is empty is left out."""
    town = ", ".join(part for part in (place.city, f"{place.state} {place.zip}".strip()) if part)
    return tuple(line for line in (place.line1, place.line2, town) if line)


def language_of(account: Account) -> str:
    """The language of the account's first client."""
    first = Client.select().join(AccountClient).where(AccountClient.account == account).order_by(AccountClient.id)
    return next((client.language for client in first.limit(1)), "en")


def issue(
    paper: Paper,
    type: DocumentType,
    stamp: Stamp,
    *,
    charges: Iterable[Charge] = (),
    payments: Iterable[Payment] = (),
    replaces: Document | None = None,
    serial: int = 0,
    **facts: Any,
) -> Document:
    """Number `paper` and write it down, in the transaction of the caller, so that no number is ever skipped.

    Args:
        charges, payments: what the paper lists.
        replaces: the paper this one corrects.
        serial: the number to use instead of the next one, for papers issued elsewhere before.
        facts: columns of `Document`: account, client, user …
    """
    with db.atomic():
        serial = serial or _next_serial(type, stamp.on.year)
        number = f"{PREFIXES[type]}-{stamp.on.year}-{serial:06d}"
        named = Earlier(replaces.number, replaces.issued_at) if replaces else None
        data = frozen(replace(paper, number=number, issued_at=stamp.at, replaces=named))
        document = Document.create(
            type=type, year=stamp.on.year, serial=serial, issued_at=stamp.at, language=paper.language,
            data=data, data_sha256=digest(data), replaces=replaces, **facts,
        )  # fmt: skip
        _list_on(document, DocumentCharge, "charge", charges)
        _list_on(document, DocumentPayment, "payment", payments)
    return document


def frozen(paper: Paper) -> dict[str, Any]:
    """The paper as it is written down and read back: dates as ISO text, instants as UTC."""
    plain = asdict(paper, dict_factory=lambda pairs: {name: _plain(value) for name, value in pairs})
    written: dict[str, Any] = json.loads(canonical_json(plain))
    return written


def digest(data: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def live(type: DocumentType) -> Any:
    """Ids of the papers of this type that no later paper replaces, as a query."""
    return Document.select(Document.id).where(is_live(type))


def is_live(type: DocumentType) -> Any:
    """The same as a condition on `Document`, for queries that join it."""
    later = Document.alias()
    replaced = later.select(later.id).where(later.replaces == Document.id)
    return (Document.type == type) & ~fn.EXISTS(replaced)


def replaced_by(documents: Iterable[Document]) -> dict[int, Document]:
    """Document id -> the paper that replaces it, for those that have one."""
    later = Document.select().where(Document.replaces.in_([document.id for document in documents]))
    return {document.replaces_id: document for document in later}


def readable_by(user: User, *types: DocumentType) -> Any:
    """The papers `user` may open, newest first: by the rights of live links, and the receipts of own payments.

    Where a link has ended, or confidential care has shut it, the receipts given until then stay; what comes later
    speaks of what is no longer theirs.

    `types` are named here and not by the caller's `where`, which would have SQLite read all papers of a type.
    """
    asked = types or tuple(DocumentType)
    links = live_links(user)
    bills = [link.account_id for link in links if link.allows(Right.BILLS)]
    own = Document.type.in_({DocumentType.RECEIPT} & {*asked}) & (Document.user == user) & _kept_by(user, links)
    theirs = Document.type.in_({*WITH_BILLS} & {*asked}) & Document.account.in_(bills)
    health = Document.type.in_({*WITH_SUPERBILLS} & {*asked}) & _about(patients(user))
    return Document.select().where(own | theirs | health).order_by(Document.issued_at.desc(), Document.id.desc())


def may_see_labels(user: User, document: Document) -> bool:
    """Whether this reader is shown services and names on this paper.

    A superbill has a right of its own. A receipt whose link has ended stays as it was last seen.
    """
    if document.type in WITH_SUPERBILLS:
        return True
    return any(link.allows(Right.SERVICES) for link in last_links(user, document.account_id))


def without_labels(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same paper for a reader without the services right: dates and amounts, no service and no name."""
    visit = say("sel.visit", data["language"])
    lines = [line | {"label": visit, "client": "", "notes": []} for line in data["lines"]]
    return {**data, "lines": lines, "bill_to": ""}


def _kept_by(user: User, live: Iterable[Link]) -> Any:
    """Of live accounts, or issued before the last link to the account ended, or before confidential care shut it."""
    mine = (Link.user == user) & (Link.account == Document.account)
    until = Link.select(fn.MAX(Link.ended_at)).where(mine)
    care = (Charge.account == Document.account) & Charge.confidential & (Entry.kind == EntryKind.CHARGE)
    first = Entry.select(fn.MIN(Entry.at)).join(Charge).where(care)
    shut = fn.EXISTS(Link.select(Link.id).where(mine & Link.ended_at.is_null()))
    kept = (Document.issued_at <= until) | (shut & (Document.issued_at < first))
    return Document.account.in_([link.account_id for link in live]) | kept


def _about(pairs: Iterable[tuple[Account, Client]]) -> Any:
    """Of one of these accounts and the client beside it."""
    each = ((Document.account == account) & (Document.client == client) for account, client in pairs)
    return reduce(or_, each, Value(False))


def _next_serial(type: DocumentType, year: int) -> int:
    given = (Document.type == type) & (Document.year == year)
    last = Document.select(fn.COALESCE(fn.MAX(Document.serial), 0)).where(given).scalar()
    return int(last) + 1


def _list_on(document: Document, table: type[Any], column: str, rows: Iterable[Any]) -> None:
    for row in rows:
        table.create(document=document, **{column: row})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
