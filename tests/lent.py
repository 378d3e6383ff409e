"""One application for all tests of a run that ask for the same kind: making one took a fifth of a test with a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app import create_app
from config import Settings
from gateways import registry
from jobs import Jobs
from models import open_database
from tests.visitor import Visitor
from views.limits import limiter

_made: dict[Settings, Flask] = {}


def own(settings: Settings, compiled: Path) -> Flask:
    """An application that nobody else gets: a test may add pages to it."""
    app = create_app(settings)
    app.test_client_class = Visitor
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))  # templates compiled once for all workers
    return app


@contextmanager
def lent(settings: Settings, compiled: Path) -> Iterator[Flask]:
    """The application of this kind, as if it were new; what a test sets in it is taken back."""
    kind = replace(settings, database=Path(), gateway_port=0)
    app = _made.get(kind) or _made.setdefault(kind, own(settings, compiled))
    config, extensions = dict(app.config), dict(app.extensions)
    open_database(str(settings.database), settings.master_keys)
    app.extensions.update(settings=settings, gateway=registry.build(settings), jobs=Jobs(app))
    limiter.reset()
    yield app
    for kept, before in ((app.config, config), (app.extensions, extensions)):
        kept.clear()
        kept.update(before)
