"""Changing a stored card: its number, date, holder, address, token or place as the default."""

from typing import Any

from sandbox import addresses, incoming, sources, vault, verifications
from sandbox.call import Call
from sandbox.errors import Problems
from sandbox.incoming import Incoming
from sandbox.store import Doc


def renew(call: Call, card: Doc, params: dict[str, Any], problems: Problems, *inner: str) -> Doc:
    """The card as it is afterwards. Raises Refused, and then nothing changed."""
    token = params.get("token") or card["token"]
    given = {name: value for name, value in params.items() if name != "token" or value != card["token"]}
    new = _read(call, card, given, problems, *inner)
    problems.stop()
    if new.card["fingerprint"] == card["fingerprint"]:
        new.options = _others(new.options)
    checked = incoming.vet(call, card["customer_id"], new, problems)
    changed = {**card, **new.card, "billing": _billing(call, card, params, new)}
    changed |= {name: card[name] for name in ("customer_id", "default", "created_at")}
    changed = _moved(call, changed | {"token": card["token"]}, token)
    if checked:
        verifications.attach(call, checked, changed)
    return vault.make_default(call, changed) if new.options.get("make_default") else changed


def _read(call: Call, card: Doc, params: dict[str, Any], problems: Problems, *inner: str) -> Incoming:
    """What is new; a request without number or nonce means the number that is there."""
    if params.get("number") or params.get("payment_method_nonce"):
        read = incoming.read(call, params, problems, *inner, owner=card["customer_id"])
        return read or Incoming({}, {}, {})
    incoming.check_token(call, params.get("token") or "", problems, *inner)
    options = params.get("options") or {}
    incoming.check_options(options, problems, *inner, "options")
    billing = incoming.billing_of(call, params, problems, *inner, owner=card["customer_id"])
    retyped = sources.retyped(card, params, problems, *inner)
    checks = vault.checks_of(retyped, params.get("cvv"))
    return Incoming(retyped, checks, billing, None, params.get("token") or "", options, inner)


def _others(options: dict[str, Any]) -> dict[str, Any]:
    """A card that keeps its number is no double of itself."""
    return {name: value for name, value in options.items() if not name.startswith("fail_on_duplicate")}


def _billing(call: Call, card: Doc, params: dict[str, Any], new: Incoming) -> dict[str, Any]:
    """A new address, the old one changed when that is asked for, or the old one."""
    options = (params.get("billing_address") or {}).get("options") or {}
    if new.billing and options.get("update_existing") and card["billing"].get("id"):
        return addresses.change(call, card["billing"], new.billing)
    return vault.entered(call, card["customer_id"], new.billing) or card["billing"]


def _moved(call: Call, card: Doc, token: str) -> Doc:
    """Stored under its token, and no longer under the one it had."""
    if token != card["token"]:
        call.store.drop("card", call.merchant, card["token"])
    return vault.save(call, vault.touched(call, card | {"token": token}))
