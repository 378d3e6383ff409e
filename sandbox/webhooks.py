"""What the sandbox announces by itself: notifications written down, to be posted by `webhook_sender`."""

import base64
from datetime import datetime
from typing import Any

from sandbox import clock, merchants, xmlwire
from sandbox.call import fresh_id
from sandbox.store import Doc, Store
from sandbox.wire_transaction import transaction

DISPUTE_KINDS = tuple(
    f"dispute_{state}"
    for state in ("opened", "under_review", "won", "lost", "accepted", "auto_accepted", "expired", "disputed")
)
SUBJECTS = {
    **dict.fromkeys(DISPUTE_KINDS, "dispute"),
    **dict.fromkeys(("disbursement", "disbursement_exception"), "disbursement"),
    **dict.fromkeys(
        ("transaction_disbursed", "transaction_settled", "transaction_settlement_declined", "refund_failed"),
        "transaction",
    ),
    "check": "check",
}


def announce(store: Store, kind: str, subject_id: str = "", at: datetime | None = None) -> str:
    """Queue a notification about a row as it is now; inside the caller's store transaction.

    Returns its id, or "" while nobody listens. Raises ValueError for an unknown kind or subject.
    """
    if kind not in SUBJECTS:
        raise ValueError(f"unknown kind {kind!r}; known are {', '.join(SUBJECTS)}")
    if not store.setting("webhook_url"):
        return ""
    at = at or clock.now(store)
    merchant, subject = _subject(store, kind, subject_id, at)
    return _queue(store, merchant, kind, subject_id, at, subject)


def _queue(store: Store, merchant: str, kind: str, subject_id: str, at: datetime, subject: dict[str, Any]) -> str:
    id, text = fresh_id(12), clock.text(at)
    content = xmlwire.write("notification", {"timestamp": at, "kind": kind, "subject": subject})
    payload = base64.encodebytes(content.removeprefix(xmlwire.HEADER.encode())).decode()
    row = {"id": id, "kind": kind, "subject": subject_id, "at": text, "state": "queued", "tries": []}
    store.put("webhook", merchant, id, row | {"payload": payload})
    store.schedule("webhook", merchant, id, text)
    return id


def _subject(store: Store, kind: str, id: str, at: datetime) -> tuple[str, dict[str, Any]]:
    """Whose row it is, and the row as the wire shows it."""
    name = SUBJECTS[kind]
    if name == "check":
        return merchants.DEFAULT, {"check": True}
    for merchant in merchants.MERCHANTS:
        if row := store.get(name, merchant, id):
            return merchant, {name: _wire(name, row, at)}
    raise ValueError(f"no {name} {id!r}")


def _wire(name: str, row: Doc, at: datetime) -> dict[str, Any]:
    if name == "dispute":
        from sandbox import disputes  # it announces, too

        return disputes.wire(row)
    return transaction(row, at)
