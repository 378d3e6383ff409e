"""What everyone owes today, on one sheet for the owner: what a practice needs when nothing else is at hand."""

import io
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from billing import audit, sheets
from billing.ledger import account_figures
from custody import sealed_files
from models import Account, Practice
from money import Cents, plain_dollars
from sealing import ring
from words import show_instant

COLUMNS: list[sheets.Cell] = ["Account", "Guarantor", "Owes", "Credit"]


def make(path: Path, now: datetime) -> int:
    """Seal today's sheet into `path`; returns how many accounts are on it.

    Raises:
        OSError: `path` cannot be written.
        SealError: there is no master key.
    """
    count = _seal(path, now)
    audit.note("system", "balances.make", "practice:1", now)
    return count


def sealed(now: datetime) -> tuple[bytes, int]:
    """The same as a file to send, and how many accounts are on it; who gets it writes that down. Raises SealError."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "balances")
        count = _seal(path, now)
        return path.read_bytes(), count


def read(path: Path) -> str:
    """The sheet in plain. Raises SealError or OSError when it does not open."""
    plain = io.BytesIO()
    sealed_files.read(path, plain, "balances", ring.masters())
    return plain.getvalue().decode()


def _seal(path: Path, now: datetime) -> int:
    accounts = list(Account.select().order_by(Account.number))
    plain = io.BytesIO(sheet(accounts, now).encode())
    sealed_files.write(path, plain, "balances", now, ring.master())
    return len(accounts)


def sheet(accounts: list[Account], now: datetime) -> str:
    """Account number, the guarantor's initials, what is owed, what is credit."""
    title = f"Balances on {show_instant(now, Practice.the().time_zone, 'en')}"
    figures = account_figures(accounts)
    lines = [_line(account, figures[account.id].balance) for account in accounts]
    return "".join(sheets.sheet([title], [COLUMNS, *lines]))


def _line(account: Account, balance: Cents) -> list[sheets.Cell]:
    owes, credit = max(balance, 0), max(-balance, 0)
    return [account.number, initials(account.guarantor_name), plain_dollars(owes), plain_dollars(credit)]


def initials(name: str) -> str:
    """ "A.D." """
    return "".join(f"{word[0]}." for word in name.split())
