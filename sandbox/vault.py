"""The vault's books: customers and their cards. The wire calls are in `customers` and `methods`."""

from typing import Any

from sandbox import clock
from sandbox.call import Call, fresh_id
from sandbox.store import Doc


def new_customer(call: Call, id: str = "", **facts: Any) -> Doc:
    id, at = id or fresh_id(10), clock.text(call.now)
    row = {"id": id, "merchant": call.merchant, "created_at": at, "updated_at": at}
    return call.put("customer", id, row | facts)


def held(call: Call, customer_id: str) -> list[Doc]:
    """A customer's cards, oldest first."""
    return call.all("card", customer_id)


def default_card(call: Call, customer_id: str) -> Doc | None:
    return next((card for card in held(call, customer_id) if card["default"]), None)


def keep(
    call: Call, customer_id: str, card: Doc, billing: dict[str, Any], token: str = "", default: bool = False
) -> Doc:
    """Store a card; a customer's first one is the default."""
    first, at = not held(call, customer_id), clock.text(call.now)
    kept = {**card, "token": token or fresh_id(7), "customer_id": customer_id, "billing": billing}
    kept |= {"default": first, "created_at": at, "updated_at": at}
    save(call, kept)
    if default and not first:
        return make_default(call, kept)
    return kept


def save(call: Call, card: Doc) -> Doc:
    return call.put("card", card["token"], card, link=card["customer_id"])


def make_default(call: Call, card: Doc) -> Doc:
    """Move the mark to this card."""
    for other in held(call, card["customer_id"]):
        if other["default"] and other["token"] != card["token"]:
            save(call, other | {"default": False})
    return save(call, card | {"default": True})


def forget(call: Call, card: Doc) -> None:
    """Delete a card; when it was the default, the oldest left takes its place."""
    call.store.drop("card", call.merchant, card["token"])
    left = held(call, card["customer_id"])
    if card["default"] and left:
        save(call, left[0] | {"default": True})


def same_card(call: Call, card: Doc, customer_id: str | None = None) -> Doc | None:
    """A stored card with the same number, of one customer or of anybody."""
    rows = call.all("card", customer_id)
    return next((row for row in rows if row["fingerprint"] == card["fingerprint"]), None)


def checks_of(card: Doc) -> dict[str, Any]:
    """A stored card is charged without a security code; its ZIP was judged when it was kept."""
    postal = (card.get("billing") or {}).get("postal_code")
    return {"avs_error": None, "avs_postal": "M" if postal else "I", "avs_street": "I", "cvv": "I"}
