"""/payment_methods: keep, find, change and forget cards."""

from typing import Any

from sandbox import incoming, renewal, vault
from sandbox.call import Answer, Call, created, found
from sandbox.errors import Problems

# Error numbers for a missing or unknown customer, by the root of the request.
OWNER = {"payment_method": ("93104", "93105"), "credit_card": ("91704", "91705")}


def _asked(call: Call) -> tuple[str, dict[str, Any], Problems]:
    """Root, content and error list of a request; either root is fine, and cards are judged as cards."""
    root = "payment_method" if "payment_method" in call.params else "credit_card"
    params = call.part(root)
    return root, params, Problems(root, params, under="credit_card")


def create(call: Call) -> Answer:
    root, params, problems = _asked(call)
    customer_id = params.get("customer_id") or ""
    missing, unknown = OWNER[root]
    if not customer_id:
        problems.add_to_root(missing, "customer_id")
    elif call.get("customer", customer_id) is None:
        problems.add_to_root(unknown, "customer_id")
    if root == "payment_method" and not (params.get("payment_method_nonce") or params.get("number")):
        problems.add_to_root("93103" if params else "93101", "payment_method_nonce" if params else "base")
        problems.stop()
    card = incoming.read(call, params, problems, owner=customer_id)
    problems.stop()
    assert card is not None
    return created("credit_card", vault.shown(call, incoming.store(call, customer_id, card, problems)))


def find(call: Call) -> Answer:
    return found("credit_card", vault.shown(call, call.need("card", call.args["token"])))


def update(call: Call) -> Answer:
    """New details keep the token, unless another one is named."""
    card = call.need("card", call.args["token"])
    _, params, problems = _asked(call)
    return found("credit_card", vault.shown(call, renewal.renew(call, card, params, problems)))


def delete(call: Call) -> Answer:
    vault.forget(call, call.need("card", call.args["token"]))
    return Answer()
