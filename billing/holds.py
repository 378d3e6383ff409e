"""A charge that waits for a look of the practice: not payable, and no reminders, until somebody ends it."""

from typing import Any

from billing.audit import note
from billing.errors import NotAllowed
from billing.stamp import Stamp
from choices import HoldKind
from models import Charge, Hold, db


class HeldAlready(NotAllowed):
    key = "pr.hold.err.already"


def hold(charge: Charge, reason: str, stamp: Stamp) -> Hold:
    """Hold a charge for review; `reason` is checked text. Raises HeldAlready."""
    with db.atomic():
        if _for_review(charge).exists():
            raise HeldAlready()
        made: Hold = Hold.create(
            kind=HoldKind.REVIEW, account=charge.account, charge=charge, reason=reason, began_at=stamp.at
        )
        note(stamp.by, "hold.begun", f"account:{charge.account_id} charge:{charge.id}", stamp.at)
    return made


def end(charge: Charge, stamp: Stamp) -> None:
    """The charge can be paid again; one that nobody holds stays as it is. A dispute's hold ends with the dispute."""
    with db.atomic():
        ids = [row.id for row in _for_review(charge)]
        if Hold.update(ended_at=stamp.at).where(Hold.id.in_(ids)).execute():
            note(stamp.by, "hold.ended", f"account:{charge.account_id} charge:{charge.id}", stamp.at)


def of(charge: Charge) -> list[Hold]:
    """What holds this charge now, of its own or with its whole account."""
    on_this = (Hold.charge == charge) | (Hold.charge.is_null() & (Hold.account == charge.account))
    return list(Hold.select().where(on_this & Hold.ended_at.is_null()).order_by(Hold.id))


def _for_review(charge: Charge) -> Any:
    return Hold.select().where((Hold.charge == charge) & (Hold.kind == HoldKind.REVIEW) & Hold.ended_at.is_null())
