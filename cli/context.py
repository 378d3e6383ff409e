"""What every command asks of the application it runs in."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

import click
from flask import Flask, current_app

from config import SettingError, Settings
from custody.restoring import RestoreRefused
from sealing import SealError

ENDINGS = (signal.SIGTERM, signal.SIGHUP)


class Refusing(click.Command):
    """A command whose refusals are sentences, and which tidies up when it is told to end."""

    def invoke(self, ctx: click.Context) -> None:
        try:
            with _ending():
                super().invoke(ctx)
        except (SealError, SettingError, RestoreRefused, OSError) as error:
            raise click.ClickException(str(error)) from None


@contextmanager
def _ending() -> Iterator[None]:
    """Being told to end is an exception here, so that whoever made files takes them away."""
    before = {each: signal.signal(each, _end) for each in ENDINGS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def the_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
