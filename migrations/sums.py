"""The sums that the database keeps by itself, entry by entry: what is open of a charge, and since each day; what is
unapplied of a payment; what came in and went back in each month.

The equations are those of billing/figures.py, in SQL. An entry has its own charge or payment worked out anew, along an
index: what that costs does not grow with the file.
"""

from collections.abc import Iterable

from choices import BACK, EntryKind, words

K = EntryKind
GONE = tuple(kind for kind in BACK if kind != K.CHARGEBACK_WON)


def _signed(row: str, plus: Iterable[EntryKind], minus: Iterable[EntryKind]) -> str:
    """The amount of `row`, with its sign."""
    amount = f"WHEN {row}.kind IN ({words(plus)}) THEN {row}.amount"
    return f"CASE {amount} WHEN {row}.kind IN ({words(minus)}) THEN -{row}.amount ELSE 0 END"


NET = _signed(
    "entry",
    (K.CHARGE, K.ADJUSTMENT_REVERSAL, K.INSURANCE_REVERSAL),
    (K.CHARGE_VOID, K.ADJUSTMENT, K.INSURANCE_PAYMENT),
)
MOVED = _signed("entry", [K.TRANSFER], [K.TRANSFER_REVERSAL])
ALLOCATED = _signed("entry", [K.ALLOCATION], [K.RELEASE])
UNAPPLIED = _signed("entry", (K.PAYMENT, K.RELEASE, K.CHARGEBACK_WON), (K.ALLOCATION, *GONE))


def open_charges(which: str) -> str:
    """SQL that writes down the charges of `which` entries of which something is open, or waits on a plan."""
    return f"""
INSERT INTO open_charge (charge_id, account_id, open, pending, since)
SELECT charge_id, account_id, client - allocated, net - client, since FROM (
    SELECT charge_id, account_id, net, allocated, iif(payer = 'client', net, min(net, moved)) AS client,
        iif(payer = 'client', posted_on, moved_on) AS since
    FROM (
        SELECT charge.id AS charge_id, charge.account_id, charge.payer,
            sum({NET}) AS net, sum({MOVED}) AS moved, sum({ALLOCATED}) AS allocated,
            min(iif(entry.kind = '{K.CHARGE}', entry."on", NULL)) AS posted_on,
            min(iif(entry.kind = '{K.TRANSFER}', entry."on", NULL)) AS moved_on
        FROM entry JOIN charge ON charge.id = entry.charge_id WHERE {which} GROUP BY charge.id
    )
) WHERE client <> allocated OR net <> client
"""  # noqa: S608 (our own names)


def open_credits(which: str) -> str:
    """SQL that writes down the payments of `which` entries of which something is unapplied."""
    return f"""
INSERT INTO open_credit (payment_id, account_id, unapplied)
SELECT payment.id, payment.account_id, sum({UNAPPLIED}) AS unapplied
FROM entry JOIN payment ON payment.id = entry.payment_id WHERE {which} GROUP BY payment.id HAVING unapplied <> 0
"""  # noqa: S608 (our own names)


def fill() -> list[str]:
    """SQL that works the sums out for all entries there are, into their empty tables."""
    came, went = _came_and_went("entry")
    return [
        open_charges("1"),
        """
INSERT INTO open_day (since, charges, open, pending)
SELECT ifnull(since, ''), count(*), sum(open), sum(pending) FROM open_charge GROUP BY 1
""",
        open_credits("1"),
        f"""
INSERT INTO month_total (month, received, back)
SELECT substr("on", 1, 7), sum({came}), sum({went}) FROM entry WHERE {_moves("entry")} GROUP BY 1
""",  # noqa: S608 (our own names)
    ]


def triggers() -> dict[str, str]:
    """Name -> SQL of the triggers that keep them from then on."""
    month = ", ".join(['substr(NEW."on", 1, 7)', *_came_and_went("NEW")])
    add = f"INSERT INTO month_total (month, received, back) VALUES ({month})"  # noqa: S608 (our own names)
    upon = "ON CONFLICT (month) DO UPDATE SET received = received + excluded.received, back = back + excluded.back"
    return {
        **_days(),
        "entry_sums_charge": _after(
            "entry_sums_charge",
            "NEW.charge_id IS NOT NULL",
            "DELETE FROM open_charge WHERE charge_id = NEW.charge_id",
            open_charges("entry.charge_id = NEW.charge_id"),
        ),
        "entry_sums_payment": _after(
            "entry_sums_payment",
            f"NEW.payment_id IS NOT NULL AND NEW.kind <> '{K.SETTLEMENT}'",
            "DELETE FROM open_credit WHERE payment_id = NEW.payment_id",
            open_credits("entry.payment_id = NEW.payment_id"),
        ),
        "entry_sums_month": _after(
            "entry_sums_month",
            _moves("NEW"),
            f"{add} {upon}",
        ),
    }


def _days() -> dict[str, str]:
    """An open charge counts on its day from when it is written down until it is struck."""
    added = """
AFTER INSERT ON open_charge BEGIN
    INSERT INTO open_day (since, charges, open, pending) VALUES (ifnull(NEW.since, ''), 1, NEW.open, NEW.pending)
    ON CONFLICT (since) DO UPDATE SET
        charges = charges + 1, open = open + excluded.open, pending = pending + excluded.pending;
END
"""
    struck = """
AFTER DELETE ON open_charge BEGIN
    UPDATE open_day SET charges = charges - 1, open = open - OLD.open, pending = pending - OLD.pending
    WHERE since = ifnull(OLD.since, '');
    DELETE FROM open_day WHERE since = ifnull(OLD.since, '') AND charges = 0;
END
"""
    parts = {"open_charge_sums_added": added, "open_charge_sums_struck": struck}
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in parts.items()}


def _after(name: str, when: str, *statements: str) -> str:
    return f"CREATE TRIGGER {name} AFTER INSERT ON entry WHEN {when} BEGIN {'; '.join(statements)}; END"


def _moves(row: str) -> str:
    return f"{row}.kind IN ({words((K.PAYMENT, *BACK))})"


def _came_and_went(row: str) -> tuple[str, str]:
    return f"iif({row}.kind = '{K.PAYMENT}', {row}.amount, 0)", _signed(row, GONE, [K.CHARGEBACK_WON])
