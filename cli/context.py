"""What every command asks of the application it runs in."""

from datetime import datetime

from flask import Flask, current_app

from config import Settings


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def the_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
