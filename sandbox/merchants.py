"""The two fixture merchants: keys that everybody knows, so loopback only."""

import hmac
from dataclasses import dataclass
from typing import Any

from sandbox.store import Store

ACCOUNTS = ("sandbox_credit_card", "sandbox_credit_card_non_default")
DEFAULT_ACCOUNT = ACCOUNTS[0]
CUSTOM_FIELDS = ("store_me",)


@dataclass(frozen=True)
class Merchant:
    """Who may call, and what it refuses unless the control endpoint says otherwise."""

    id: str
    public_key: str
    private_key: str
    avs: bool
    cvv: bool


MERCHANTS = {
    name: Merchant(name, f"{stem}_public_key", f"{stem}_private_key", strict, strict)
    for name, stem, strict in (
        ("integration_merchant_id", "integration", False),
        ("processing_rules_merchant_id", "processing_rules", True),
    )
}
DEFAULT = "integration_merchant_id"


def by_keys(user: str, password: str) -> Merchant | None:
    for merchant in MERCHANTS.values():
        if merchant.public_key == user and hmac.compare_digest(merchant.private_key.encode(), password.encode()):
            return merchant
    return None


def rules(store: Store, merchant_id: str) -> dict[str, Any]:
    """request_keys, duplicate_checking, avs, cvv, fraud as they stand now."""
    merchant = MERCHANTS[merchant_id]
    usual = {"request_keys": True, "duplicate_checking": False, "avs": merchant.avs, "cvv": merchant.cvv}
    changed: dict[str, Any] = store.setting(f"rules:{merchant_id}", {})
    return usual | {"fraud": False} | changed


def change_rules(store: Store, merchant_id: str, changes: dict[str, Any]) -> None:
    store.set(f"rules:{merchant_id}", {**store.setting(f"rules:{merchant_id}", {}), **changes})
