"""Nonces as a server asks about them: a new one for a stored card, and what one stands for."""

from sandbox import nonces, vault
from sandbox.call import Answer, Call, NotFound, created, found
from sandbox.wire_card import nonce as shown_nonce


def create(call: Call) -> Answer:
    """A nonce for a stored card."""
    card = call.need("card", call.args["token"])
    row = nonces.issue(call, card, vault.checks_of(card), card["billing"])
    return created("payment_method_nonce", shown_nonce(row))


def find(call: Call) -> Answer:
    if (row := nonces.look(call, call.args["nonce"])) is None:
        raise NotFound(call.args["nonce"])
    return found("payment_method_nonce", shown_nonce(row))


def card(call: Call) -> Answer:
    """The vaulted card a nonce stands for; consumed ones are gone."""
    row = nonces.usable(call, call.args["nonce"])
    if isinstance(row, str) or not row["card"].get("token"):
        raise NotFound(call.args["nonce"])
    return found("credit_card", vault.shown(call, call.need("card", row["card"]["token"])))
