"""Nonces: a card once, for three hours. The published `fake-...` ones work for ever."""

from datetime import timedelta
from typing import Any

from sandbox import cards, clock, judge
from sandbox.call import Call, fresh_id
from sandbox.store import Doc

LIFE = timedelta(hours=3)
CONSUMED, UNKNOWN = "consumed", "unknown"
EXPIRY = ("12", "2030")

# Which card a published nonce stands for; only the Visa one is certain.
FAKE = {
    "": "4111111111111111",
    "no-billing-address": "4111111111111111",
    "visa": "4012888888881881",
    "mastercard": "5555555555554444",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "jcb": "3530111333300000",
    "maestro": "6304000000000000",
    "dinersclub": "36259600000004",
    "prepaid": "4111111111111210",
    "prepaid-reloadable": "4229989900000002",
    "commercial": "4111111111131010",
    "business": "4229989800000003",
    "consumer": "4229989700000004",
    "corporate": "4229989100000000",
    "purchase": "4229989500000006",
    "debit": "4117101010101010",
    "durbin-regulated": "4111161010101010",
    "healthcare": "4111111510101010",
    "payroll": "4111111114101010",
    "no-indicators": "4111111111310101",
    "unknown-indicators": "4111111111112101",
    "country-of-issuance-usa": "4111111111121102",
    "issuing-bank-network-only": "4111111141010101",
}
FAKE_VALID = {f"fake-valid-{name}-nonce".replace("--", "-"): number for name, number in FAKE.items()}
FAKE_REFUSED = {
    "fake-processor-declined-visa-nonce": ("4000111111111115", "decline:2000"),
    "fake-processor-declined-mastercard-nonce": ("5105105105105100", "decline:2000"),
    "fake-processor-declined-amex-nonce": ("378734493671000", "decline:2000"),
    "fake-processor-declined-discover-nonce": ("6011000990139424", "decline:2000"),
    "fake-processor-failure-jcb-nonce": ("3566002020360505", "decline:3000"),
    "fake-gateway-rejected-fraud-nonce": ("4000111111111511", "reject:fraud"),
    "fake-gateway-rejected-risk-thresholds-nonce": ("4111130000000003", "reject:risk_threshold"),
    "fake-luhn-invalid-nonce": ("4111111111111112", "luhn"),
}


def issue(call: Call, card: Doc, checks: dict[str, Any], billing: dict[str, Any]) -> Doc:
    """A new nonce for a card just typed or picked."""
    parts = (fresh_id(6) for _ in range(4))
    value = f"tokencc_bc_{'_'.join(parts)}_{fresh_id(3)}"
    row = {"nonce": value, "card": card, "checks": checks, "billing": billing, "consumed": False}
    return call.put("nonce", value, row | {"expires_at": clock.text(call.now + LIFE)})


def look(call: Call, value: str) -> Doc | None:
    """The nonce whether consumed or not; None when unknown or too old."""
    if value in FAKE_VALID or value in FAKE_REFUSED or value == "fake-consumed-nonce":
        return _fake(call, value)
    row = call.get("nonce", value)
    return row if row and clock.read(row["expires_at"]) > call.now else None


def usable(call: Call, value: str) -> Doc | str:
    """The nonce, or why it cannot be used: CONSUMED or UNKNOWN."""
    row = look(call, value)
    if row is None:
        return UNKNOWN
    return CONSUMED if row["consumed"] else row


def consume(call: Call, row: Doc) -> None:
    """From now on the nonce is refused; the published ones never are."""
    if not row["nonce"].startswith("fake-"):
        call.put("nonce", row["nonce"], row | {"consumed": True})


def _fake(call: Call, value: str) -> Doc:
    number, tag = FAKE_REFUSED.get(value, (FAKE_VALID.get(value, FAKE[""]), ""))
    card = cards.from_number(call.store.secret, number, EXPIRY)
    billing = {"postal_code": "60606"}
    row = {"nonce": value, "checks": judge.checks(card, billing, "123", {}), "billing": billing}
    return row | {"card": card | {"tag": tag or card["tag"]}, "consumed": value == "fake-consumed-nonce"}
