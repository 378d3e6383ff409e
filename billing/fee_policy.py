"""A fee for a visit not kept needs a policy that the client accepted before; the log has when, and which one."""

import re
from datetime import date

from billing.audit import note
from billing.errors import BillingError
from billing.formats import line
from billing.stamp import Stamp
from choices import ChargeKind
from models import AuditEntry, Client, Fee
from money import Cents

ACCEPTED = "policy.accepted"
VERSION = line(20)
DETAIL = re.compile(r"(\d{4}-\d{2}-\d{2})(?:, version (.+))?")


class FeeRefused(BillingError):
    """This client may not be charged this fee; the sentence says why."""


def accept(client: Client, on: date, version: str, stamp: Stamp) -> None:
    """Write down that this client accepted the fee policy on this day, and which one.

    Raises:
        FeeRefused: on a day that has not come.
        FieldRefused: a version of more than 20 letters.
    """
    if on > stamp.on:
        raise FeeRefused("pr.svc.err.future", field="policy_on")
    kept = VERSION(version)
    detail = f"{on.isoformat()}, version {kept}" if kept else on.isoformat()
    note(stamp.by, ACCEPTED, _subject(client), stamp.at, detail=detail)


def accepted_on(client: Client) -> date | None:
    """The earliest day on which this client is known to have accepted a fee policy."""
    mine = (AuditEntry.what == ACCEPTED) & (AuditEntry.subject == _subject(client))
    days = [DETAIL.match(row.detail) for row in AuditEntry.select(AuditEntry.detail).where(mine)]
    return min((date.fromisoformat(found[1]) for found in days if found), default=None)


def check(client: Client, fee: Fee, amount: Cents, service_date: date) -> None:
    """Whether this client may be charged `amount` cents for this line.

    Medicaid members are never charged for missed visits; Medicare patients only what everyone is:
    https://hcpf.colorado.gov/policy-statement-charging-members-for-missed-appointments and
    https://pt-management.com/blog/can-you-charge-a-cancellation-no-show-fee-to-medicare-patients/, read 2026-11.

    Raises:
        FeeRefused: Medicaid; Medicare and another amount than the schedule's; no policy accepted by that day.
    """
    if fee.kind != ChargeKind.FEE:
        return
    if client.medicaid:
        raise FeeRefused("pr.svc.err.medicaid", field="fee")
    if client.medicare and amount != fee.amount:
        raise FeeRefused("pr.svc.err.medicare", field="amount")
    accepted = accepted_on(client)
    if accepted is None or accepted > service_date:
        raise FeeRefused("pr.svc.err.policy", field="policy_on")


def _subject(client: Client) -> str:
    return f"client:{client.id}"
