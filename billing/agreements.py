"""Fees agreed with one client (sliding scale): which holds on a day, and what the client is charged by it."""

from datetime import date, timedelta
from typing import Any

from peewee import fn

from billing.audit import note
from billing.errors import BillingError, NotAllowed
from billing.formats import FieldRefused, line, needed
from billing.stamp import Stamp
from choices import ChargeKind
from models import Agreement, Client, Fee, db
from money import Cents, tenths_of_percent, whole_cents

WHOLE = 1000  # tenths of a percent

REASON = needed(line(200))


class AgreementRefused(BillingError):
    """Such an agreement may not be; the sentence says why."""


def amount_of(fee: Fee, tenths: int) -> Cents:
    """`tenths` of a percent of the fee, in cents, half-up; counted once, when it is agreed.

    Raises:
        AgreementRefused: below nothing or above the whole fee.
    """
    if not 0 <= tenths <= WHOLE:
        raise AgreementRefused("pr.agree.err.percent", field="percent")
    return tenths_of_percent(fee.amount, tenths)


def agree(
    client: Client, fee: Fee, amount: Cents, reason: str, stamp: Stamp, *, from_on: date, until_on: date | None = None
) -> Agreement:
    """From `from_on` until the end of `until_on`, this client is charged `amount` cents for this line.

    Raises:
        AgreementRefused: more than the fee, a fee that is no visit, an end before the beginning, or another
            agreement for one of these days.
        FieldRefused: no reason, or a long one.
    """
    with db.atomic():
        _check(fee, amount, from_on, until_on)
        if _overlapping(client, fee, from_on, until_on).exists():
            raise AgreementRefused("pr.agree.err.twice", field="from_on")
        agreement: Agreement = Agreement.create(
            client=client, fee=fee, amount=amount, from_on=from_on, until_on=until_on, reason=_reason(reason),
            by=stamp.by, at=stamp.at,
        )  # fmt: skip
        note(stamp.by, "agreement.made", f"agreement:{agreement.id} client:{client.id}", stamp.at)
    return agreement


def end(agreement: Agreement, last_day: date, stamp: Stamp) -> None:
    """Let `last_day` be the last on which it holds; one that has not begun by then never will. Ended ones stay ended.

    Raises:
        NotAllowed: it ends earlier already.
    """
    with db.atomic():
        until = max(last_day, agreement.from_on - timedelta(days=1))
        standing = Agreement.until_on.is_null() | (Agreement.until_on > until)
        if not Agreement.update(until_on=until).where((Agreement.id == agreement.id) & standing).execute():
            raise NotAllowed("pr.agree.err.ended")
        subject = f"agreement:{agreement.id} client:{agreement.client_id}"
        note(stamp.by, "agreement.ended", subject, stamp.at)


def holding(client: Client, fee: Fee, on: date) -> Agreement | None:
    """The agreement for a service of this day, if there is one."""
    found: Agreement | None = _overlapping(client, fee, on, on).first()
    return found


def listing(clients: frozenset[int] | None, today: date) -> list[Agreement]:
    """Those that hold today or will, of these clients (None: of everyone), by client and line."""
    query = Agreement.select(Agreement, Client, Fee).join(Client).switch(Agreement).join(Fee)
    query = query.where(_last_day() >= today, _last_day() >= Agreement.from_on)
    if clients is not None:
        query = query.where(Agreement.client.in_(clients))
    return list(query.order_by(Client.first_name, Client.last_name, Fee.id, Agreement.from_on))


def _check(fee: Fee, amount: Cents, from_on: date, until_on: date | None) -> None:
    if fee.kind != ChargeKind.SERVICE:
        raise AgreementRefused("pr.agree.err.fee", field="fee")
    if not 0 <= whole_cents(amount) <= fee.amount:
        raise AgreementRefused("pr.agree.err.most", field="amount")
    if until_on and until_on < from_on:
        raise AgreementRefused("pr.agree.err.until", field="until_on")


def _reason(typed: str) -> str:
    try:
        return REASON(typed)
    except FieldRefused as refused:
        refused.field = "reason"
        raise


def _overlapping(client: Client, fee: Fee, from_on: date, until_on: date | None) -> Any:
    """Those for this client and line that hold on one of these days."""
    begins = Agreement.from_on <= (until_on or date.max)
    of_both = (Agreement.client == client) & (Agreement.fee == fee)
    return Agreement.select().where(of_both & begins & (_last_day() >= from_on) & (_last_day() >= Agreement.from_on))


def _last_day() -> Any:
    return fn.COALESCE(Agreement.until_on, date.max)
