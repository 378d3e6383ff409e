"""Where the browser finds the processor's own card boxes; no card number ever passes through here."""

from urllib.parse import urlencode

from flask import g, request, url_for

from views.context import language, say, settings

# The library in the order it loads; both from our own origin, pinned by the frontend package.
BUNDLES = ("braintree/client.js", "braintree/hosted-fields.js")


def attributes(asking: str = "portal.payments.token") -> dict[str, str]:
    """The `data-` attributes that pay.js reads. The page that asks for them may reach the processor's hosts.

    `asking` is the endpoint that lets this reader start the boxes.
    """
    g.csp = "pay"
    if settings().braintree_environment == "loopback":
        return {"mode": "loopback", **_loopback()}
    scripts = " ".join(url_for("assets", filename=name) for name in BUNDLES)
    return {"mode": "braintree", "scripts": scripts, "client-token-url": url_for(asking)}


def _loopback() -> dict[str, str]:
    sandbox = f"http://127.0.0.1:{settings().gateway_port}"
    asked = urlencode({"origin": request.host_url.rstrip("/"), "lang": language()})
    return {"frame-src": f"{sandbox}/sandbox/card?{asked}", "frame-origin": sandbox, "frame-title": say("card.frame")}
