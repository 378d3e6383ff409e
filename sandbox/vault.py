"""The vault's books: customers and their cards. The wire calls are in `customers` and `methods`."""

from typing import Any

from sandbox import addresses, clock, judge
from sandbox.call import Call, fresh_id
from sandbox.store import Doc
from sandbox.wire_card import vaulted


def new_customer(call: Call, id: str = "", **facts: Any) -> Doc:
    id, at = id or fresh_id(10), clock.text(call.now)
    row = {"id": id, "merchant": call.merchant, "created_at": at, "updated_at": at}
    return call.put("customer", id, row | facts)


def forget_customer(call: Call, row: Doc) -> None:
    """A customer with all cards and addresses."""
    for card in held(call, row["id"]):
        call.store.drop("card", call.merchant, card["token"])
    for entry in addresses.held(call, row["id"]):
        addresses.drop(call, entry)
    call.store.drop("customer", call.merchant, row["id"])


def rename_customer(call: Call, row: Doc, id: str) -> Doc:
    """Kept as it is, under another id with all its cards and addresses when one is named."""
    if id != row["id"]:
        cards, book = held(call, row["id"]), addresses.held(call, row["id"])
        forget_customer(call, row)
        for entry in book:
            addresses.put(call, entry | {"customer_id": id})
        for card in cards:
            billing = card["billing"] | ({"customer_id": id} if card["billing"] else {})
            save(call, card | {"customer_id": id, "billing": billing})
    return call.put("customer", id, row | {"id": id})


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
    billing = entered(call, customer_id, billing)
    kept = {**card, "token": token or fresh_id(7), "customer_id": customer_id, "billing": billing}
    kept |= {"default": first, "created_at": at, "updated_at": at}
    save(call, kept)
    if default and not first:
        return make_default(call, kept)
    return kept


def entered(call: Call, customer_id: str, billing: dict[str, Any]) -> dict[str, Any]:
    """A billing address as an entry of the customer's address book; none stays none."""
    own = billing.get("customer_id") == customer_id
    return billing if own or not billing else addresses.keep(call, customer_id, billing)


def shown(call: Call, card: Doc) -> dict[str, Any]:
    """A card as the wire shows it, with the checks that were made of it."""
    return vaulted(card, call.now, call.all("verification", card["token"]))


def save(call: Call, card: Doc) -> Doc:
    return call.put("card", card["token"], card, link=card["customer_id"])


def touched(call: Call, card: Doc) -> Doc:
    return card | {"updated_at": clock.text(call.now)}


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


def checks_of(card: Doc, cvv: str | None = None, options: dict[str, Any] | None = None) -> dict[str, Any]:
    """A stored card's ZIP was judged when it was kept; a security code only counts when it is typed again."""
    postal = (card.get("billing") or {}).get("postal_code")
    checks = judge.checks(card, {}, cvv, options or {})
    return checks | ({"avs_postal": "M"} if postal and checks["avs_postal"] == "I" else {})
