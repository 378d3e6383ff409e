"""Two things tests ask again and again: that a refusal wrote nothing, and how many queries something cost."""

from contextlib import contextmanager

import pytest

from billing.errors import NotAllowed
from models import TABLES, db


def rows_written() -> dict[str, int]:
    return {model.__name__: model.select().count() for model in TABLES}


@contextmanager
def refused(error=NotAllowed):
    """The commands inside are refused with a sentence and leave not one row behind."""
    before = rows_written()
    with pytest.raises(error) as caught:
        yield caught
    assert rows_written() == before


@contextmanager
def assert_query_count(count: int):
    """What runs inside costs exactly this many statements."""
    statements: list[str] = []
    db.connection().set_trace_callback(statements.append)
    try:
        yield
    finally:
        db.connection().set_trace_callback(None)
    assert len(statements) == count, "\n".join(statements)
