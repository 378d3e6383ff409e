"""A practice with very many charges, written straight into the tables in a few statements.

A twentieth of the charges belongs to each account; half of them are paid by check, and each payment has a receipt.
The rows are whole but for the chain of hashes: nothing here asks whether the books balance.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fields import SealedText
from migrations import sums, triggers
from models import TABLES, Document, MonthTotal, OpenCharge, OpenCredit, OpenDay, db, open_database
from tests import builders

PER_ACCOUNT = 20
ON = "date('2026-11-19', '-' || (i % 20) || ' days')"
AT = f"{ON} || 'T18:00:00.000000Z'"
PAID = "i % 2 = 0"
UNREAD = 100
UNREADY = "1, 3, 5, 7"
MODELS = {model._meta.table_name: model for model in TABLES}


def fill(path: Path, charges: int) -> None:
    """`charges` charges after those of the builders; account 1 is Ana's, who signs in, and has as many as any other."""
    open_database(str(path))
    with db.connection_context():
        ana = builders.ana()
        builders.a_staff_member(role="owner", email="rosa@example.com")
        assert ana.account.id == 1
        for pragma in ("synchronous = off", "cache_size = -200000", "temp_store = memory"):
            db.execute_sql(f"PRAGMA {pragma}")
        with db.atomic():
            _people(charges // PER_ACCOUNT)
            with _sums_at_the_end():
                _money(charges)
            _news(charges)
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _people(accounts: int) -> None:
    """One client and one payer for each account after Ana's."""
    _insert(
        "client", "id, key, first_name, last_name, language", "i, 'c' || i, 'Client ' || i, 'Demo', 'en'", 2, accounts
    )
    _insert("account", "id, key, number, guarantor_name, kind",
            "i, 'a' || i, 100000 + i, 'Payer ' || i, 'single'", 2, accounts)  # fmt: skip
    _insert("account_client", "account_id, client_id", "i, i", 2, accounts)


def _money(charges: int) -> None:
    account = f"1 + i / {PER_ACCOUNT}"
    last = charges - 1
    _insert("charge", "id, key, account_id, client_id, kind, label, service_date, amount, payer, units, modifiers,"
            " rendered, ready",
            f"i + 1, 'v' || i, {account}, {account}, 'service', 'Talk therapy', {ON}, 15000, 'client', 1, '[]',"
            f" 1, i NOT IN ({UNREADY})",
            0, last)  # fmt: skip
    _insert("payment", "id, key, account_id, user_id, amount, method, source, way, paid_at",
            f"i + 1, 'p' || i, {account}, CASE WHEN {account} = 1 THEN 1 END, 15000, 'check', 'staff', 'staff', {AT}",
            0, last, PAID)  # fmt: skip
    columns = 'account_id, charge_id, payment_id, kind, amount, by, "on", at, prev_hash, hash'
    rest = f"15000, 'staff:1', {ON}, {AT}"
    _insert("entry", columns, f"{account}, i + 1, NULL, 'charge', {rest}, {_hashes('c')}", 0, last)
    _insert("entry", columns, f"{account}, NULL, i + 1, 'payment', {rest}, {_hashes('p')}", 0, last, PAID)
    _insert("entry", columns, f"{account}, i + 1, i + 1, 'allocation', {rest}, {_hashes('r')}", 0, last, PAID)
    columns = "key, type, year, serial, account_id, user_id, payment_id, labels, issued_at, data, data_sha256"
    user, data = f"CASE WHEN {account} = 1 THEN 1 END", f"'{Document.data.db_value({'amount': 150_00})}'"
    _insert("document", columns, f"'d' || i, 'receipt', 2026, i, {account}, {user}, i + 1, 1, {AT}, {data}, ''",
            0, last, PAID)  # fmt: skip


@contextmanager
def _sums_at_the_end() -> Iterator[None]:
    """Once for all entries, not entry by entry; what went in before is counted anew."""
    for name in sums.triggers():
        db.execute_sql(f"DROP TRIGGER {name}")
    yield
    for table in (OpenCharge, OpenDay, OpenCredit, MonthTotal):
        table.delete().execute()
    for sql in sums.fill():
        db.execute_sql(sql)
    triggers.lay()


def _news(charges: int) -> None:
    """One of each payment; all but the latest were read."""
    columns = "key, kind, account_id, payment_id, amount, at, read_at"
    read = f"CASE WHEN i < {charges - UNREAD} THEN {AT} END"
    account = f"1 + i / {PER_ACCOUNT}"
    _insert("notice", columns, f"'n' || i, 'notice.payment', {account}, i + 1, 15000, {AT}, {read}",
            0, charges - 1, PAID)  # fmt: skip


def _hashes(letter: str) -> str:
    """Two that no other row has."""
    return f"printf('{letter}a%062d', i), printf('{letter}b%062d', i)"


def _insert(table: str, columns: str, values: str, first: int, last: int, which: str = "1") -> None:
    """One row for each number from `first` to `last`; columns not named are empty, sealed or not, zero or false."""
    given = [name.strip().strip('"') for name in columns.split(",")]
    empty = {row[1]: _empty(table, *row[1:3]) for row in db.execute_sql(f'PRAGMA table_info("{table}")')
             if row[3] and row[1] not in given and not row[5]}  # fmt: skip
    names = ", ".join([columns, *(f'"{name}"' for name in empty)])
    rows = f"SELECT {', '.join([values, *empty.values()])} FROM n WHERE {which}"
    numbers = f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    db.execute_sql(f'{numbers} INSERT INTO "{table}" ({names}) {rows}')


def _empty(table: str, column: str, type: str) -> str:
    field = MODELS[table]._meta.columns[column]
    if isinstance(field, SealedText):
        return f"'{field.db_value([] if field.default is list else '')}'"
    return "''" if type == "TEXT" else "0"
