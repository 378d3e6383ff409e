"""Whether the practice's data is in safe hands: how each member of staff enters, and when a backup was last tried."""

from datetime import datetime, timedelta

from models import AuditEntry, Staff

RESTORE_TESTED = "restore.test"  # in the log
WORKED = "ok"
TEST_EVERY = timedelta(days=30)


def all_staff_secured() -> bool:
    """Whether everyone of the practice who may enter has two ways to prove who they are."""
    unsecured = Staff.disabled_at.is_null() & Staff.secured_at.is_null()
    return not Staff.select().where(unsecured).exists()


def restore_tested(now: datetime) -> bool:
    """Whether a backup was opened and found whole in the last 30 days."""
    worked = (AuditEntry.what == RESTORE_TESTED) & (AuditEntry.result == WORKED)
    return bool(AuditEntry.select().where(worked & (AuditEntry.at > now - TEST_EVERY)).exists())
