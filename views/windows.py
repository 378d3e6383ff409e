"""Counts of what happened lately, kept in memory: one process serves one practice, and a restart may forget them."""

from collections import deque
from threading import Lock
from typing import Any

from flask import current_app
from limits.storage import MemoryStorage

CROWDED = 1_000


class Windows(MemoryStorage):
    """Moving windows by the application's clock, so that all limits of the portal live in one time.

    The library's own storage asks the machine's clock, and forgets in a thread of its own.
    """

    STORAGE_SCHEME = ["windows"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lock = Lock()
        self._moments: dict[str, deque[float]] = {}
        self._ends: dict[str, float] = {}  # when the last moment of a key is over
        self._crowded = CROWDED

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count it once more, if that keeps within `limit` in `expiry` seconds."""
        now = _seconds()
        with self._lock:
            if len(self._live(key, now - expiry)) + amount > limit:
                return False
            self._tidy(now)
            self._moments.setdefault(key, deque()).extend([now] * amount)
            self._ends[key] = now + expiry
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest moment that still counts was, and how many count."""
        now = _seconds()
        with self._lock:
            live = self._live(key, now - expiry)
            return (live[0] if live else now), len(live)

    def give_back(self, key: str) -> None:
        """Take back the last moment that was counted, if any is left."""
        with self._lock:
            if moments := self._moments.get(key):
                moments.pop()

    def clear(self, key: str) -> None:
        with self._lock:
            self._forget(key)

    def reset(self) -> int:
        with self._lock:
            count = len(self._moments)
            self._moments.clear()
            self._ends.clear()
            return count

    def _live(self, key: str, since: float) -> deque[float]:
        moments = self._moments.get(key, deque())
        while moments and moments[0] <= since:
            moments.popleft()
        return moments

    def _tidy(self, now: float) -> None:
        """Many addresses must not fill the memory: what is over is dropped whenever the keys have doubled."""
        if len(self._moments) < self._crowded:
            return
        for key in [key for key, end in self._ends.items() if end <= now]:
            self._forget(key)
        self._crowded = max(CROWDED, 2 * len(self._moments))

    def _forget(self, key: str) -> None:
        self._moments.pop(key, None)
        self._ends.pop(key, None)


def _seconds() -> float:
    moment: float = current_app.extensions["clock"]().timestamp()
    return moment
