"""Days on which American banks move money: no weekends, no holidays of the Federal Reserve.

The holidays are the standing rules of https://www.frbservices.org/about/holiday-schedules: one that falls on a Sunday
is kept on Monday, one that falls on a Saturday is not kept at all.
"""

from datetime import date, timedelta
from functools import cache

FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
# month, weekday (Monday 0), which one of the month; -1 is the last
MOVING = ((1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4))
SUNDAY, SATURDAY = 6, 5


def after(day: date, count: int) -> date:
    """The `count`-th banking day after `day`."""
    while count:
        day += timedelta(days=1)
        count -= is_open(day)
    return day


def before(day: date, count: int) -> date:
    """The `count`-th banking day before `day`."""
    while count:
        day -= timedelta(days=1)
        count -= is_open(day)
    return day


def is_open(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[date]:
    """The holidays of a year, on the days they are kept."""
    fixed = (date(year, month, day) for month, day in FIXED)
    kept = {day + timedelta(days=1) if day.weekday() == SUNDAY else day for day in fixed}
    return frozenset(kept | {_moving(year, *rule) for rule in MOVING})


def _moving(year: int, month: int, weekday: int, count: int) -> date:
    if count < 0:
        return _moving(year, month + 1, weekday, 1) - timedelta(days=7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))
