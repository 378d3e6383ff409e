"""English or Spanish: kept with the person, and in a cookie for whoever is not signed in yet."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug import Response

from views.responses import safe_next
from words import LANGUAGES

bp = Blueprint("language", __name__)

A_YEAR = 365 * 24 * 3600


@bp.post("/language")
def switch() -> ResponseReturnValue:
    chosen = request.form.get("language")
    if chosen not in LANGUAGES:
        abort(400)
    if current_user.is_authenticated:
        current_user.speak(chosen)
    back = safe_next(request.form.get("next"), url_for("auth.sign_in"))
    return remember(redirect(_asking_for_none(back), 303), chosen)


def _asking_for_none(address: str) -> str:
    """Without the `language=` of a link, which would go on saying what the reader has just changed."""
    parts = urlsplit(address)
    asked = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "language"]
    return urlunsplit(parts._replace(query=urlencode(asked, safe="/")))


def remember(response: Response, language: str) -> Response:
    """Keep this language in this browser, whoever signs in."""
    secure = current_app.extensions["settings"].https
    response.set_cookie("language", language, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return response
