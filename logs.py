"""What is written down while the program runs: never a run of digits that could be a card number."""

import logging
import re

LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){12,}")
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


class Masked(logging.Formatter):
    """Also the text of an exception is masked: it may quote what somebody typed."""

    def format(self, record: logging.LogRecord) -> str:
        return LONG_NUMBER.sub("[number]", super().format(record))


def configure(level: str) -> None:
    """Log to the error stream from `level` upwards."""
    handler = logging.StreamHandler()
    handler.setFormatter(Masked(LINE))
    logging.basicConfig(level=level, handlers=[handler], force=True)
