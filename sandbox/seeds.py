"""Cards and past transactions that are there from the start, for the demo and for tests."""

from typing import Any

from sandbox import cards, clock, disputes, judge, merchants, sources, transactions, vault
from sandbox.call import Call
from sandbox.store import Doc, Store

BINS = {"Visa": "41111111", "MasterCard": "55555555", "American Express": "37828224", "Discover": "60111111"}
NO_CHECKS = {"avs_error": None, "avs_postal": "I", "avs_street": "I", "cvv": "I"}


def plant(store: Store, given: dict[str, Any]) -> None:
    """Add customers and sales; what is there with the same id is replaced.

    `{"customers": [{"id", "cards": [{"token", "brand", "last4", "exp_month", "exp_year", "prepaid",
    "debit", "healthcare", "default"}]}], "sales": [{"id", "order_id", "cents", "at", "token" or "card",
    "settled_at", "disbursed_on", "refunds": [{"id", "order_id", "cents", "at"}], "disputes": [{"id", "reason",
    "at", "reply_by"}]}]}`. Instants are ISO, UTC.
    """
    for customer in given.get("customers", []):
        _customer(Call(store, merchants.DEFAULT, clock.now(store)), customer)
    for sale in given.get("sales", []):
        _sale(Call(store, merchants.DEFAULT, clock.read(sale["at"])), sale)


def _customer(call: Call, given: dict[str, Any]) -> None:
    for card in vault.held(call, given["id"]):
        vault.forget(call, card)
    vault.new_customer(call, given["id"])
    for card in given.get("cards", []):
        vault.keep(call, given["id"], described(card), {}, card["token"], card.get("default", False))


def described(given: dict[str, Any]) -> Doc:
    """A card by what people know of it."""
    brand = {"Mastercard": "MasterCard", "Amex": "American Express"}.get(given["brand"], given["brand"])
    expiry = f"{int(given['exp_month']):02}", str(given["exp_year"])
    flags = {name: "Yes" for name in ("prepaid", "debit", "healthcare") if given.get(name)}
    kept: Doc = cards.described(brand, BINS.get(brand, "41111111"), str(given["last4"]), expiry, **flags)
    return kept | {"tag": given.get("tag", "")}


def _sale(call: Call, given: dict[str, Any]) -> None:
    card = call.need("card", given["token"]) if given.get("token") else described(given["card"])
    source = sources.Source(card, NO_CHECKS, {}, using="token" if given.get("token") else "full_information")
    row = _made(call, "sale", source, given, customer_id=card.get("customer_id"))
    for back in given.get("refunds", []):
        credit = _made(
            Call(call.store, call.merchant, clock.read(back["at"])), "credit", source, back, refund_of=row["id"]
        )
        row["refund_ids"] = [*row["refund_ids"], credit["id"]]
    transactions.put(call, row)
    for given_dispute in given.get("disputes", []):
        _dispute(call, row, given_dispute)


def _dispute(call: Call, sale: Doc, given: dict[str, Any]) -> None:
    """Open since then."""
    day = {"received_on": given["at"][:10], "reply_by": given["reply_by"]}
    then = Call(call.store, call.merchant, clock.read(given["at"]))
    disputes.open_one(then, sale, id=given["id"], reason=given["reason"], **day)


def _made(call: Call, kind: str, source: sources.Source, given: dict[str, Any], **facts: Any) -> Doc:
    """A transaction as old as it says, settled when it says so."""
    facts |= {"id": given["id"], "order_id": given["order_id"]}
    row = transactions.new(call, kind, given["cents"], source, judge.APPROVED, **facts)
    row = transactions.move(call, row, "submitted_for_settlement")
    if settled := given.get("settled_at"):
        later = Call(call.store, call.merchant, clock.read(settled))
        batch = f"{later.now.date().isoformat()}_{row['account']}_{row['id'][:4]}"
        facts = {"settled_at": settled, "batch_id": batch, "disbursed_on": given.get("disbursed_on")}
        row = transactions.move(later, row, "settled", **facts)
    return row
