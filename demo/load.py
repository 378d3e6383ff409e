"""Fills an empty database with the demo practice: its people, and its story replayed through `billing/`."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from billing import audit
from demo import deposits
from demo.dates import Calendar
from demo.people import People
from demo.story import Story
from models import Message, db

LOADED = "demo.loaded"  # in the log: this database is the demo's
PRACTICE = Path(__file__).with_name("practice.json")


def load(today: date, now: datetime, password_hash: str, portal_host: str = "") -> None:
    """Write the demo practice as it stands on `today`; every login gets the same password, and a code
    app of its own.

    `portal_host` is where the invoices say to pay online; without it they name the phone only.

    All or nothing. Every date moves by whole days, so that the story always ends a few days ago.
    """
    given = json.loads(PRACTICE.read_text(encoding="utf-8"))
    calendar = _calendar(given, today)
    with db.atomic():
        people = People(calendar, password_hash, now)
        people.move_in(given)
        Story(calendar, people.named, portal_host).tell(given["story"])
        deposits.pay_out(given["deposits"], calendar, people.named)
        Message.delete().execute()  # the story's emails were read long ago
        audit.note("system", LOADED, "practice:1", now)


def _calendar(given: dict[str, Any], today: date) -> Calendar:
    shift: timedelta = today - date.fromisoformat(given["today"])
    return Calendar(shift, ZoneInfo(given["practice"]["time_zone"]))
