"""What every command asks of the application it runs in."""

from datetime import datetime

import click
from flask import Flask, current_app

from config import SettingError, Settings
from custody.restoring import RestoreRefused
from sealing import SealError


class Refusing(click.Command):
    """A command whose refusals are sentences."""

    def invoke(self, ctx: click.Context) -> None:
        try:
            super().invoke(ctx)
        except (SealError, SettingError, RestoreRefused, OSError) as error:
            raise click.ClickException(str(error)) from None


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def the_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
