"""/customers: the vault's people, known by an opaque id."""

import re
from typing import Any

from sandbox import addresses, clock, incoming, merchants, renewal, vault
from sandbox.call import Answer, Call, created, found
from sandbox.errors import Problems
from sandbox.store import Doc
from sandbox.wire_card import NO_PERSON, customer

RESERVED = ("all", "new")
KEPT = (*NO_PERSON, "custom_fields")
LONGEST = {
    "company": "81601",
    "email": "81605",
    "fax": "81607",
    "first_name": "81608",
    "last_name": "81613",
    "phone": "81614",
    "website": "81615",
}


def create(call: Call) -> Answer:
    params = call.part("customer")
    problems = Problems("customer", params)
    check_id(call, params.get("id") or "", problems)
    check(params, problems)
    card = incoming.of_customer(call, params, problems)
    problems.stop()
    checked = incoming.vet(call, "", card, problems) if card else None
    row = vault.new_customer(call, params.get("id") or "", **facts(params))
    if card:
        incoming.keep(call, row["id"], card, checked)
    return created("customer", shown(call, row))


def shown(call: Call, row: Doc) -> dict[str, Any]:
    cards = [vault.shown(call, card) for card in vault.held(call, row["id"])]
    return customer(row, cards, addresses.held(call, row["id"]))


def find(call: Call) -> Answer:
    return found("customer", shown(call, call.need("customer", call.args["id"])))


def update(call: Call) -> Answer:
    row, params = call.need("customer", call.args["id"]), call.part("customer")
    problems = Problems("customer", params)
    if params.get("id") != row["id"]:
        check_id(call, params.get("id") or "", problems)
    check(params, problems)
    default = _own_card(call, row, params, problems)
    _update_card(call, row, params, problems)
    if default:
        vault.make_default(call, call.need("card", default["token"]))
    row = row | facts(params) | {"updated_at": clock.text(call.now)}
    return found("customer", shown(call, vault.rename_customer(call, row, params.get("id") or row["id"])))


def _own_card(call: Call, row: Doc, params: dict[str, Any], problems: Problems) -> Doc | None:
    """The card that is to become the default."""
    if not (token := params.get("default_payment_method_token")):
        return None
    card = call.get("card", token)
    if card is None or card["customer_id"] != row["id"]:
        problems.add("91718", "default_payment_method_token")
    return card


def _update_card(call: Call, row: Doc, params: dict[str, Any], problems: Problems) -> None:
    """A new card, or the one named by `update_existing_token` changed. Raises Refused for anything wrong."""
    given = params.get("credit_card") or {}
    if token := (given.get("options") or {}).get("update_existing_token"):
        card = call.get("card", str(token))
        if card is None or card["customer_id"] != row["id"]:
            problems.add("91723", "update_existing_token", "credit_card", "options")
            problems.stop()
        renewal.renew(call, card or {}, given, problems, "credit_card")
        return
    new = incoming.of_customer(call, params, problems)
    problems.stop()
    if new:
        incoming.store(call, row["id"], new, problems)


def delete(call: Call) -> Answer:
    """With its cards and addresses."""
    row = call.need("customer", call.args["id"])
    vault.forget_customer(call, row)
    return Answer()


def facts(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in KEPT if name in params}


def check_id(call: Call, id: str, problems: Problems, *inner: str) -> None:
    for broken, code in (
        (len(id) > 36, "91612"),
        (not re.fullmatch(r"[A-Za-z0-9_-]*", id), "91610"),
        (id in RESERVED, "91611"),
        (bool(id) and call.get("customer", id) is not None, "91609"),
    ):
        if broken:
            problems.add(code, "id", *inner)


def check(params: dict[str, Any], problems: Problems, *inner: str) -> None:
    """The words about a person, and the registered custom fields."""
    for name, code in LONGEST.items():
        if len(params.get(name) or "") > 255:
            problems.add(code, name, *inner)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", params.get("email") or "a@b"):
        problems.add("81604", "email", *inner)
    custom = params.get("custom_fields") or {}
    if set(custom) - set(merchants.CUSTOM_FIELDS):
        problems.add("91602", "custom_fields", *inner)
    if any(len(str(value)) > 255 for value in custom.values()):
        problems.add("81603", "custom_fields", *inner)
