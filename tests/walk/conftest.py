"""The demo practice, loaded and told once, copied for each walk; everyone in it signs in with the tests' password."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

import documents
import sandbox
from billing.discrepancies import discrepancies
from choices import AttemptState, LinkRole, Right
from config import Settings
from demo import load, vault
from models import (
    TABLES,
    Account,
    AuditEntry,
    Charge,
    Link,
    Row,
    SignIn,
    Staff,
    Strike,
    User,
    WaitingPayment,
    db,
    open_database,
)
from tests.builders import NOW, TODAY, Person, a_notification, an_attempt, noon
from tests.visitor import HASH, Visitor
from views.limits import limiter

As = Callable[[str], Visitor]

# The same words give the same bytes: what one walk has printed, the next need not print again.
_printed_once = cache(documents.render)


@pytest.fixture(scope="session")
def processor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sandbox.Running]:
    """The sandbox that knows the demo's cards and payments."""
    running = sandbox.start(tmp_path_factory.mktemp("processor") / "sandbox.sqlite")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def demo(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The practice's file on the day of the story, and one payment more, which waits to be posted."""
    path = tmp_path_factory.mktemp("demo") / "evenly.sqlite"
    shutil.copy(migrated, path)
    open_database(str(path))
    with db.connection_context():
        load.load(TODAY, NOW, HASH)
        _omars_waiting_payment()
        _max_signs_in()
        a_notification()
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def _omars_waiting_payment() -> None:
    omar, account = User.get(User.name == "Omar Aziz-Demo"), Account.get(Account.number == "1012")
    charge = Charge.get((Charge.account == account) & (Charge.label == "Group visit"))
    attempt = an_attempt(
        Person(omar, account, charge.client), (charge, charge.amount), state=AttemptState.SUCCEEDED,
        sent_at=noon(TODAY), answered_at=noon(TODAY), card_brand="Visa", card_last4="1881",
    )  # fmt: skip
    WaitingPayment.create(attempt=attempt, account=account, amount=charge.amount, received_at=noon(TODAY))


def _max_signs_in() -> None:
    """Luis's son may consent by himself and has a login of his own; his father pays."""
    account, rights = Account.get(Account.number == "1004"), [right for right in Right if right not in _FATHERS]
    max_ = User.create(name="Max Tran-Demo", email="max@example.com", password_hash=HASH)
    Link.create(user=max_, account=account, role=LinkRole.MINOR, rights=rights, basis="own consent", from_on=TODAY)


_FATHERS = (Right.PAY, Right.LINKS)


@pytest.fixture
def database(demo: Path, processor: sandbox.Running, tmp_path: Path) -> Iterator[Path]:
    """A copy of the demo, its cards at the processor as well; after the test the books must balance."""
    path = tmp_path / "evenly.sqlite"
    shutil.copy(demo, path)
    open_database(str(path))
    db.connect()
    processor.seed(vault.seeds())
    yield path
    found = discrepancies()
    db.close()
    assert found == []


@pytest.fixture
def settings(database: Path, processor: sandbox.Running) -> Settings:
    return Settings(mode="demo", database=database, public_url="http://localhost", gateway_port=processor.port)


@pytest.fixture(autouse=True)
def _loud(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception ends the test instead of becoming a page; no walk pays for the steps of another."""
    app.config["PROPAGATE_EXCEPTIONS"] = True
    monkeypatch.setattr(documents, "render", _printed_once)
    limiter.reset()


@pytest.fixture
def as_(app: Flask) -> As:
    """A browser of its own: `as_("ana")`, `as_("rosa")`, `as_("stranger")`."""

    def as_(name: str) -> Visitor:
        browser: Visitor = app.test_client()
        return browser if name == "stranger" else browser.enter(person(name))

    return as_


def person(name: str) -> User | Staff:
    """Someone of the demo by first name."""
    email = f"{name}@example.com"
    return User.get_or_none(User.email == email) or Staff.get(Staff.email == email)


def kept(*, beside: Iterable[type[Row]] = (SignIn, Strike, AuditEntry)) -> dict[str, int]:
    """Table -> a print of its rows as they lie in the file, to see that nothing was written; `beside` may change."""
    tables = [model for model in TABLES if model not in beside]
    return {model.__name__: hash(repr(rows_of(model))) for model in tables}


def rows_of(model: type[Row]) -> list[tuple]:
    return db.execute_sql(f"SELECT * FROM {model._meta.table_name} ORDER BY id").fetchall()
