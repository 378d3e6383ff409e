"""What an exception proves about a charge, and about a question."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from gateways import GatewayUnavailable, Outcome, Reason, Result
from gateways.braintree.sdk import ConnectTimeoutError, WireError, braintree

T = TypeVar("T")
NotFoundError = braintree.exceptions.NotFoundError
KEPT_OUT = {
    braintree.exceptions.AuthenticationError: "401",
    braintree.exceptions.AuthorizationError: "403",
    braintree.exceptions.UpgradeRequiredError: "426",
}
NEVER_CONNECTED = ("NewConnectionError", "NameResolutionError")


class NothingSent(Exception):
    """A step before the charge failed, so the charge itself never left."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(reason)
        self.reason = reason


def failure(error: Exception) -> Result:
    """What an exception proves. NOT_SENT is an allow-list; all else is UNKNOWN."""
    if code := KEPT_OUT.get(type(error), ""):
        return Result(Outcome.NOT_SENT, None, Reason.SETUP, type(error).__name__, code, alert=True)
    if isinstance(error, KeyError) and str(_first(error)).startswith("Invalid keys"):
        return Result(Outcome.NOT_SENT, None, Reason.SETUP, "the SDK refused the request", alert=True)
    if isinstance(error, NothingSent):
        return replace(failure(error.reason), outcome=Outcome.NOT_SENT)
    if isinstance(error, ConnectTimeoutError) or _never_connected(error):
        return Result(Outcome.NOT_SENT, None, Reason.TRY_LATER, type(error).__name__)
    return Result(Outcome.UNKNOWN, None, Reason.TRY_LATER, type(error).__name__)


def must(ask: Callable[[], T]) -> T:
    """An answer to a question that moves no money. Raises GatewayUnavailable."""
    try:
        return ask()
    except Exception as error:
        raise GatewayUnavailable(type(error).__name__) from error


def known(ask: Callable[[], T]) -> T | None:
    """As `must`, of one thing by its name; None where the processor has no such thing. Raises GatewayUnavailable."""
    try:
        return must(ask)
    except GatewayUnavailable as unanswered:
        if isinstance(unanswered.__cause__, NotFoundError):
            return None
        raise


def is_id(text: str) -> bool:
    """What the SDK does not refuse locally, as if the processor had said 404."""
    return re.fullmatch(r"[A-Za-z0-9_-]+", text) is not None


def _never_connected(error: Exception) -> bool:
    """Refused or no such host: urllib3 says NewConnectionError, two wrappings down."""
    if not isinstance(error, WireError):
        return False
    return type(getattr(_first(_first(error)), "reason", None)).__name__ in NEVER_CONNECTED


def _first(error: object) -> object:
    """What an exception was raised with, if with anything."""
    return next(iter(getattr(error, "args", ())), None)
