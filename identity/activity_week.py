"""The week's review of the activity log: what is unusual first, then everything by kind."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from peewee import fn

from billing.audit import note
from billing.tasks import raise_task
from identity.activity import GROUPS, OTHER, Line, group_of, lines, within
from models import AuditEntry, Staff, Task, db

WEEK = timedelta(days=7)
REVIEWED, TASK = "log.reviewed", "task.log_review"
LISTED = 8
NIGHT_FROM, NIGHT_TO = 22, 6  # hours of the practice's clock
REFUSED_AT_DOOR = ("sign_in", "second_step", "step_up", "passkey_copied", "invite.check")
PEOPLE = ("link.", "invite.made", "staff.", "email.", "phone.", "reenrol.", "reset.")


@dataclass(frozen=True)
class Tally:
    """The same thing several times: from one address, at one route, by one person."""

    who: str
    what: str
    times: int


@dataclass(frozen=True)
class Unusual:
    """One kind of thing worth a look: how often, the newest of it or a count of it, and which filter shows all."""

    key: str
    count: int
    lines: list[Line]
    tallies: list[Tally]
    group: str


@dataclass(frozen=True)
class Week:
    """Seven days up to now."""

    since: datetime
    until: datetime
    unusual: list[Unusual]
    counts: list[tuple[str, int]]


def week(now: datetime, zone: str, language: str) -> Week:
    """What happened in the seven days before `now`; kinds that have nothing are left out of `unusual`."""
    recent = AuditEntry.at > now - WEEK
    found = [*_tallied(recent, language), *_listed(recent, language), _night(recent, zone, language)]
    return Week(now - WEEK, now, [each for each in found if each.count], _counts(recent))


def last_review() -> AuditEntry | None:
    found: AuditEntry | None = (
        AuditEntry.select().where(AuditEntry.what == REVIEWED).order_by(AuditEntry.id.desc()).first()
    )
    return found


def is_due(now: datetime) -> bool:
    """Nobody looked for seven days, or ever since the log began a week ago."""
    since = last_review() or AuditEntry.select().order_by(AuditEntry.id).first()
    return since is not None and now - since.at >= WEEK


def review(by: Staff, now: datetime) -> None:
    """This person looked through the week; what asked for it is done."""
    with db.atomic():
        note(f"staff:{by.id}", REVIEWED, "", now)
        Task.update(done_at=now).where(Task.kind == TASK, Task.done_at.is_null()).execute()


def remind(now: datetime) -> int:
    """Put the review on the list of tasks once it is due; returns 1 then."""
    if not is_due(now):
        return 0
    raise_task(TASK, now)
    return 1


def _counts(recent: Any) -> list[tuple[str, int]]:
    totals = Counter[str]()
    for what, times in AuditEntry.select(AuditEntry.what, fn.COUNT()).where(recent).group_by(AuditEntry.what).tuples():
        totals[group_of(what)] += times
    return [(group, totals[group]) for group in (*GROUPS, OTHER) if totals[group]]


def _tallied(recent: Any, language: str) -> Iterator[Unusual]:
    """What is better counted than listed: by address, and by person and route."""
    yield _tally("signins", recent & _refused(), (AuditEntry.ip, AuditEntry.what), "entry", language)
    yield _tally(
        "denied", recent & (AuditEntry.what == "denied"), (AuditEntry.by, AuditEntry.detail), "denied", language
    )


def _tally(key: str, which: Any, by: tuple[Any, Any], group: str, language: str) -> Unusual:
    rows = AuditEntry.select(*by, fn.COUNT().alias("times"), fn.MAX(AuditEntry.id).alias("newest")).where(which)
    rows = list(rows.group_by(*by).order_by(fn.COUNT().desc()).tuples())
    newest = {row.entry.id: row for row in _of([newest for *_, newest in rows[:LISTED]], language)}
    tallies = [_counted(key, newest[id], first, second, times) for first, second, times, id in rows[:LISTED]]
    return Unusual(key, sum(times for _, _, times, _ in rows), [], tallies, group)


def _counted(key: str, line: Line, first: str, second: str, times: int) -> Tally:
    return Tally(line.who, second, times) if key == "denied" else Tally(first, line.told, times)


def _listed(recent: Any, language: str) -> Iterator[Unusual]:
    people = reduce(or_, (AuditEntry.what.startswith(first) for first in PEOPLE))
    refunds = AuditEntry.what.in_(["refund.ask", "refund.approve"])
    exports = within("exports") | (AuditEntry.what == "log.export")
    for key, which, group in (
        ("glass", within("glass"), "glass"), ("exports", exports, "exports"), ("people", people, "people"),
        ("settings", within("settings"), "settings"), ("refunds", refunds, "money"),
    ):  # fmt: skip
        ids = [id for (id,) in AuditEntry.select(AuditEntry.id).where(recent & which).tuples()]
        yield Unusual(key, len(ids), _of(sorted(ids)[-LISTED:], language), [], group)


def _night(recent: Any, zone: str, language: str) -> Unusual:
    """Staff who were there when the practice sleeps."""
    rows = AuditEntry.select(AuditEntry.id, AuditEntry.by, AuditEntry.at).where(
        recent, AuditEntry.by.startswith("staff:")
    )
    late = [row for row in rows if not NIGHT_TO <= row.at.astimezone(ZoneInfo(zone)).hour < NIGHT_FROM]
    times = Counter(row.by for row in late)
    newest = {row.by: row.id for row in late}
    named = {line.entry.by: line.who for line in _of(list(newest.values()), language)}
    tallies = [Tally(named[by], "", count) for by, count in times.most_common(LISTED)]
    return Unusual("night", len(late), [], tallies, "")


def _of(ids: list[int], language: str) -> list[Line]:
    rows = AuditEntry.select().where(AuditEntry.id.in_(ids)).order_by(AuditEntry.id.desc())
    return lines(list(rows), language)


def _refused() -> Any:
    return AuditEntry.what.in_(REFUSED_AT_DOOR) & (AuditEntry.result != "")
