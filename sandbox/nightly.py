"""What time alone does: sales settle at night, are paid out, and authorizations end."""

from datetime import datetime

from sandbox import clock, disputes, transactions, webhooks
from sandbox.call import Call, fresh_id
from sandbox.store import Doc, Store


def catch_up(store: Store, until: datetime) -> None:
    """Everything due until then, in the order of time and dated when it was due; in the caller's transaction."""
    while found := store.first_due("transaction", clock.text(until)):
        at = clock.read(found[0][0])
        _take_steps(store, at, [(merchant, id) for _, merchant, id in found])
    disputes.expire(store, until)


def _take_steps(store: Store, at: datetime, due: list[tuple[str, str]]) -> None:
    """One step for each; what is paid out on a day to one account is one payout."""
    payouts: dict[tuple[str, str], list[Doc]] = {}
    for merchant, id in due:
        call = Call(store, merchant, at)
        row = call.need("transaction", id)
        if row["status"] == "settled":
            payouts.setdefault((merchant, row["account"]), []).append(row)
        else:
            _step(call, row)
    for (merchant, account), rows in payouts.items():
        _pay_out(Call(store, merchant, at), account, rows)


def _step(call: Call, row: Doc) -> Doc:
    if row["status"] == "authorized":
        return transactions.move(call, row, "authorization_expired")
    if row["status"] == "submitted_for_settlement":
        return transactions.move(call, row, "settling")
    return transactions.settle(call, row)


def _pay_out(call: Call, account: str, rows: list[Doc]) -> None:
    """Sales less refunds in one sum; an exception that was ordered happens now."""
    day, exception = call.now.date().isoformat(), call.store.setting("payout_exception", "")
    for row in rows:
        transactions.keep(call, row | {"disbursed_on": day, "paid_out": not exception})
    cents = sum(row["cents"] if row["type"] == "sale" else -row["cents"] for row in rows)
    id, ids = fresh_id(12), [row["id"] for row in rows]
    facts = {"id": id, "account": account, "cents": cents, "on": day, "exception": exception, "transaction_ids": ids}
    call.put("disbursement", id, facts)
    call.store.set("payout_exception", "")
    webhooks.announce(call.store, "disbursement_exception" if exception else "disbursement", id, call.now)
