"""Choosing what a waiting payment pays before it is posted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from billing import waiting as waiting_payments
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.formats import FieldRefused, FieldsRefused
from billing.outcomes import planned_shares
from billing.stamp import Stamp
from billing.waiting import ToPost
from models import Account, Attempt, Payment, WaitingPayment, db
from money import Cents, format_dollars


class AlreadyPosted(BillingError):
    """Somebody else posted this payment meanwhile; what was chosen here changed nothing."""

    key = "pr.post.already"


@dataclass(frozen=True)
class Room:
    """One charge of the account: what is suggested for it, and the most it can take, in cents."""

    figures: ChargeFigures
    planned: Cents
    most: Cents


def by_key(key: str) -> ToPost:
    """The waiting payment of the attempt with this public key, posted or not; `DoesNotExist` when there is none."""
    query = WaitingPayment.select(WaitingPayment, Attempt, Account).join(Attempt)
    found = query.join_from(WaitingPayment, Account).where(Attempt.key == key).get()
    return waiting_payments.suggested([ToPost(found, tuple(planned_shares(found.attempt)))])[0]


def rooms(row: ToPost) -> list[Room]:
    """The charges this money can pay, oldest first: what others have reserved is left alone, its own plan is not."""
    planned = {share.charge.id: share.amount for share in row.plan}
    given = {share.charge.id: share.amount for share in row.shares}
    found = []
    for figures in waiting_payments.choices(row.waiting):
        id = figures.charge.id
        most = figures.open - figures.reserved + planned.get(id, 0)
        if most > 0:
            found.append(Room(figures, given.get(id, 0), most))
    return found


def post_as(row: ToPost, amounts: Mapping[int, Cents], stamp: Stamp) -> Payment:
    """Post with `amounts` (charge id -> cents) in place of the plan; what they leave stays credit.

    Raises:
        AlreadyPosted: it waits no more.
        FieldsRefused: with a problem for each charge that cannot take its amount, or one for the sum.
    """
    with db.atomic():
        if WaitingPayment.get_by_id(row.waiting.id).payment_id:
            raise AlreadyPosted()
        problems = tuple(_problems(row, amounts))
        if problems:
            raise FieldsRefused(problems)
        return waiting_payments.post(row.waiting, stamp, amounts)


def too_much(rooms: Iterable[Room], amounts: Mapping[int, Cents]) -> list[BillingError]:
    """A problem for each charge that cannot take what it shall get."""
    return [
        FieldRefused("one.err.big", field=f"line-{room.figures.charge.key}", max=format_dollars(room.most))
        for room in rooms
        if amounts.get(room.figures.charge.id, 0) > room.most
    ]


def _problems(row: ToPost, amounts: Mapping[int, Cents]) -> list[BillingError]:
    problems = too_much(rooms(row), amounts)
    if sum(amounts.values()) > row.waiting.amount:
        problems.append(FieldRefused("pr.post.over", max=format_dollars(row.waiting.amount)))
    return problems
