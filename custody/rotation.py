"""Keys changed while the portal is in use: the master key in an instant, the data key little by little."""

from datetime import datetime

import sealing
from custody.columns import changeable
from fields import SealedText
from models import DataKey, Row, db
from sealing import ring

AT_ONCE = 200  # rows of one transaction, so that a payment never waits long


def rewrap() -> int:
    """Wrap every data key with the current master key; no value changes. Returns how many keys there are.

    Raises:
        SealError: a data key is wrapped with a master key we do not have; nothing is changed then.
    """
    masters = ring.masters()
    with db.atomic():
        rows = list(DataKey.select())
        for row in rows:
            key = sealing.unwrap(row.wrapped, row.id, masters)
            wrapped = sealing.wrap(key, row.id, ring.master())
            DataKey.update(wrapped=wrapped).where(DataKey.id == row.id).execute()
    return len(rows)


def renew(now: datetime) -> str:
    """Make a data key that seals from now on; the others open what they sealed. Returns its id."""
    id, wrapped = sealing.new_data_key(ring.master())
    with db.atomic():
        DataKey.update(retired_at=now).where(DataKey.retired_at.is_null()).execute()
        DataKey.create(id=id, wrapped=wrapped, made_at=now)
    return id


def reseal(id: str) -> int:
    """Seal with data key `id` what another sealed, wherever rows may change; returns how many rows did.

    In small transactions: whoever works in the portal meanwhile hardly notices. Again until nothing is left to do: what
    was read before the key was changed may have been written back after we passed.
    """
    done = 0
    while found := sum(_reseal(model, fields, id) for model, fields in changeable().items()):
        done += found
    return done


def _reseal(model: type[Row], fields: list[SealedText], id: str) -> int:
    done, seen = 0, 0
    while True:
        with db.atomic():
            rows = list(model.select(model.id, *fields).where(model.id > seen).order_by(model.id).limit(AT_ONCE))
            stale = [row for row in rows if not _sealed_with(row, fields, id)]
            for row in stale:
                model.update({field: getattr(row, field.name) for field in fields}).where(model.id == row.id).execute()
        if not rows:
            return done
        done, seen = done + len(stale), rows[-1].id


def _sealed_with(row: Row, fields: list[SealedText], id: str) -> bool:
    kept = (row.__data__[field.name] for field in fields)
    return all(value is None or sealing.key_of(value.kept) == id for value in kept)
