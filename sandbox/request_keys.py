"""Request keys: the same key with the same request is one transaction, for 30 days."""

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sandbox import clock
from sandbox.call import Call
from sandbox.errors import Problems, Refused
from sandbox.store import Doc

LIFE = timedelta(days=30)
LONGEST = 255


class InFlight:
    """Keys whose first request has not been answered yet."""

    def __init__(self) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def running(self, merchant: str, key: str) -> Iterator[bool]:
        """True while this request is the only one with its key."""
        with self._lock:
            first = (merchant, key) not in self._keys
            self._keys.add((merchant, key))
        try:
            yield first
        finally:
            if first:
                with self._lock:
                    self._keys.discard((merchant, key))


def check(call: Call, params: dict[str, Any], problems: Problems) -> None:
    """The key itself: not too long, and allowed here, which it is not where doubles are looked for."""
    key, rules = params.get("api_request_key") or "", call.rules
    if key and (rules["duplicate_checking"] or not rules["request_keys"]):
        problems.add("915231", "api_request_key")
    if len(key) > LONGEST:
        problems.add("915230", "api_request_key")


def earlier(call: Call, params: dict[str, Any], problems: Problems) -> Doc | None:
    """The transaction an earlier request with this key made.

    Raises Refused when that request was another one or failed.
    """
    row = call.get("request_key", params.get("api_request_key") or "")
    if row is None or clock.read(row["until"]) <= call.now:
        return None
    if row["request"] != _digest(call, params):
        problems.add("915232", "api_request_key")
    elif not row["transaction"]:
        problems.add("915234", "api_request_key")
    problems.stop()
    return call.need("transaction", row["transaction"])


def remember(call: Call, params: dict[str, Any], transaction_id: str) -> None:
    """What this key stands for from now on; an empty id marks a failed request."""
    if key := params.get("api_request_key"):
        until = clock.text(call.now + LIFE)
        call.put("request_key", key, {"request": _digest(call, params), "transaction": transaction_id, "until": until})


def once(call: Call, params: dict[str, Any], problems: Problems, act: Callable[[], Doc]) -> Doc:
    """Do it, or give the transaction that the same request made before."""
    check(call, params, problems)
    problems.stop()
    if row := earlier(call, params, problems):
        return row
    try:
        row = act()
    except Refused:
        remember(call, params, "")
        raise
    remember(call, params, row["id"])
    return row


def _digest(call: Call, params: dict[str, Any]) -> str:
    """A keyed hash, so that a card number in a request cannot be found again by guessing."""
    text = json.dumps([call.path, params], sort_keys=True)
    return hmac.new(call.store.secret, text.encode(), hashlib.sha256).hexdigest()
