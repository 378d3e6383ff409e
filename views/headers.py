"""What every response tells the browser it may and may not do."""

from dataclasses import dataclass

from flask import Flask, Response, current_app, g, request

from views.assets import ENDPOINTS
from views.context import csp_nonce

ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
DOWNLOAD = "sandbox; default-src 'none'"


@dataclass(frozen=True)
class CardHosts:
    """Where the processor's card fields come from; only the page with the fields may reach them."""

    frames: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


def init_app(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers.extend(ALWAYS)
    response.headers.setdefault("Content-Security-Policy", _policy(response))
    if request.endpoint not in ENDPOINTS:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _policy(response: Response) -> str:
    if response.mimetype == "application/pdf" or response.headers.get("Content-Disposition", "").startswith("attach"):
        return DOWNLOAD
    return policy(current_app.extensions["card_hosts"] if g.get("csp") == "pay" else None)


def policy(card: CardHosts | None) -> str:
    """The Content-Security-Policy of a page; `card` opens it just far enough for the processor's card fields."""
    frames, images, calls = (card.frames, card.images, card.calls) if card else ((), (), ())
    own = "'self' " if card else ""
    rules = {
        "default-src": "'none'",
        "script-src": f"{own}'nonce-{csp_nonce()}'",
        "style-src": "'self'",
        "img-src": " ".join(("'self'", "data:", *images)),
        "frame-src": " ".join(frames),
        "connect-src": " ".join(("'self'", *calls)),
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items() if sources)
