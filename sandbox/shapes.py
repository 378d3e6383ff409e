"""The shape of a request: what is nested, what is a list, and everything else is text.

A part that comes in another shape counts as absent, so that handlers meet only what they read.
"""

import re
from typing import Any

from sandbox.xmlwire import DEEPEST, UNWRITABLE

SECTIONS = frozenset((
    "billing", "billing_address", "credit_card", "custom_fields", "customer", "descriptor", "external_vault",
    "international_phone", "options", "shipping",
))  # fmt: skip
LISTS = ("domains",)
AS_IT_IS = ("search", "variables")  # read by their own rules


def request(params: dict[str, Any]) -> dict[str, Any]:
    """A whole request: its roots are sections, whatever their names."""
    return {name: value if name in AS_IT_IS else _root(name, value) for name, value in params.items()}


def _root(name: str, value: Any) -> Any:
    return section(value) if isinstance(value, dict) else _leaf(name, value)


def section(given: Any, name: str = "") -> dict[str, Any]:
    """One section with its own sections, lists and texts; empty for anything but a section."""
    if not isinstance(given, dict):
        return {}
    kept = {key: _part(key, value, name) for key, value in given.items()}
    return {key: value for key, value in kept.items() if value is not None}


def _part(name: str, value: Any, within: str) -> Any:
    if name in SECTIONS:
        return section(value, name) if isinstance(value, dict) else None
    return _option(value) if within == "options" else _leaf(name, value)


def _leaf(name: str, value: Any) -> Any:
    if isinstance(value, list) and name in LISTS:
        return [text(item) for item in value]
    return None if isinstance(value, dict | list) or value is None else text(value)


def _option(value: Any) -> Any:
    """Options are mostly switches; "true" and "false" are as good as the real thing."""
    if isinstance(value, dict | list) or value is None:
        return None
    return {"true": True, "false": False}.get(text(value), text(value))


def text(value: Any) -> str:
    """Booleans as the wire spells them; nothing that cannot be written in an answer."""
    return str(value).lower() if isinstance(value, bool) else UNWRITABLE.sub("", str(value))


def snake(value: Any, depth: int = 0) -> Any:
    """Keys in either spelling become snake_case. Raises ValueError for nesting nobody means."""
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {_snaked(key): snake(item, depth + 1) for key, item in value.items()}
    return value


def _snaked(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower()
