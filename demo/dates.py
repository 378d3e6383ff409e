"""Moves the story in time, so that its last day is today and nothing ever looks stale."""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Calendar:
    """`shift` is how far the story is moved, in whole days; `zone` the practice's."""

    shift: timedelta
    zone: ZoneInfo

    def day(self, text: str) -> date:
        return date.fromisoformat(text) + self.shift

    def instant(self, text: str) -> datetime:
        """The same wall-clock time in the practice on the moved day: an evening stays an evening."""
        local = datetime.fromisoformat(text).astimezone(self.zone).replace(tzinfo=None)
        return (local + self.shift).replace(tzinfo=self.zone).astimezone(UTC)

    def at(self, day: date, hour: int) -> datetime:
        """`hour` o'clock in the practice on a day that has been moved already."""
        return datetime(day.year, day.month, day.day, hour, tzinfo=self.zone).astimezone(UTC)

    def month(self, text: str) -> tuple[int, int]:
        """Month and year of a card's expiry, "2028-12": what has expired in the story has expired today."""
        year, month = (int(part) for part in text.split("-"))
        moved = date(year, month, calendar.monthrange(year, month)[1]) + self.shift
        return moved.month, moved.year
