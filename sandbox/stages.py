"""When a transaction's next step comes by itself. Hours are UTC."""

from datetime import UTC, datetime, time

import banking_days
from sandbox import clock
from sandbox.store import Doc

CUTOFF, SETTLED_BY, PAID_AT = 22, 6, 12
BANKING_DAYS = 2  # from settled to paid out


def due_at(row: Doc) -> str | None:
    """The instant as it is stored; None when nothing happens any more without a request."""
    since = clock.read(row["history"][-1]["at"])
    match row["status"]:
        case "authorized":
            return str(row["expires_at"])
        case "submitted_for_settlement":
            return clock.text(clock.next_at(since, CUTOFF))
        case "settling" | "settlement_confirmed":
            return clock.text(clock.next_at(since, SETTLED_BY))
        case "settled" if not row["disbursed_on"]:
            day = banking_days.after(since.date(), BANKING_DAYS)
            return clock.text(datetime.combine(day, time(PAID_AT), UTC))
    return None
