"""What is written down while the program runs: never a run of digits that could be a card number, nor an email."""

import logging
import re

LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){12,}")
EMAIL = re.compile(r"(?<![\w.%+-])[\w.%+-]++@[\w-]+(?:\.[\w-]+)+")
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


# Others tell what they like at lower levels: every statement of the database with its values, every address called.
OURS = frozenset(
    {
        "app", "billing", "cli", "custody", "documents", "evenly", "gateways", "identity", "jobs", "mail", "migrations",
        "views",
    }
)  # fmt: skip


class Masked(logging.Formatter):
    """Also the text of an exception is masked: it may quote what somebody typed."""

    def format(self, record: logging.LogRecord) -> str:
        return EMAIL.sub("[email]", LONG_NUMBER.sub("[number]", super().format(record)))


def may_be_written(record: logging.LogRecord) -> bool:
    """Ours at every level; of others warnings and what is worse."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS


def configure(level: str) -> None:
    """Log to the error stream from `level` upwards."""
    handler = logging.StreamHandler()
    handler.setFormatter(Masked(LINE))
    handler.addFilter(may_be_written)
    logging.basicConfig(level=level, handlers=[handler], force=True)
