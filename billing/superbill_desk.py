"""Superbills as staff has them: of clients whose care they may read, made and corrected only where they decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from billing import messages, papers, staffing, superbill_age, superbills
from billing.access import patients, users_with
from billing.stamp import Stamp
from billing.superbills import Wanted
from choices import DocumentType, Right
from models import Account, AccountClient, Client, Document, Staff, db

PER_PAGE = 25


@dataclass(frozen=True)
class Issued:
    """One page, the newest first; `stale` are all that are out of date and not replaced yet, the oldest first."""

    rows: list[Document]
    page: int
    last: int
    stale: list[Document]
    replaced: dict[int, Document]


def issued(staff: Staff, now: datetime, page: int = 1, account: Account | None = None) -> Issued:
    """The superbills this person may read now, all or those of one account."""
    mine = _of(staff, now) & (Document.account == account if account else True)
    found = Document.select().where(mine).order_by(Document.issued_at.desc(), Document.id.desc())
    last = max(1, -(-found.count() // PER_PAGE))
    page = min(max(1, page), last)
    rows = list(found.paginate(page, PER_PAGE))
    stale = (
        Document.select().where(mine & Document.id.in_(superbill_age.live_out_of_date())).order_by(Document.issued_at)
    )
    return Issued(rows, page, last, list(stale), papers.replaced_by(rows))


def find(staff: Staff, key: str, now: datetime) -> Document:
    """One of them by its public key; `DoesNotExist` for any other."""
    found: Document = Document.select().where(_of(staff, now) & (Document.key == key)).get()
    return found


def may_correct(staff: Staff, document: Document) -> bool:
    """Whether this person decides about the client: an emergency opens a paper to be read, not to be replaced."""
    return staffing.own_panel(staff).has(document.client)


def pairs(staff: Staff, account: Account) -> list[tuple[Account, Client]]:
    """The account with each of its clients about whom this person decides."""
    panel = staffing.own_panel(staff)
    rows = AccountClient.select(AccountClient, Client).join(Client).where(AccountClient.account == account)
    return [(account, row.client) for row in rows.order_by(AccountClient.id) if panel.has(row.client)]


def make(wanted: Wanted, stamp: Stamp) -> Document:
    """`superbills.issue` for staff; the notice goes out where it is a new paper.

    Raises:
        CannotMake: as `superbills.issue`.
    """
    with db.atomic():
        last = Document.select(fn.COALESCE(fn.MAX(Document.id), 0)).scalar()
        made = superbills.issue(None, wanted, stamp)
        return _told(made, stamp) if made.id > last else made


def correct(document: Document, stamp: Stamp) -> Document:
    """`superbills.correct`, and a neutral notice to each login that may open it.

    Raises:
        CannotMake: as `superbills.correct`.
    """
    with db.atomic():
        return _told(superbills.correct(document, stamp), stamp)


def _told(made: Document, stamp: Stamp) -> Document:
    for user in users_with(Right.SUPERBILLS, made.account):
        if (made.account, made.client) in patients(user):
            messages.tell_of_paper(user, stamp.at)
    return made


def _of(staff: Staff, now: datetime) -> Any:
    clients = staffing.panel(staff, now).clients
    mine = Document.type == DocumentType.SUPERBILL
    return mine if clients is None else mine & Document.client.in_(clients)
