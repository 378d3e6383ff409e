"""The SDK's gateway for one practice's keys."""

import os
from dataclasses import dataclass

from gateways import NotConfigured
from gateways.braintree.sdk import braintree

CONNECT_SECONDS, IDLE_SECONDS = 5, 60
PROXY_VARIABLES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


@dataclass(frozen=True)
class Account:
    """One practice's keys. `environment` is production, sandbox (Braintree's) or loopback (ours, on `port`).

    `merchant_account`: where the money goes, if the practice has several; empty leaves it to Braintree.
    `request_keys`: send one with every charge; off until Braintree confirms them for the account.
    `read_seconds`: how long an answer may take before it counts as unknown.
    """

    environment: str
    merchant_id: str
    public_key: str
    private_key: str
    merchant_account: str = ""
    port: int = 3000
    request_keys: bool = False
    read_seconds: float = 30

    @property
    def has_fixture_keys(self) -> bool:
        """Keys that everybody knows, because the built-in sandbox ships with them."""
        return any(
            (self.merchant_id, self.public_key, self.private_key)
            == (f"{stem}_merchant_id", f"{stem}_public_key", f"{stem}_private_key")
            for stem in ("integration", "processing_rules")
        )


def connect(account: Account) -> braintree.BraintreeGateway:
    """The SDK's gateway for one account. Raises NotConfigured."""
    return braintree.BraintreeGateway(
        braintree.Configuration(
            environment=_environment(account),
            merchant_id=account.merchant_id,
            public_key=account.public_key,
            private_key=account.private_key,
            timeout=(CONNECT_SECONDS, account.read_seconds),
            wrap_http_exceptions=True,
            max_connection_idle_seconds=IDLE_SECONDS,
        )
    )


def _environment(account: Account) -> braintree.Environment:
    if account.environment == "loopback":
        return _loopback(account)
    if account.has_fixture_keys:
        raise NotConfigured(f"The built-in sandbox's keys do not work in {account.environment}.")
    known = {"production": braintree.Environment.Production, "sandbox": braintree.Environment.Sandbox}
    if account.environment not in known:
        raise NotConfigured(f"Unknown environment {account.environment!r}; use production, sandbox or loopback.")
    return known[account.environment]


def _loopback(account: Account) -> braintree.Environment:
    if not account.has_fixture_keys:
        raise NotConfigured("Loopback takes the built-in sandbox's keys only; real keys stay out of it.")
    # The SDK sends even 127.0.0.1 through a proxy, whatever NO_PROXY says.
    if proxies := [name for name in PROXY_VARIABLES if os.environ.get(name)]:
        raise NotConfigured(f"Unset {', '.join(proxies)}: the built-in sandbox cannot be reached through a proxy.")
    host, port = "127.0.0.1", str(account.port)
    return braintree.Environment("loopback", host, port, f"http://{host}:{port}", False, None, host, port)
