"""How somebody signs in: pages that clients have below /account and staff below /practice/security, otherwise the same.

Looking is free; every change asks again who is there.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from flask import Blueprint

PARTS = ("overview", "password", "email", "passkeys", "code_app", "backup_codes")

_pages: list[tuple[str, tuple[str, ...], Callable[..., Any]]] = []


def page(rule: str, *methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page of both sides; its endpoint is the name of the view."""

    def around(view: Callable[..., Any]) -> Callable[..., Any]:
        _pages.append((rule, methods, view))
        return view

    return around


def mount(bp: Blueprint) -> None:
    """Put the pages below this blueprint."""
    for part in PARTS:
        import_module(f"{__name__}.{part}")
    for rule, methods, view in _pages:
        bp.add_url_rule(rule, view_func=view, methods=methods)
