"""Who did or saw what, when, from where; never content."""

from datetime import datetime

from models import AuditEntry


def note(
    by: str, what: str, subject: str, now: datetime, ip: str = "", result: str = "", detail: str = ""
) -> AuditEntry:
    """Add one line to the log, in the transaction of the caller.

    `by` is "staff:7", "user:3" or "system"; `subject` names a row ("document:12");
    `detail` says old -> new of a setting.
    """
    return AuditEntry.create(by=by, what=what, subject=subject, at=now, ip=ip, result=result, detail=detail)
