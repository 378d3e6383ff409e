"""Where the card processor announces news. No session, no cookie, no page: who asks is a machine."""

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from billing import deliveries
from gateways import BadSignature, Event, Gateway
from views import limits
from views.context import now

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")

LARGEST = 256 * 1024  # bytes; a payout names every transaction in it


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["csrf"].exempt(bp)  # the signature in the form says who sent it


@bp.post("/braintree")
@limits.of_forgeries
def receive() -> ResponseReturnValue:
    """Keep what came and answer at once; the work is done by a job."""
    request.max_content_length = request.max_form_memory_size = LARGEST
    if _keep(deliveries.signed(_gateway(), request.form, now())):
        current_app.extensions["jobs"].hurry("hear what was announced")
    return Response(status=200)


@limits.of_announcements
def _keep(event: Event) -> bool:
    """Counted only now: what is not signed must not use up the places of what is."""
    return deliveries.keep(event, request.form, now())


@bp.get("/braintree")
@limits.of_forgeries
def answer() -> ResponseReturnValue:
    """Prove that this address belongs to whoever holds our keys."""
    reply = _gateway().webhook_challenge(request.args.get("bt_challenge", ""))
    return Response(reply, mimetype="text/plain")


@bp.errorhandler(BadSignature)
def _refuse(_error: BadSignature) -> ResponseReturnValue:
    return Response(status=400)


@bp.errorhandler(RateLimitExceeded)  # the app has a page for this one, which would come first
@bp.errorhandler(HTTPException)
def _no_page(error: HTTPException) -> ResponseReturnValue:
    return Response(status=error.code)


def _gateway() -> Gateway:
    found: Gateway = current_app.extensions["gateway"]
    return found
