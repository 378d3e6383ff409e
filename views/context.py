"""What every view and template may ask: who, in which language, of which practice, at what time."""

import re
from collections.abc import Callable
from datetime import date, datetime
from secrets import token_urlsafe
from typing import Any

from flask import Flask, current_app, g, request
from flask_login import current_user
from markupsafe import Markup, escape

import words
from config import Settings
from models import Practice
from money import format_dollars
from views.visitors import seconds_left


def now() -> datetime:
    """This instant, from the app's clock."""
    clock: Callable[[], datetime] = current_app.extensions["clock"]
    return clock()


def settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def practice() -> Practice:
    """The practice, read once per request."""
    if "practice" not in g:
        g.practice = Practice.the()
    row: Practice = g.practice
    return row


def today() -> date:
    """The practice's date now."""
    return words.local_day(now(), practice().time_zone)


def language() -> str:
    """The reader's language: their own choice, else this browser's, else what the browser asks for."""
    if "language" not in g:
        g.language = _chosen_language()
    chosen: str = g.language
    return chosen


def chosen_here() -> str | None:
    """The language somebody chose in this browser, if anyone did."""
    chosen = request.cookies.get("language")
    return chosen if chosen in words.LANGUAGES else None


def _chosen_language() -> str:
    choices = (current_user.language, request.args.get("language"), chosen_here())
    accepted = request.accept_languages.best_match(words.LANGUAGES, "en")
    return next((choice for choice in choices if choice in words.LANGUAGES), accepted)


def t(key: str, **values: object) -> Markup:
    """The sentence `key` in the reader's language, safe to put into HTML; values are escaped."""
    return escape(words.wording(key, language(), values)).format(**values)


def say(key: str, **values: object) -> str:
    """The sentence `key` in the reader's language as plain text."""
    return words.say(key, language(), **values)


def day(date: date) -> str:
    return words.show_day(date, language())


def short_day(date: date) -> str:
    """A date for a narrow column."""
    return words.show_short_day(date, language())


def short_day_of(at: datetime) -> str:
    """Local date of an instant for a narrow column."""
    return short_day(words.local_day(at, practice().time_zone))


def time_of(at: datetime) -> str:
    """Local time of day of an instant."""
    return words.show_time(at, practice().time_zone, language())


def instant(at: datetime) -> str:
    """Local date and time with the zone, kept from breaking before "p.m."."""
    return re.sub(r" (?=[ap]\.m\.|[AP]M\b)", "\xa0", words.show_instant(at, practice().time_zone, language()))


def day_of(at: datetime) -> str:
    """Local date of an instant."""
    return day(words.local_day(at, practice().time_zone))


def csp_nonce() -> str:
    """This response's nonce: the scripts that carry it may run."""
    if "csp_nonce" not in g:
        g.csp_nonce = token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def init_app(app: Flask) -> None:
    app.context_processor(_facts)
    days = {"day": day, "day_of": day_of, "short_day": short_day, "short_day_of": short_day_of}
    app.jinja_env.globals.update(t=t, dollars=format_dollars, instant=instant, time_of=time_of, **days)


def _facts() -> dict[str, Any]:
    return {
        "language": language(),
        "practice": practice(),
        "csp_nonce": csp_nonce(),
        "seconds_left": seconds_left(now(), settings()),
    }
