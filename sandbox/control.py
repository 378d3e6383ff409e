"""/__sandbox/...: the levers of tests and the demo. JSON, with the header `X-Sandbox: 1`."""

import json
from typing import TYPE_CHECKING, Any

from sandbox import clock, disputes, faults, merchants, nightly, seeds, webhook_lever
from sandbox.call import Answer
from sandbox.client_api import as_json

if TYPE_CHECKING:
    from sandbox.app import Sandbox

RULES = ("request_keys", "duplicate_checking", "avs", "cvv", "fraud")


def answer(sandbox: "Sandbox", environ: dict[str, Any], body: bytes) -> Answer:
    """200 with what is now true; 400 with a sentence for an order that makes no sense."""
    if environ.get("HTTP_X_SANDBOX") != "1":
        return Answer(403)
    name, method = environ["PATH_INFO"].removeprefix("/__sandbox/"), environ["REQUEST_METHOD"]
    if (method, name) == ("GET", "log"):
        return as_json(list(sandbox.log))
    if (method, name) == ("GET", "webhooks"):
        return as_json(webhook_lever.shown(sandbox.store))
    if method != "POST" or name not in (*LEVERS, "webhooks"):
        return Answer(404)
    try:
        return as_json(_pulled(sandbox, name, json.loads(body or b"{}")))
    except (ValueError, KeyError, TypeError) as error:
        return as_json({"error": str(error)}, 400)


def _pulled(sandbox: "Sandbox", name: str, given: Any) -> dict[str, Any]:
    """Raises ValueError, KeyError or TypeError for an order that makes no sense."""
    if not isinstance(given, dict) and name != "faults":
        raise ValueError("an object is wanted")
    if name == "webhooks":
        return webhook_lever.pull(sandbox, given)
    with sandbox.store.transaction():
        return LEVERS[name](sandbox, given)


def _clock(sandbox: "Sandbox", given: dict[str, Any]) -> dict[str, Any]:
    if "set" in given:
        clock.set_to(sandbox.store, clock.read(given["set"]))
    clock.advance(sandbox.store, float(given.get("advance", 0)))
    now = clock.now(sandbox.store)
    nightly.catch_up(sandbox.store, now)
    sandbox.store.stirred.set()  # notifications may be due again
    return {"now": clock.text(now)}


def _faults(sandbox: "Sandbox", given: Any) -> dict[str, Any]:
    """A list is added to the queue; an empty one clears it."""
    rows = given if isinstance(given, list) else [given]
    if not rows:
        sandbox.store.set("faults", [])
    faults.queue(sandbox.store, rows)
    return {"queued": len(sandbox.store.setting("faults", []))}


def _merchant(sandbox: "Sandbox", given: dict[str, Any]) -> dict[str, Any]:
    merchant_id = given.get("id", merchants.DEFAULT)
    changes = {name: bool(given[name]) for name in RULES if name in given}
    if merchant_id not in merchants.MERCHANTS or set(given) - {"id", *RULES}:
        raise ValueError(f"known are id and {', '.join(RULES)}")
    merchants.change_rules(sandbox.store, merchant_id, changes)
    return merchants.rules(sandbox.store, merchant_id)


def _reset(sandbox: "Sandbox", _given: dict[str, Any]) -> dict[str, Any]:
    sandbox.store.forget_all()
    sandbox.log.clear()
    return {}


def _seed(sandbox: "Sandbox", given: dict[str, Any]) -> dict[str, Any]:
    seeds.plant(sandbox.store, given)
    return {}


def _disputes(sandbox: "Sandbox", given: dict[str, Any]) -> dict[str, Any]:
    return disputes.order(sandbox.store, clock.now(sandbox.store), given)


LEVERS = {
    "disputes": _disputes,
    "clock": _clock,
    "faults": _faults,
    "merchant": _merchant,
    "reset": _reset,
    "seed": _seed,
}
