"""What the sandbox announces by itself: notifications written down, to be posted by `webhook_sender`."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from sandbox import clock, merchants, wire_disbursement, wire_dispute, xmlwire
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
    store.stirred.set()
    return id


def _subject(store: Store, kind: str, id: str, at: datetime) -> tuple[str, dict[str, Any]]:
    """Whose row it is, and the row as the wire shows it."""
    name = SUBJECTS[kind]
    if name == "check":
        return merchants.DEFAULT, {"check": True}
    for merchant in merchants.MERCHANTS:
        if row := store.get(name, merchant, id):
            return merchant, {name: _wire(kind, row, at)}
    raise ValueError(f"no {name} {id!r}")


def _wire(kind: str, row: Doc, at: datetime) -> dict[str, Any]:
    if SUBJECTS[kind] == "dispute":
        return wire_dispute.wire(row)
    if SUBJECTS[kind] == "transaction":
        return transaction(row, at)
    failed = kind == "disbursement_exception" and not row["exception"]
    return wire_disbursement.wire(row | {"exception": "bank_rejected"} if failed else row)


def signature(merchant_id: str, text: str) -> str:
    """The merchant's public key and what only its private key makes of `text`."""
    merchant = merchants.MERCHANTS[merchant_id]
    key = hashlib.sha1(merchant.private_key.encode(), usedforsecurity=False).digest()
    return f"{merchant.public_key}|{hmac.digest(key, text.encode(), 'sha1').hex()}"
