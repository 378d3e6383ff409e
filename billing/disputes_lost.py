"""After a lost dispute: a person chooses whether the client is asked again or the money is written off."""

from billing.audit import note
from billing.charges import adjust, move_back
from billing.disputes import CHOOSE, finish_tasks, is_held
from billing.errors import BillingError, Busy, given
from billing.formats import FieldRefused, lines
from billing.ledger import charge_figure
from billing.moneyback import end_holds, taken_from
from billing.stamp import Stamp
from choices import DisputeState, Payer
from models import Charge, Dispute, db
from money import Cents

LONGEST = 300


class AlreadyChosen(BillingError):
    """The dispute is not lost, or somebody has chosen; nothing was written."""

    key = "pr.dispute.chosen"


def still_owed(dispute: Dispute) -> list[tuple[Charge, Cents]]:
    """The charges the bank's money paid, with what of it is open now; oldest service first."""
    rows = [(charge, min(cents, charge_figure(charge).open)) for charge, cents in taken_from(dispute.payment)]
    return sorted((row for row in rows if row[1]), key=lambda row: (row[0].service_date, row[0].id))


def ask_again(dispute: Dispute, reason: str, stamp: Stamp, ip: str = "") -> None:
    """The hold ends, and the client may be asked for the money again.

    Raises:
        AlreadyChosen, ReasonMissing, FieldRefused: nothing was written.
    """
    with db.atomic():
        _end(dispute, "dispute.ask", _kept(reason), stamp, ip)


def write_off(dispute: Dispute, reason: str, stamp: Stamp, ip: str = "") -> None:
    """Give up what the bank took and is still open; never what the client had not paid before.

    Raises:
        AlreadyChosen, ReasonMissing, FieldRefused, Busy: nothing was written.
    """
    with db.atomic():
        kept = _kept(reason)
        _end(dispute, "dispute.write_off", kept, stamp, ip)
        for charge, cents in still_owed(dispute):
            _give_up(charge, cents, kept, stamp)


def _kept(reason: str) -> str:
    try:
        return lines(LONGEST)(given(reason))
    except FieldRefused as refused:
        refused.field = "reason"
        raise


def _end(dispute: Dispute, what: str, reason: str, stamp: Stamp, ip: str) -> None:
    if Dispute.get_by_id(dispute.id).state != DisputeState.LOST or not is_held(dispute):
        raise AlreadyChosen()
    end_holds(dispute, stamp, reason)
    finish_tasks(dispute, stamp.at, CHOOSE)
    note(stamp.by, what, f"dispute:{dispute.id}", stamp.at, ip=ip)


def _give_up(charge: Charge, cents: Cents, reason: str, stamp: Stamp) -> None:
    """The client's part of an insurance charge goes back to the plan's part first; only that can be adjusted."""
    if cents > charge_figure(charge).open - charge_figure(charge).reserved:
        raise Busy()
    if charge.payer == Payer.INSURANCE:
        move_back(charge, cents, reason, stamp)
    adjust(charge, cents, "write_off", reason, stamp)
