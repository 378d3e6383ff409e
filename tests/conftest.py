"""What every test stands on: a database built by the real migrations, the application, a clock that can be set."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

import words
from billing.audit import broken
from billing.discrepancies import discrepancies
from config import Settings
from documents import pdf
from migrations import migrate
from models import (
    Attempt,
    AuditEntry,
    Charge,
    Deposit,
    DepositLine,
    Entry,
    Hold,
    MoneyBack,
    MonthTotal,
    OpenCharge,
    OpenCredit,
    Payment,
    Practice,
    Staff,
    User,
    WaitingPayment,
    db,
    open_database,
)
from tests import builders, quick  # noqa: F401 – takes effect when it is imported
from tests.browser_program import CHROMIUM
from tests.lent import lent, own
from tests.visitor import Visitor

# Rooms whose tests walk through everything without aiming at a rule: they count for nothing in the coverage of money,
# billing, gateways and documents, and are quicker unmeasured.
WALKS = {"browser", "look", "machine", "sandbox", "setup", "shell", "soak", "walk"}


BOOKS = (Charge, Payment, Entry, Attempt, WaitingPayment, MoneyBack, Hold, Deposit, DepositLine,
         OpenCharge, OpenCredit, MonthTotal)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """A worker of pytest-xdist reads the master's options; pytest-cov 7.1 then begins to measure for the master in it,
    beneath the measuring of the worker, and throws away what it saw.
    """
    measuring = controller(config)
    if measuring and hasattr(config, "workerinput"):
        measuring.pause()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with unmeasured(item.config) if WALKS & set(item.path.parts[-3:-1]) else nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """What a test stands on was built by rules that have tests of their own."""
    with unmeasured(item.config):
        return (yield)


@contextmanager
def unmeasured(config: pytest.Config) -> Iterator[None]:
    """What happens here is not looked at for coverage: watching each line costs a third of the time."""
    measuring = controller(config)
    if not measuring or not measuring.started:
        yield
        return
    measuring.pause()
    try:
        yield
    finally:
        measuring.resume()


def controller(config: pytest.Config) -> Any:
    """Who measures coverage in this process, if anybody does."""
    return getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)


@dataclass
class Clock:
    """The app's clock; `clock.at` may be set, `clock.pass_(minutes=5)` moves it."""

    at: datetime = builders.NOW

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture(scope="session", autouse=True)
def printing() -> Iterator[None]:
    """The printing process ends with its tests: what it saw is written down before all coverage is added up."""
    yield
    pdf.child.end()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Where the templates of a run are kept compiled, for all its workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "compiled"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "evenly.sqlite"
    open_database(str(path))
    migrate()
    return path


@contextmanager
def copied(original: Path, folder: Path, config: pytest.Config) -> Iterator[Path]:
    """A database of one test's own, open; after the test the books must balance."""
    path = folder / "evenly.sqlite"
    shutil.copy(original, path)
    open_database(str(path))
    db.connect()
    yield path
    with unmeasured(config):
        found = [*(discrepancies() if anything_booked() else broken()), *unsaid()]
    db.close()
    assert found == []


def anything_booked() -> bool:
    """Whether there is anything in which the books could differ; half the tests never come near them."""
    return any(model.select(model.id).limit(1).tuples().first() for model in BOOKS)


def unsaid() -> list[str]:
    """What was logged and has no sentence for whoever reads the log."""
    logged = {row.what for row in AuditEntry.select(AuditEntry.what).distinct()} - {"newly.invented"}
    settings = {what for what in logged if what.startswith(("practice.", "provider."))}
    known = {what for what in logged if {f"log.{what}", f"log.{what}.no"} & set(words.sentences())}
    return [f"translations/ has no sentence log.{what}" for what in sorted(logged - settings - known)]


@pytest.fixture
def database(migrated: Path, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Path]:
    """An empty, migrated database."""
    with copied(migrated, tmp_path, pytestconfig) as path:
        yield path


@pytest.fixture
def practice(database: Path) -> Practice:
    """The practice of the builders."""
    return builders.the_practice()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(database: Path) -> Settings:
    return Settings(mode="test", database=database, public_url="http://localhost")


@pytest.fixture
def app(
    request: pytest.FixtureRequest, practice: Practice, settings: Settings, clock: Clock, compiled: Path
) -> Iterator[Flask]:
    adds_pages = request.node.get_closest_marker("own_app")
    with nullcontext(own(settings, compiled)) if adds_pages else lent(settings, compiled) as app:
        app.extensions["clock"] = clock
        yield app


@pytest.fixture
def client(app: Flask) -> Visitor:
    return app.test_client()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one Chromium of a run: Playwright cannot be started twice. Each test opens a context of its own."""
    expect.set_options(timeout=15_000)  # a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(app: Flask) -> Callable[[User | Staff], Visitor]:
    """A browser of its own in which this person has signed in."""
    return lambda person: app.test_client().enter(person)
