"""Whole page or fragment. The only file that knows htmx."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, redirect, render_template, url_for
from htmx_flask import make_response, request

from views.context import language


def wants_fragment() -> bool:
    """True when htmx asked for a part of a page; a boosted link or a restored history entry wants all of it."""
    htmx = request.htmx
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page_or_fragment(page: str, fragment: str, status: int = 200, **context: Any) -> Response:
    """Render the fragment for htmx and the page for everyone else, from the same context."""
    template = fragment if wants_fragment() else page
    return _varies(make_response(render_template(template, **context), status))


def go(url: str) -> Response:
    """Continue at `url` with GET; htmx loads the whole page instead of swapping a part."""
    if wants_fragment():
        return _varies(make_response("", 204, redirect=url))
    return _varies(make_response(redirect(url, 303)))


def to_sign_in(endpoint: str, *, query: bool = True, there: str | None = None) -> Response:
    """Send a stranger to sign in, and back here afterwards if here can be asked for again.

    Without `query` only the path stays: what a stranger was sent with may hold words that belong in no address.
    Who has been signed out is told so there in their own language, which this browser need not know. `there`: where to
    come back to instead.
    """
    spoke = g.get("spoke") if g.get("spoke") != language() else None
    here = request.full_path.rstrip("?") if query else request.path
    back = there or (here if request.method == "GET" and not wants_fragment() else None)
    return go(url_for(endpoint, next=back, language=spoke))


def page_in_front() -> str:
    """The page in the visitor's browser: the one asked for now, or the one that htmx fills a part of."""
    address = urlsplit(request.htmx.current_url or "" if wants_fragment() else request.full_path)
    return f"{address.path}?{address.query}" if address.query else address.path


def safe_next(target: str | None, fallback: str) -> str:
    """`target` when it is a path of this site, else `fallback`; another host is never redirected to."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or not target.isprintable():
        return fallback
    parts = urlsplit(target)
    return fallback if parts.scheme or parts.netloc or "\\" in target else target


def _varies(response: Response) -> Response:
    response.vary.add("HX-Request")
    return response
