"""/customers/ID/addresses: and the rules every address of the wire keeps."""

import re
from typing import Any

from sandbox import clock, countries
from sandbox.call import Answer, Call, created, found, fresh_id
from sandbox.errors import Problems
from sandbox.store import Doc
from sandbox.wire_card import ADDRESS, entry

MOST = 50  # addresses of one customer
LONGEST = {
    "company": "81802",
    "extended_address": "81804",
    "first_name": "81805",
    "last_name": "81806",
    "locality": "81807",
    "region": "81810",
    "street_address": "81812",
}
KEPT = tuple(name for name in ADDRESS if name != "id")


def read(given: dict[str, Any], problems: Problems, *inner: str) -> dict[str, Any]:
    """An address as it is kept, its country filled in; adds what is wrong with it to `problems`."""
    for name, code in LONGEST.items():
        if len(given.get(name) or "") > 255:
            problems.add(code, name, *inner)
    _check_postal(given.get("postal_code") or "", problems, *inner)
    kept = {name: given[name] for name in KEPT if given.get(name)}
    return kept | countries.fill(given, problems, *inner)


def _check_postal(postal: str, problems: Problems, *inner: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9 -]*", postal):
        problems.add("81813", "postal_code", *inner)
    elif len(re.sub(r"[ -]", "", postal)) > 9:
        problems.add("81809", "postal_code", *inner)


def keep(call: Call, customer_id: str, given: dict[str, Any]) -> Doc:
    """A new entry in the customer's address book."""
    row = {**given, "id": fresh_id(6), "customer_id": customer_id, "created_at": clock.text(call.now)}
    return put(call, row)


def put(call: Call, row: Doc) -> Doc:
    """Into the address book of the customer it names, over what was there."""
    row = row | {"updated_at": clock.text(call.now)}
    return call.put("address", _key(row["customer_id"], row["id"]), row, link=row["customer_id"])


def held(call: Call, customer_id: str) -> list[Doc]:
    """A customer's addresses, oldest first."""
    return call.all("address", customer_id)


def look(call: Call, customer_id: str, id: str) -> Doc | None:
    return call.get("address", _key(customer_id, id))


def _key(customer_id: str, id: str) -> str:
    return f"{customer_id} {id}"


def create(call: Call) -> Answer:
    customer, params = call.need("customer", call.args["id"]), call.part("address")
    problems = Problems("address", params)
    kept = read(params, problems)
    if not problems and not kept:
        problems.add("81801", "base")
    if len(held(call, customer["id"])) >= MOST:
        problems.add("91818", "base")
    problems.stop()
    return created("address", entry(keep(call, customer["id"], kept)))


def _named(call: Call) -> Doc:
    """The address of the path. Raises NotFound."""
    return call.need("address", _key(call.args["id"], call.args["address"]))


def find(call: Call) -> Answer:
    return found("address", entry(_named(call)))


def update(call: Call) -> Answer:
    """What is given replaces what was there, also on the cards with this billing address."""
    row, params = _named(call), call.part("address")
    problems = Problems("address", params)
    kept = read(params, problems)
    problems.stop()
    row = change(call, row, kept)
    return found("address", entry(row))


def change(call: Call, row: Doc, kept: dict[str, Any]) -> Doc:
    """The entry with what is new; a new country replaces the old one whole."""
    row = put(call, {**row, **kept})
    _follow(call, row, row)
    return row


def delete(call: Call) -> Answer:
    """Cards with this billing address have none from then on."""
    row = _named(call)
    drop(call, row)
    _follow(call, row, {})
    return Answer()


def drop(call: Call, row: Doc) -> None:
    call.store.drop("address", call.merchant, _key(row["customer_id"], row["id"]))


def _follow(call: Call, row: Doc, billing: Doc) -> None:
    for card in call.all("card", row["customer_id"]):
        if (card.get("billing") or {}).get("id") == row["id"]:
            call.put("card", card["token"], card | {"billing": billing}, link=row["customer_id"])
