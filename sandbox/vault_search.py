"""Searching customers and verifications, newest first."""

from typing import Any

from sandbox import clock, customers
from sandbox.call import Answer, Call, found
from sandbox.criteria import MOST, PAGE, Field, Question, Reader, instant, listed, number, question, text, within
from sandbox.store import Doc
from sandbox.wire_card import verification
from sandbox.xmlwire import Repeated, Rows

PLACE = (
    "extended_address", "first_name", "last_name", "locality", "postal_code", "region", "street_address",
    "country_name",
)  # fmt: skip
PERSON = ("company", "email", "fax", "first_name", "last_name", "phone", "website")


def _each(section: str, name: str) -> Reader:
    """A word of all the cards or addresses of a customer."""
    return lambda row: [part.get(name) for part in row[section]]


# Here a row is an id and a time with `customer`, `cards` and `addresses`.
CUSTOMER: dict[str, Field] = {
    **{name: text(within("customer", name)) for name in PERSON},
    **{f"address_{name}": text(_each("addresses", name)) for name in PLACE},
    "id": text(lambda row: row["id"]),
    "ids": listed(lambda row: row["id"]),
    "created_at": instant(lambda row: [clock.read(row["created_at"])]),
    "cardholder_name": text(_each("cards", "cardholder_name")),
    "credit_card_expiration_date": text(lambda row: [_expiry(card) for card in row["cards"]]),
    "payment_method_token": text(_each("cards", "token")),
    "paypal_account_email": text(lambda _: None),
}
VERIFICATION: dict[str, Field] = {
    "id": text(lambda row: row["id"]),
    "ids": listed(lambda row: row["id"]),
    "created_at": instant(lambda row: [clock.read(row["created_at"])]),
    "status": listed(lambda row: row["status"]),
    "verification_type": listed(lambda _: "credit_card"),
    "billing_address_details_postal_code": text(lambda row: row["billing"].get("postal_code")),
    "credit_card_card_type": listed(lambda row: row["card"]["brand"]),
    "credit_card_cardholder_name": text(lambda row: row["card"]["cardholder_name"]),
    "credit_card_expiration_date": text(lambda row: _expiry(row["card"])),
    "customer_id": text(lambda row: row.get("customer_id")),
    "payment_method_token": text(lambda row: row["card"].get("token")),
}


def _expiry(card: Doc) -> str:
    return f"{card['month']}/{card['year']}"


def customer_ids(call: Call) -> Answer:
    return _ids(_customers(call))


def customer_page(call: Call) -> Answer:
    rows = [customers.shown(call, row) for row in _customers(call)[:PAGE]]
    return found("customers", _facts(rows) | {"customer": Repeated(rows)})


def verification_ids(call: Call) -> Answer:
    return _ids(_verifications(call))


def verification_page(call: Call) -> Answer:
    rows = [verification(row, call.now) for row in _verifications(call)[:PAGE]]
    return found("credit_card_verifications", _facts(rows) | {"verification": Repeated(rows)})


def _ids(rows: list[Doc]) -> Answer:
    listed_ids = Rows("item", [row["id"] for row in rows[:MOST]])
    return found("search_results", {"page_size": PAGE, "ids": listed_ids})


def _facts(rows: list[Any]) -> dict[str, int]:
    return {"current_page_number": 1, "page_size": PAGE, "total_items": len(rows)}


def _customers(call: Call) -> list[Doc]:
    """Raises Unsearchable."""
    criteria = call.part("search")
    cards = number(call.store.secret, lambda row: row["cards"])
    more = {"credit_card_number": cards, "payment_method_token_with_duplicates": _doubles(call)}
    rows = [_whole(call, row) for row in _named(call, "customer", criteria)]
    return [row["customer"] for row in _newest(rows, question(CUSTOMER | more, criteria))]


def _whole(call: Call, row: Doc) -> Doc:
    """A customer with all that belongs to it."""
    belongings = {"cards": call.all("card", row["id"]), "addresses": call.all("address", row["id"])}
    return {"id": row["id"], "created_at": row["created_at"], "customer": row, **belongings}


def _doubles(call: Call) -> Field:
    """Everybody who holds the same number as this token."""

    def field(wanted: Any) -> Question:
        card = call.get("card", str(wanted.get("is"))) if isinstance(wanted, dict) else None
        mark = card["fingerprint"] if card else None
        return lambda row: mark in _each("cards", "fingerprint")(row)

    return field


def _verifications(call: Call) -> list[Doc]:
    """Raises Unsearchable."""
    criteria = call.part("search")
    cards = number(call.store.secret, lambda row: [row["card"]])
    email = text(lambda row: (call.get("customer", row.get("customer_id") or "") or {}).get("email"))
    fields = VERIFICATION | {"credit_card_number": cards, "customer_email": email}
    return _newest(_named(call, "verification", criteria), question(fields, criteria))


def _named(call: Call, kind: str, criteria: dict[str, Any]) -> list[Doc]:
    wanted = criteria.get("ids")
    return call.some(kind, wanted) if isinstance(wanted, list) else call.all(kind)


def _newest(rows: list[Doc], fits: Question) -> list[Doc]:
    return [row for row in reversed(rows) if fits(row)]
