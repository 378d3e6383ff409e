"""Who posts, when, and on which day of the practice."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from words import local_day


@dataclass(frozen=True)
class Stamp:
    """`by` is "staff:7", "user:3" or "system"; `at` an instant; `on` the posting date in the practice's zone."""

    by: str
    at: datetime
    on: date

    @classmethod
    def of(cls, by: str, at: datetime, zone: str) -> Self:
        return cls(by, at, local_day(at, zone))
