"""Speed against the budgets, as ratios within one run: machines differ, what they compare does not.

Only `./evenly bench` comes here. Its last lines are the table.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from flask import Flask

from app import create_app
from config import Settings
from models import Staff, User, db
from tests.bench import bulk
from tests.builders import NOW
from tests.visitor import Visitor

FEW, MANY = 1_000, 1_000_000
RESULTS = pytest.StashKey[list]()


@dataclass(frozen=True)
class Result:
    """`ours` and `theirs` are milliseconds."""

    budget: str
    what: str
    ours: float
    theirs: float
    most: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def kept(self) -> bool:
        return self.ratio <= self.most


@pytest.fixture
def compare(request) -> Callable[..., None]:
    """Write a line of the table; the test fails when the budget is not kept."""

    def compare(budget: str, what: str, ours: float, theirs: float, most: float) -> Result:
        result = Result(budget, what, ours, theirs, most)
        request.config.stash[RESULTS].append(result)
        return result

    return compare


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RESULTS] = []


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    terminalreporter.section("Speed against the budgets")
    for row in config.stash[RESULTS]:
        verdict = "" if row.kept else "  over"
        figures = f"{row.ours:9.1f} ms {row.theirs:9.1f} ms {row.ratio:8.2f} of {row.most}"
        terminalreporter.write_line(f"{row.budget}  {row.what:58}{figures}{verdict}")


def milliseconds(work: Callable[[], object], most: float = 3) -> float:
    """The median time on the processor; what others do on the machine meanwhile does not count.

    As often as fits into `most` seconds, and 30 times at most.
    """
    work()
    taken: list[float] = []
    while len(taken) < 30 and sum(taken) < most * 1000:
        began = process_time()
        work()
        taken.append((process_time() - began) * 1000)
    return median(taken)


@pytest.fixture(scope="session")
def files(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Path]]:
    """Number of charges -> a practice with as many; about a gigabyte, removed afterwards."""
    folder = tmp_path_factory.mktemp("many")
    made = {count: folder / f"{count}.sqlite" for count in (FEW, MANY)}
    for count, path in made.items():
        shutil.copy(migrated, path)
        bulk.fill(path, count)
    yield made
    shutil.rmtree(folder)


def open_app(path: Path) -> Flask:
    """The portal on this file, on the builders' day; it is the one that every query goes to now."""
    if not db.is_closed():
        db.close()
    app = create_app(Settings(mode="test", database=path, public_url="http://localhost"))
    app.extensions["clock"] = lambda: NOW
    app.test_client_class = Visitor
    db.connect()
    return app


def signed_in(app: Flask, kind: type[User | Staff]) -> Visitor:
    """Ana or Rosa."""
    browser: Visitor = app.test_client()
    return browser.enter(kind.get())
