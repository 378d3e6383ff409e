"""/customers: the vault's people, known by an opaque id."""

import re
from typing import Any

from sandbox import clock, merchants, methods, vault
from sandbox.call import Answer, Call, created, found
from sandbox.errors import Problems
from sandbox.store import Doc
from sandbox.wire_card import NO_PERSON, customer

RESERVED = ("all", "new")
KEPT = (*NO_PERSON, "custom_fields")


def create(call: Call) -> Answer:
    params = call.part("customer")
    problems = Problems("customer", params)
    _check(call, params, problems)
    card = methods.card_of(call, params, problems, "customer")
    problems.stop()
    row = vault.new_customer(call, params.get("id") or "", **_facts(params))
    if card:
        methods.store(call, row["id"], card, problems)
    return created("customer", shown(call, row))


def shown(call: Call, row: Doc) -> dict[str, Any]:
    return customer(row, vault.held(call, row["id"]), call.now)


def find(call: Call) -> Answer:
    return found("customer", shown(call, call.need("customer", call.args["id"])))


def update(call: Call) -> Answer:
    row, params = call.need("customer", call.args["id"]), call.part("customer")
    problems = Problems("customer", params)
    _check(call, {key: value for key, value in params.items() if key != "id"}, problems)
    card = methods.card_of(call, params, problems, "customer")
    problems.stop()
    row = call.put("customer", row["id"], {**row, **_facts(params), "updated_at": clock.text(call.now)})
    if card:
        methods.store(call, row["id"], card, problems)
    if token := params.get("default_payment_method_token"):
        vault.make_default(call, call.need("card", token))
    return found("customer", shown(call, row))


def delete(call: Call) -> Answer:
    row = call.need("customer", call.args["id"])
    for card in vault.held(call, row["id"]):
        call.store.drop("card", call.merchant, card["token"])
    call.store.drop("customer", call.merchant, row["id"])
    return Answer()


def _facts(params: dict[str, Any]) -> dict[str, Any]:
    return {name: params[name] for name in KEPT if name in params}


def _check(call: Call, params: dict[str, Any], problems: Problems) -> None:
    id = params.get("id") or ""
    for broken, code in (
        (len(id) > 36, "91612"),
        (bool(id) and not re.fullmatch(r"[A-Za-z0-9_-]*", id), "91610"),
        (id in RESERVED, "91611"),
        (bool(id) and call.get("customer", id) is not None, "91609"),
    ):
        if broken:
            problems.add(code, "id")
    if "@" not in params.get("email", "@"):
        problems.add("81604", "email")
    if set(params.get("custom_fields") or ()) - set(merchants.CUSTOM_FIELDS):
        problems.add("91602", "custom_fields")
