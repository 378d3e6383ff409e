"""The demo practice with everything in it that must not be read from a stolen file."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from app import create_app
from config import DEMO_DATA_KEY, Settings
from demo.load import load
from models import Account, Attempt, Charge, Hold, Totp, User, db, open_database
from tests.builders import NOW, TODAY, Person, an_attempt
from tests.conftest import Clock, copied
from tests.visitor import HASH

NOTE = "Paid for both of us, see you Thursday"
HELD = "Her employer asked twice about this visit"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(scope="session")
def told(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("told") / "evenly.sqlite"
    shutil.copy(migrated, path)
    open_database(str(path))
    with db.connection_context():
        load(TODAY, NOW, HASH)
        charge = Charge.select().order_by(Charge.id).first()
        user = User.get(email="ana@example.com")
        Attempt.update(note=NOTE).where(Attempt.id == _a_declined(user, charge).id).execute()
        Hold.create(kind="review", account=Account.get(), charge=charge, reason=HELD, began_at=NOW, ended_at=NOW)
        Totp.create(user=user, secret=TOTP_SECRET, created_at=NOW, confirmed_at=NOW)
        db.pragma("wal_checkpoint(TRUNCATE)")
    return path


def _a_declined(user: User, charge: Charge) -> Attempt:
    return an_attempt(Person(user, charge.account, charge.client), (charge, 100), state="declined")


@pytest.fixture
def demo(told: Path, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Path]:
    """A demo practice of this test's own, open."""
    with copied(told, tmp_path, pytestconfig) as path:
        yield path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    file.write_text(DEMO_DATA_KEY)
    return file


@pytest.fixture
def run(demo: Path, key_file: Path, tmp_path: Path, clock: Clock) -> Callable[..., Result]:
    """A command on the demo practice, whose keys stand in a file."""
    settings = Settings(
        mode="test", database=demo, public_url="http://localhost", data_key_file=str(key_file),
        backup_folder=str(tmp_path / "backups"),
    )  # fmt: skip
    app = create_app(settings)
    app.extensions["clock"] = clock
    return lambda *words: app.test_cli_runner().invoke(args=[str(word) for word in words])
