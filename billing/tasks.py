"""What staff must look at or decide."""

from datetime import datetime
from typing import Any

from peewee import JOIN

from billing import audit
from billing.stamp import Stamp
from models import Account, Attempt, Payment, Task, User, db

ELSEWHERE = ("task.dispute",)  # the list of disputes asks for it, with its due date


def raise_task(kind: str, now: datetime, **subject: Any) -> Task:
    """Put one task on the list; a task of this kind and subject that is still open is not doubled.

    `subject`: account, attempt, payment, and a short `detail` for staff without health information, which tells tasks
    apart that have no other subject. Of its two lines the second is the processor's own words, in English. A person
    is "user:7" there: `askers` knows the name, as long as there is one.
    """
    named = {name: row for name, row in subject.items() if name != "detail"}
    same = Task.done_at.is_null() & (Task.kind == kind)
    for name, row in named.items():
        same &= getattr(Task, name) == row
    if not any(named.values()):
        same &= Task.detail == subject.get("detail", "")
    return Task.get_or_none(same) or Task.create(kind=kind, created_at=now, **subject)


def to_do() -> list[Task]:
    """What is still open, oldest first, with the account, attempt and payment it is about."""
    rows = Task.select(Task, Attempt, Account, Payment).join(Attempt, JOIN.LEFT_OUTER)
    rows = rows.join_from(Task, Account, JOIN.LEFT_OUTER).join_from(Task, Payment, JOIN.LEFT_OUTER)
    return list(rows.where(_open()).order_by(Task.created_at, Task.id))


def count() -> int:
    """How many are still open."""
    return int(Task.select().where(_open()).count())


def askers(rows: list[Task]) -> dict[int, User]:
    """Task id -> the user whom its detail names as "user:7"."""
    named = {row.id: row.detail.partition(":")[2] for row in rows if row.detail.startswith("user:")}
    users = {str(user.id): user for user in User.select().where(User.id.in_(list(named.values())))}
    return {task: users[id] for task, id in named.items() if id in users}


def finish(key: str, stamp: Stamp, ip: str = "") -> Task:
    """Take a task off the list; finishing it twice changes nothing. `DoesNotExist` when there is none."""
    with db.atomic():
        task = Task.get(Task.key == key)
        if task.done_at is None:
            Task.update(done_at=stamp.at).where(Task.id == task.id).execute()
            audit.note(stamp.by, "task.done", f"task:{task.id}", stamp.at, ip=ip, detail=task.kind)
    return task


def _open() -> Any:
    return Task.done_at.is_null() & Task.kind.not_in(ELSEWHERE)
