"""POST /__sandbox/webhooks: where notifications go, what goes wrong on the way, one sent by hand."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox import clock, merchants, webhooks
from sandbox.store import Store
from sandbox.webhook_sender import answers_rightly

if TYPE_CHECKING:
    from sandbox.app import Sandbox

SWITCHES = ("hold", "double", "shuffle")
KNOWN = ("url", *SWITCHES, "seed", "exception", "kind", "id", "check", "wait")
HERE = ("127.0.0.1", "localhost")
LONGEST_WAIT = 30.0


def pull(sandbox: "Sandbox", given: dict[str, Any]) -> dict[str, Any]:
    """Do what is given and tell how things stand. Outside any store transaction, for it may ask the receiver.

    Raises ValueError with a sentence for an order that makes no sense.
    """
    if unknown := set(given) - set(KNOWN):
        raise ValueError(f"unknown {', '.join(sorted(unknown))}; known are {', '.join(KNOWN)}")
    with sandbox.store.transaction():
        _set(sandbox.store, given)
        sent = webhooks.announce(sandbox.store, given["kind"], given.get("id", "")) if "kind" in given else ""
        url = sandbox.store.setting("webhook_url", "")
    if not url and ("kind" in given or given.get("check")):
        raise ValueError("set a url first")
    sandbox.store.stirred.set()
    told: dict[str, Any] = {"sent": sent} if sent else {}
    told |= {"right": answers_rightly(url)} if given.get("check") else {}
    told |= {"idle": _wait(sandbox, float(given["wait"]))} if "wait" in given else {}
    with sandbox.store.transaction():
        return told | {"url": url, **_switches(sandbox.store), "queued": _count(sandbox.store)}


def _set(store: Store, given: dict[str, Any]) -> None:
    if "url" in given:
        store.set("webhook_url", _checked(str(given["url"] or "")))
    changes: dict[str, Any] = {name: bool(given[name]) for name in SWITCHES if name in given}
    changes |= {"seed": int(given["seed"])} if "seed" in given else {}
    store.set("webhooks", _switches(store) | changes)
    if "exception" in given:
        store.set("payout_exception", str(given["exception"] or ""))


def _checked(url: str) -> str:
    """Raises ValueError for anything beyond this machine."""
    parts = urlsplit(url)
    if url and (parts.scheme != "http" or parts.hostname not in HERE or not parts.port):
        raise ValueError("notifications go to http://127.0.0.1:PORT/... only")
    return url


def _switches(store: Store) -> dict[str, Any]:
    return dict.fromkeys(SWITCHES, False) | {"seed": 0} | store.setting("webhooks", {})


def _count(store: Store) -> int:
    """Notifications not yet delivered, also those that wait for their next hour."""
    return len(store.due("webhook", "9999"))


def _wait(sandbox: "Sandbox", seconds: float) -> bool:
    """Whether, within so many seconds, everything that can be posted now has been."""
    return _until(lambda: _is_idle(sandbox), min(seconds, LONGEST_WAIT))


def _until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return done


def _is_idle(sandbox: "Sandbox") -> bool:
    store = sandbox.store
    with store.transaction():
        held = not store.setting("webhook_url") or _switches(store)["hold"]
        due = not held and bool(store.due("webhook", clock.text(clock.now(store)), 1))
        return not due and not sandbox.sender.busy


def shown(store: Store) -> list[dict[str, Any]]:
    """Every notification with its tries, oldest first, without what it said."""
    with store.transaction():
        rows = [row for merchant in merchants.MERCHANTS for row in store.all("webhook", merchant)]
    return [{name: row[name] for name in row if name != "payload"} for row in sorted(rows, key=lambda row: row["at"])]
