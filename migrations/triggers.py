"""What the database itself does: it refuses to change or take away rows that say what happened, and keeps sums.

Table rebuilds drop triggers, so they are laid anew after each migration.
"""

from migrations import sums
from models import (
    Attempt,
    AttemptEvent,
    AttemptLine,
    AuditEntry,
    Charge,
    Consent,
    DataKey,
    Dispute,
    Document,
    DocumentCharge,
    DocumentPayment,
    Entry,
    MoneyBack,
    Payment,
    Row,
    SavedCard,
    WaitingPayment,
    WebhookDelivery,
    db,
)

APPEND_ONLY: list[type[Row]] = [
    Consent, AttemptLine, AttemptEvent, Payment, Entry, DocumentCharge, DocumentPayment, AuditEntry,
]  # fmt: skip

# Columns that never change on rows that otherwise may.
FROZEN_COLUMNS: dict[type[Row], tuple[str, ...]] = {
    Charge: ("account_id", "client_id", "kind", "service_date", "amount", "payer", "share_number", "share_of"),
    Attempt: ("attempt_key", "order_id", "request_key", "account_id", "user_id", "way", "amount", "created_at"),
    Document: (
        "type", "year", "serial", "account_id", "client_id", "user_id", "provider_id", "attempt_id", "labels",
        "issued_at", "from_on", "to_on", "language", "data", "data_sha256", "replaces_id",
    ),
    WaitingPayment: ("attempt_id", "account_id", "amount", "received_at"),
    MoneyBack: (
        "form_key", "order_id", "request_key", "attempt_id", "payment_id", "kind", "method", "amount", "asked_by_id",
        "created_at",
    ),
    Dispute: ("payment_id", "opened_on"),
    SavedCard: ("user_id", "token", "last4", "consent_id"),  # what was agreed to is about this card
    WebhookDelivery: ("payload_sha256", "kind", "subject_id", "transaction_id", "facts", "received_at"),
    DataKey: ("id", "made_at"),
}  # fmt: skip
# A notification that was heard may be emptied down to its digest.
EMPTIED = {
    WebhookDelivery: (
        "OLD.done_at IS NOT NULL AND NEW.payload_sha256 = OLD.payload_sha256 AND NEW.received_at = OLD.received_at"
        " AND NEW.kind = '' AND NEW.subject_id = '' AND NEW.transaction_id = '' AND NEW.facts = '{}'"
    )
}
WRITTEN_ONCE: dict[type[Row], tuple[str, ...]] = {
    Document: ("payment_id", "pdf", "pdf_sha256"),
    WaitingPayment: ("payment_id",),
    Attempt: ("transaction_id",),
    MoneyBack: ("transaction_id", "entry_id", "approved_by_id", "failed_at"),
    Dispute: ("processor_id", "answer"),
    DataKey: ("retired_at",),
}


def all_triggers() -> dict[str, str]:
    """Name -> SQL of every trigger. Table rebuilds drop triggers, so they are laid anew after each migration."""
    laid: dict[str, str] = {}
    for model in APPEND_ONLY:
        laid |= _refusal(model, "update", "UPDATE", "is append-only") | _refusal(model, "delete", "DELETE", "is kept")
    for model, columns in FROZEN_COLUMNS.items():
        when = f" WHEN NOT ({EMPTIED[model]})" if model in EMPTIED else ""
        laid |= _refusal(model, "frozen", f"UPDATE OF {', '.join(columns)}", "never changes in its fixed facts", when)
        laid |= _refusal(model, "delete", "DELETE", "is kept")
    for model, columns in WRITTEN_ONCE.items():
        for column in columns:
            when = f" WHEN OLD.{column} IS NOT NULL"
            laid |= _refusal(model, f"once_{column}", f"UPDATE OF {column}", f"{column} is written once", when)
    return laid | sums.triggers()


def _refusal(model: type[Row], name: str, event: str, why: str, when: str = "") -> dict[str, str]:
    table = model._meta.table_name
    trigger = f"{table}_{name}"
    body = f"BEGIN SELECT RAISE(ABORT, '{table} {why}'); END"
    return {trigger: f"CREATE TRIGGER {trigger} BEFORE {event} ON {table}{when} {body}"}


def lay() -> None:
    """Drop and create every trigger, inside one transaction."""
    with db.atomic():
        for name, sql in all_triggers().items():
            db.execute_sql(f"DROP TRIGGER IF EXISTS {name}")
            db.execute_sql(sql)
