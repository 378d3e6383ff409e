"""Using up a limit at once, where reaching it honestly would take a minute of drawing papers."""

from flask import Flask
from flask_limiter import RouteLimit
from limits import parse

from views.limits import limiter


def spend(app: Flask, limit: RouteLimit, who: str, left: int = 0) -> None:
    """As if `who` had done it as often as they may, but for `left` times."""
    item = parse(limit.limit_provider)
    with app.app_context():
        assert limiter.limiter.hit(item, who, limit.scope, cost=item.amount - left)
