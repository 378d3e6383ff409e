"""What every response tells the browser it may and may not do."""

from dataclasses import dataclass

from flask import Flask, Response, current_app, g, request

from config import Settings
from views.assets import ENDPOINTS
from views.context import csp_nonce

ALWAYS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",  # for what reads no policy; frame-ancestors says the same
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
DOWNLOAD = "sandbox; default-src 'none'"


@dataclass(frozen=True)
class CardHosts:
    """Where the processor's card fields come from; only the page with the fields may reach them."""

    frames: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()


BRAINTREE = "https://assets.braintreegateway.com"
# Observed with braintree-web 3.144.0: the library asks these two for its configuration and for nonces.
CALLS = {
    "sandbox": ("https://api.sandbox.braintreegateway.com", "https://payments.sandbox.braintree-api.com"),
    "production": ("https://api.braintreegateway.com", "https://payments.braintree-api.com"),
}


def card_hosts(settings: Settings) -> CardHosts:
    """The hosts of the card fields; the built-in sandbox shows its own frame and asks from within it."""
    if settings.braintree_environment == "loopback":
        return CardHosts(frames=(f"http://127.0.0.1:{settings.gateway_port}",))
    return CardHosts(frames=(BRAINTREE,), images=(BRAINTREE,), calls=CALLS[settings.braintree_environment])


def init_app(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    response.headers.update(ALWAYS)
    response.headers.setdefault("Content-Security-Policy", _policy(response))
    if request.endpoint not in ENDPOINTS:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _policy(response: Response) -> str:
    if response.mimetype == "application/pdf" or response.headers.get("Content-Disposition", "").startswith("attach"):
        return DOWNLOAD
    card = card_hosts(current_app.extensions["settings"]) if g.get("csp") == "pay" else CardHosts()
    practice = g.get("practice")
    return policy(card, practice.outside_host if practice else "")


def policy(card: CardHosts, pay_host: str = "") -> str:
    """The Content-Security-Policy of a page; `card` opens it just far enough for the processor's card fields.

    `pay_host`: where a form may lead to, when the practice takes payments on another site.
    """
    own = "'self' " if card.frames else ""
    rules = {
        "default-src": "'none'",
        "script-src": f"{own}'nonce-{csp_nonce()}'",
        "style-src": "'self'",
        "img-src": " ".join(("'self'", "data:", *card.images)),
        "frame-src": " ".join(card.frames),
        "connect-src": " ".join(("'self'", *card.calls)),
        "form-action": f"'self' https://{pay_host}" if pay_host else "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in rules.items() if sources)
