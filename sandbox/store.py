"""The sandbox's memory: one SQLite file, committed before an answer leaves.

Rows are JSON documents by kind, merchant and id. `link` is the one thing a kind is looked up
by besides its id: a transaction's order id, a card's customer.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Doc = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS doc (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, merchant TEXT NOT NULL, id TEXT NOT NULL, link TEXT NOT NULL, data TEXT NOT NULL,
    UNIQUE (kind, merchant, id)
);
CREATE INDEX IF NOT EXISTS doc_link ON doc (kind, merchant, link);
CREATE TABLE IF NOT EXISTS due (
    kind TEXT NOT NULL, merchant TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (kind, merchant, id)
);
CREATE INDEX IF NOT EXISTS due_at ON due (kind, at);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

ALL = "SELECT data FROM doc WHERE kind = ? AND merchant = ? ORDER BY seq"
LINKED = "SELECT data FROM doc WHERE kind = ? AND merchant = ? AND link = ? ORDER BY seq"
SOME = """
SELECT data FROM doc WHERE kind = ? AND merchant = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY seq
"""
UPSERT = """
INSERT INTO doc (kind, merchant, id, link, data) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, merchant, id) DO UPDATE SET link = excluded.link, data = excluded.data
"""
DUE = "SELECT at, merchant, id FROM due WHERE kind = ? AND at <= ? ORDER BY at, rowid LIMIT ?"
FIRST_DUE = """
SELECT at, merchant, id FROM due
WHERE kind = ? AND at = (SELECT MIN(at) FROM due WHERE kind = ? AND at <= ?) ORDER BY rowid
"""


class Store:
    """Everything the sandbox knows. One writer at a time; use inside `transaction()`."""

    def __init__(self, path: str | Path) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self.stirred = threading.Event()  # something was queued, for whoever sends it
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + SCHEMA)
        with self.transaction():
            self.secret = bytes.fromhex(self._once("secret", secrets.token_hex(32)))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else in between."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def put(self, kind: str, merchant: str, id: str, data: Doc, link: str = "") -> Doc:
        self._db.execute(UPSERT, (kind, merchant, id, link, json.dumps(data)))
        return data

    def get(self, kind: str, merchant: str, id: str) -> Doc | None:
        sql = "SELECT data FROM doc WHERE kind = ? AND merchant = ? AND id = ?"
        row = self._db.execute(sql, (kind, merchant, id)).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str, merchant: str, link: str | None = None) -> list[Doc]:
        """Oldest first."""
        sql = ALL if link is None else LINKED
        args = (kind, merchant) if link is None else (kind, merchant, link)
        return [json.loads(data) for (data,) in self._db.execute(sql, args)]

    def some(self, kind: str, merchant: str, ids: list[str]) -> list[Doc]:
        """Those of these ids that there are, oldest first."""
        found = self._db.execute(SOME, (kind, merchant, json.dumps(ids)))
        return [json.loads(data) for (data,) in found]

    def drop(self, kind: str, merchant: str, id: str) -> None:
        self._db.execute("DELETE FROM doc WHERE kind = ? AND merchant = ? AND id = ?", (kind, merchant, id))

    def schedule(self, kind: str, merchant: str, id: str, at: str | None) -> None:
        """Something is to happen to this row at an instant (text, UTC), or nothing any more."""
        self._db.execute("DELETE FROM due WHERE kind = ? AND merchant = ? AND id = ?", (kind, merchant, id))
        if at:
            self._db.execute("INSERT INTO due VALUES (?, ?, ?, ?)", (kind, merchant, id, at))

    def due(self, kind: str, until: str, most: int = -1) -> list[tuple[str, str, str]]:
        """Instant, merchant and id of what is due by then, earliest first."""
        return self._db.execute(DUE, (kind, until, most)).fetchall()

    def first_due(self, kind: str, until: str) -> list[tuple[str, str, str]]:
        """As `due`, but only what falls due at the earliest instant."""
        return self._db.execute(FIRST_DUE, (kind, kind, until)).fetchall()

    def setting(self, name: str, default: Any = None) -> Any:
        row = self._db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, json.dumps(value)))

    def forget_all(self) -> None:
        """Everything but how it was started and the secret, so tokens already handed out keep their meaning."""
        self._db.execute("DELETE FROM doc")
        self._db.execute("DELETE FROM due")
        self._db.execute("DELETE FROM setting WHERE name NOT IN ('secret', 'browser_hosts')")

    def _once(self, name: str, value: str) -> str:
        if self.setting(name) is None:
            self.set(name, value)
        return str(self.setting(name))
