"""Free text: short, and without card numbers."""

import re

from stdnum import luhn

from billing.errors import CardInNote, NoteTooLong

LONGEST = 200
_RUNS = re.compile(r"\d[\d\s-]{11,}\d")


def scrubbed(note: str) -> str:
    """The note without spaces around, ready to keep.

    Raises:
        NoteTooLong: over 200 characters.
        CardInNote: 13–19 digits, spaces, new lines and hyphens ignored, that pass the Luhn check.
    """
    note = note.strip()
    if len(note) > LONGEST:
        raise NoteTooLong()
    if holds_card_number(note):
        raise CardInNote()
    return note


def holds_card_number(text: str) -> bool:
    """Some window of 13–19 digits in a run, of any script, passes Luhn."""
    runs = ("".join(str(int(digit)) for digit in re.findall(r"\d", run)) for run in _RUNS.findall(text))
    return any(_any_window(run) for run in runs)


def _any_window(digits: str) -> bool:
    windows = (digits[start : start + length] for length in range(13, 20) for start in range(len(digits) - length + 1))
    return any(luhn.is_valid(window) for window in windows)
