"""What staff must look at or decide."""

from datetime import datetime
from typing import Any

from models import Task


def raise_task(kind: str, now: datetime, **subject: Any) -> Task:
    """Put one task on the list; a task of this kind and subject that is still open is not doubled.

    `subject`: account, attempt, payment, and a short `detail` for staff without health information.
    """
    named = {name: row for name, row in subject.items() if name != "detail"}
    same = Task.done_at.is_null() & (Task.kind == kind)
    for name, row in named.items():
        same &= getattr(Task, name) == row
    return Task.get_or_none(same) or Task.create(kind=kind, created_at=now, **subject)
