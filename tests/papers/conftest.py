"""The demo practice, told once as of November 20, 2026, and each of its papers printed at most once."""

import shutil
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import documents
from demo.load import load
from documents.pdf import draw
from models import Document, db, open_database
from tests.builders import NOW, TODAY
from tests.conftest import copied
from tests.papers.reading import Printed
from tests.visitor import HASH


@pytest.fixture(scope="session")
def told(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "evenly.sqlite"
    shutil.copy(migrated, path)
    open_database(str(path))
    with db.connection_context():
        load(TODAY, NOW, HASH)
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def demo(told: Path, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Path]:
    """A demo practice of this test's own."""
    with copied(told, tmp_path, pytestconfig) as path:
        yield path


@pytest.fixture
def paper(demo: Path) -> Callable[[str], Document]:
    """The demo practice's paper with this number."""

    def find(number: str) -> Document:
        return next(document for document in Document.select() if document.number == number)

    return find


@cache
def _printed(html: str) -> Printed:
    return Printed(drawn(html))


def drawn(html: str) -> bytes:
    """Printed in this process. WeasyPrint leaves a colour profile to be closed by the collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        return draw(html)


@pytest.fixture
def printed(paper: Callable[[str], Document]) -> Callable[[str], Printed]:
    """That paper as PDF, read back; printed once however many tests look at it."""
    return lambda number: _printed(documents.page(paper(number)))
