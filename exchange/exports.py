"""Handing files out: made of what was asked for, written down as handed out, and logged."""

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from peewee import fn

from billing import audit, staffing
from billing.sheets import sheet
from billing.staffing import Act
from billing.stamp import Stamp
from exchange import charges_file, posting_file, quickbooks, transactions_file
from exchange.outgoing import Asked, Sheet
from models import Entry, Exported, Staff, db


class Kind(StrEnum):
    TRANSACTIONS = "transactions"
    POSTING = "posting"
    QUICKBOOKS = "quickbooks"
    CHARGES = "charges"
    BALANCES = "balances"  # made elsewhere, and handed out here


SHEETS: dict[Kind, Callable[[Asked], Sheet]] = {
    Kind.TRANSACTIONS: transactions_file.sheet,
    Kind.POSTING: posting_file.sheet,
    Kind.CHARGES: charges_file.sheet,
}


@dataclass(frozen=True)
class File:
    """`pieces` are made while they are sent."""

    name: str
    mimetype: str
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class Wanted:
    """What of the books to hand out, as a person says it; `since` the last such file instead of some days."""

    kind: Kind
    from_on: date | None = None
    to_on: date | None = None
    posted: bool = False
    names: bool = False
    since: bool = False


def hand_out(wanted: Wanted, staff: Staff, stamp: Stamp, zone: str) -> File:
    """Make the file, and write down who got what; what happens from now on is not in it."""
    with db.atomic():
        asked = _asked(wanted, zone)
        name = "-".join([wanted.kind, *(f"{day}" for day in (asked.from_on, asked.to_on) if day), f"made-{stamp.on}"])
        if wanted.kind == Kind.QUICKBOOKS:
            parts = quickbooks.files(asked)
            count, file = sum(part.count("\r\n") - 1 for part in parts), _as_one(name, parts)
        else:
            found = SHEETS[wanted.kind](asked)
            count, file = found.count, File(f"{name}.csv", "text/csv", map(str.encode, sheet(found.header, found.rows)))
        _write_down(wanted, asked, count, staff, stamp)
    return file


def hand_over(data: bytes, count: int, staff: Staff, stamp: Stamp) -> File:
    """A sealed sheet of what `count` accounts owe today; written down as handed out."""
    with db.atomic():
        _write_down(Wanted(Kind.BALANCES), Asked("", 0), count, staff, stamp)
    return File(f"{Kind.BALANCES}-made-{stamp.on}.sealed", "application/octet-stream", [data])


def latest(count: int) -> list[Exported]:
    """The files handed out last, the newest first, with who got them."""
    return list(Exported.select(Exported, Staff).join(Staff).order_by(Exported.id.desc()).limit(count))


def _asked(wanted: Wanted, zone: str) -> Asked:
    until = Entry.select(fn.COALESCE(fn.MAX(Entry.id), 0)).scalar()
    asked = Asked(zone, until, wanted.from_on, wanted.to_on, wanted.posted, wanted.names)
    if not wanted.since:
        return asked
    last = Exported.select(fn.COALESCE(fn.MAX(Exported.last_entry), 0)).where(Exported.kind == wanted.kind).scalar()
    return replace(asked, from_on=None, to_on=None, after=last)


def _write_down(wanted: Wanted, asked: Asked, count: int, staff: Staff, stamp: Stamp) -> None:
    """How far the ledger had come counts for the next file where this one had all until there, and went to somebody
    who types it in: what an auditor looked at is still to come for the others.
    """
    counts = wanted.since and staffing.may(staff, Act.POST)
    Exported.create(
        kind=wanted.kind, from_on=asked.from_on, to_on=asked.to_on, rows=count, by=staff, at=stamp.at,
        last_entry=asked.until if counts else 0,
    )  # fmt: skip
    days = (f"{name}={day}" for name, day in (("from", asked.from_on), ("to", asked.to_on)) if day)
    ticks = (name for name in ("posted", "names", "since") if getattr(wanted, name))
    audit.note(stamp.by, f"export.{wanted.kind}", "", stamp.at, result=str(count), detail=" ".join([*days, *ticks]))


def _as_one(name: str, parts: list[str]) -> File:
    """One file as it is, several in a ZIP."""
    if len(parts) == 1:
        return File(f"{name}.csv", "text/csv", [parts[0].encode()])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, part in enumerate(parts, 1):
            archive.writestr(f"{name}-{number}.csv", part)
    return File(f"{name}.zip", "application/zip", [packed.getvalue()])
