"""Which adapter serves which processor; adding one is a line here."""

from collections.abc import Callable
from typing import Protocol

from gateways import Gateway, NotConfigured
from gateways.braintree import Account, BraintreeAdapter


class Settings(Protocol):
    """What is read of the application's settings."""

    @property
    def braintree_environment(self) -> str: ...
    @property
    def braintree_merchant_id(self) -> str: ...
    @property
    def braintree_public_key(self) -> str: ...
    @property
    def braintree_private_key(self) -> str: ...
    @property
    def braintree_merchant_account(self) -> str: ...
    @property
    def braintree_request_keys(self) -> bool: ...
    @property
    def gateway_port(self) -> int: ...


def _braintree(settings: Settings) -> Gateway:
    loopback = settings.braintree_environment == "loopback"
    return BraintreeAdapter(
        Account(
            environment=settings.braintree_environment,
            merchant_id=settings.braintree_merchant_id,
            public_key=settings.braintree_public_key,
            private_key=settings.braintree_private_key,
            merchant_account=settings.braintree_merchant_account,
            port=settings.gateway_port,
            request_keys=loopback or settings.braintree_request_keys,
        )
    )


ADAPTERS: dict[str, Callable[[Settings], Gateway]] = {"braintree": _braintree}


def build(settings: Settings, processor: str = "braintree") -> Gateway:
    """The gateway for a processor by name. Raises NotConfigured."""
    if processor not in ADAPTERS:
        raise NotConfigured(f"Unknown processor {processor!r}; known are {', '.join(sorted(ADAPTERS))}.")
    return ADAPTERS[processor](settings)
