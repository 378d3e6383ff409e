"""The sandbox's own time: real time plus an offset that tests and the demo may move."""

from datetime import UTC, datetime, timedelta

from sandbox.store import Store


def now(store: Store) -> datetime:
    """Aware UTC, whole seconds, as the wire shows it."""
    moved = datetime.now(UTC) + timedelta(seconds=store.setting("clock", 0))
    return moved.replace(microsecond=0)


def advance(store: Store, seconds: float) -> None:
    store.set("clock", store.setting("clock", 0) + seconds)


def set_to(store: Store, instant: datetime) -> None:
    store.set("clock", (instant - datetime.now(UTC)).total_seconds())


def text(instant: datetime) -> str:
    """How an instant is stored."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(value: str) -> datetime:
    """An instant from ISO text; one without a zone is UTC. Raises ValueError."""
    instant = datetime.fromisoformat(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def maybe(value: str | None) -> datetime | None:
    return read(value) if value else None


def next_at(instant: datetime, hour: int) -> datetime:
    """The first full `hour` (UTC) after an instant."""
    today = instant.astimezone(UTC).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > instant else today + timedelta(days=1)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
