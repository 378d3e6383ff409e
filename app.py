"""The application: settings, database, extensions, blueprints, headers and error pages, put together once."""

import logging
import os
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import click
from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_compress import Compress
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from werkzeug.middleware.proxy_fix import ProxyFix

import cli
import jobs
from config import SettingError, Settings
from gateways import registry
from models import Practice, db, open_database
from views import (
    assets,
    context,
    dev,
    doors,
    errors,
    headers,
    joining,
    language,
    live_page,
    portal,
    practice,
    scripts,
    seen,
    uploads,
    visitors,
    webhooks,
)
from views.limits import limiter

log = logging.getLogger("evenly.access")


class Portal(Flask):
    """Flask, but for what it writes down when a page breaks."""

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("%s %s broke", request.method, _route(), exc_info=exc_info)


def create_app(settings: Settings | None = None) -> Flask:
    """The portal for one practice, on the database that `settings` names; the file must be migrated already."""
    settings = settings or _settings()
    app = Portal(__name__, static_folder=None)  # views.assets serves them
    app.config.update(_flask_settings(settings))
    app.url_map.strict_slashes = False
    app.extensions.update(settings=settings, clock=lambda: datetime.now(UTC), gateway=registry.build(settings))
    open_database(str(settings.database), settings.master_keys)
    _before_and_after(app)
    for part in (visitors, uploads, context, errors, assets, headers, scripts, live_page, seen):
        part.init_app(app)
    _extend(app, settings)
    _mount(app, settings)
    app.extensions["jobs"] = jobs.Jobs(app)  # whoever serves starts them
    cli.init_app(app)
    return app


def _settings() -> Settings:
    """Raises ClickException, which a command shows as its sentence, for a variable that cannot be taken."""
    try:
        return Settings.from_env(os.environ)
    except SettingError as error:
        raise click.ClickException(str(error)) from None


def _flask_settings(settings: Settings) -> dict[str, Any]:
    return {
        "SECRET_KEY": settings.secret_key,
        # A cookie with this prefix is accepted from this host alone, encrypted, for every path.
        "SESSION_COOKIE_NAME": "__Host-session" if settings.https else "session",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # our own Referrer-Policy leaves nothing to compare with
        "MAX_CONTENT_LENGTH": 1_000_000,
        "TESTING": settings.mode == "test",
    }


def _extend(app: Flask, settings: Settings) -> None:
    for extension in (CSRFProtect, Compress, Htmx):
        extension(app)
    limiter.init_app(app)
    if settings.trusted_proxies:
        # Only who asks is taken from them: their other headers pass through many proxies as a visitor wrote them.
        hops = {"x_for": settings.trusted_proxies, "x_proto": 0, "x_host": 0}
        app.wsgi_app = ProxyFix(app.wsgi_app, **hops)  # type: ignore[method-assign]


def _mount(app: Flask, settings: Settings) -> None:
    doors.init_app(app)
    joining.init_app(app)
    for blueprint in (language.bp, portal.bp, practice.bp):
        app.register_blueprint(blueprint)
    webhooks.init_app(app)
    if settings.mode == "demo":
        app.register_blueprint(dev.bp)


def _before_and_after(app: Flask) -> None:
    app.before_request(_take_head_for_get)
    app.before_request(_open)
    app.after_request(_log)
    app.teardown_appcontext(_close)


def _take_head_for_get() -> None:
    """To a view that takes what is not GET for a sent form, HEAD would be one, without the form's token.

    It is answered as GET is; the server leaves the body out (RFC 9110, 9.3.2).
    """
    if request.method == "HEAD":
        request.method = "GET"


def _open() -> ResponseReturnValue | None:
    g.began = perf_counter()
    if request.endpoint in assets.ENDPOINTS:
        return None
    g.opened = db.connect(reuse_if_open=True)
    g.practice = Practice.get_or_none(Practice.id == 1)
    if g.practice is None:
        return "No practice lives here yet. Run: flask --app app new-practice", 503
    return None


def _close(error: BaseException | None) -> None:
    if g.pop("opened", False):
        db.close()


def _log(response: Response) -> Response:
    """One line per request: from where, and the route, not the address: no key, token or query is written down."""
    took = (perf_counter() - g.began) * 1000
    log.info("%s %s %s %s %.0f ms", request.remote_addr, request.method, _route(), response.status_code, took)
    return response


def _route() -> str:
    return request.url_rule.rule if request.url_rule else "-"
