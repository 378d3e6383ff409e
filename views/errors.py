"""Pages for what went wrong: what happened and the one thing to do, never how it works inside."""

from flask import Flask, current_app, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from peewee import DoesNotExist
from werkzeug.exceptions import HTTPException

import words
from billing.errors import BillingError
from views.context import say

TOO_LARGE = 413


def init_app(app: Flask) -> None:
    app.register_error_handler(BillingError, _refused)
    app.register_error_handler(DoesNotExist, _not_found)
    app.register_error_handler(CSRFError, _old_page)
    app.register_error_handler(RateLimitExceeded, _too_often)
    app.register_error_handler(HTTPException, _other)


def _refused(error: BillingError) -> ResponseReturnValue:
    return _page("look.error", say(error.key, **error.values), error.status)


def _not_found(error: DoesNotExist) -> ResponseReturnValue:
    return _page("look.404", say("err.404"), 404)


def _old_page(error: CSRFError) -> ResponseReturnValue:
    g.forged = True  # for the activity log
    return _page("look.csrf", say("err.csrf"), 400, action=say("err.reload"), href=_same_page())


def _too_often(error: RateLimitExceeded) -> ResponseReturnValue:
    return _page(
        "look.429", say(str(error.limit.error_message or "err.slow")), 429, action=say("err.reload"), href=_same_page()
    )


def _other(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    if error.code in (404, 405):
        return _page("look.404", say("err.404"), error.code)
    if error.code < 500:
        return _page("look.error", say("err.large" if error.code == TOO_LARGE else "err.check"), error.code)
    return _broken(error.code)


def _broken(status: int) -> ResponseReturnValue:
    try:
        return _page("look.500", say("err.500"), status)
    except Exception:  # what broke, a database for one, may be what the page stands on
        sentences = "\n".join(words.say("err.500", each) for each in words.LANGUAGES)
        return current_app.response_class(sentences, status, mimetype="text/plain")


def _page(title: str, sentence: str, status: int, **links: str) -> ResponseReturnValue:
    frame = "practice/base.html" if current_user.staff else "base.html"
    facts = {"title": say(title), "sentence": sentence, "href": _home(), **links}
    page = render_template("errors/error.html", frame=frame, **facts)
    return make_response(page, status)


def _same_page() -> str:
    """This address if it can be asked for again, else the start."""
    readable = current_app.url_map.bind("").test(request.path, "GET")
    return request.path if readable else _home()


def _home() -> str:
    return url_for("practice.today.show" if current_user.staff else "portal.home.show")
