"""Posting by hand: money received that staff put on the account, with the plan the client made as suggestion."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from billing import inbox, receipts
from billing.allocation import Share, oldest_first
from billing.errors import NotAllowed
from billing.figures import ChargeFigures
from billing.ledger import charge_figures
from billing.outcomes import payment_of, planned_shares
from billing.postings import allocate_all, allocate_planned
from billing.stamp import Stamp
from models import Account, Attempt, AttemptLine, Charge, Payment, User, WaitingPayment, db
from money import Cents

LATELY = 5


@dataclass(frozen=True)
class ToPost:
    """One waiting payment, what it is planned to pay, and the `shares` that posting it now would make of that."""

    waiting: WaitingPayment
    plan: tuple[Share, ...]
    shares: tuple[Share, ...] = ()

    @property
    def credit(self) -> Cents:
        """What would stay on the account, in cents."""
        return int(self.waiting.amount) - sum(share.amount for share in self.shares)


def to_post() -> list[ToPost]:
    """Everything received and not yet posted, oldest first, in three queries."""
    rows, plans = unposted(), defaultdict(list)
    lines = AttemptLine.select(AttemptLine, Charge).join(Charge)
    for line in lines.where(AttemptLine.attempt.in_([row.attempt_id for row in rows])).order_by(AttemptLine.id):
        plans[line.attempt_id].append(Share(line.charge, line.amount))
    return suggested([ToPost(row, tuple(plans[row.attempt_id])) for row in rows])


def suggested(rows: list[ToPost]) -> list[ToPost]:
    """Each with what it would pay if it alone were posted: its plan as far as that is open, the rest oldest first."""
    figures = defaultdict(list)
    for each in charge_figures({row.waiting.account_id: row.waiting.account for row in rows}.values(), unfinished=True):
        figures[each.charge.account_id].append(each)
    return [replace(row, shares=_shares(row, figures[row.waiting.account_id])) for row in rows]


def _shares(row: ToPost, figures: list[ChargeFigures]) -> tuple[Share, ...]:
    """What the plan has reserved is open still; the rest goes where nothing is reserved."""
    rest = int(row.waiting.amount) - sum(share.amount for share in row.plan)
    given: dict[Charge, Cents] = defaultdict(int)
    for charge, cents in (*row.plan, *oldest_first(rest, figures)):
        given[charge] += cents
    return tuple(map(Share._make, given.items()))


def unposted() -> list[WaitingPayment]:
    rows = WaitingPayment.select(WaitingPayment, Attempt, Account, User).join(Attempt).join(User)
    rows = rows.join_from(WaitingPayment, Account)
    return list(rows.where(WaitingPayment.payment.is_null()).order_by(WaitingPayment.received_at, WaitingPayment.id))


def posted_lately() -> list[Payment]:
    """What was posted last of what waited, newest first."""
    rows = Payment.select(Payment, Account).join(Account).join_from(Payment, WaitingPayment)
    return list(rows.order_by(WaitingPayment.payment.desc()).limit(LATELY))


def post(waiting: WaitingPayment, stamp: Stamp, allocation: Mapping[int, Cents] | None = None) -> Payment:
    """Put a waiting payment on its account.

    `allocation` maps charge ids to cents and replaces the plan, within the account; what it leaves stays credit.
    Without it, the plan is used: its charges were reserved for it, so they are still open.
    Posting twice returns the same payment. The receipt given before is from now on the payment's.

    Raises:
        NotAllowed: a charge of another account, more than is open, or more than was received.
    """
    with db.atomic():
        waiting = WaitingPayment.get_by_id(waiting.id)
        if waiting.payment:
            return waiting.payment
        payment = payment_of(waiting.attempt, stamp)
        WaitingPayment.update(payment=payment).where(WaitingPayment.id == waiting.id).execute()
        if allocation is None:
            allocate_planned(payment, planned_shares(waiting.attempt), stamp)
        else:
            allocate_all(payment, _chosen(waiting, allocation), stamp)
        receipts.issue(payment, stamp)
        inbox.done("notice.waiting", waiting.attempt, stamp)
    return payment


def post_all(stamp: Stamp, keys: Collection[str]) -> list[Payment]:
    """Post as planned what waits of the attempts with these public keys. One transaction: all or none."""
    with db.atomic():
        return [post(row, stamp) for row in unposted() if row.attempt.key in keys]


def choices(waiting: WaitingPayment) -> list[ChargeFigures]:
    """The account's unfinished charges, for changing what a waiting payment pays."""
    return charge_figures([waiting.account], unfinished=True)


def _chosen(waiting: WaitingPayment, allocation: Mapping[int, Cents]) -> list[Share]:
    picked = {id: cents for id, cents in allocation.items() if cents}
    charges = Charge.select().where(Charge.id.in_(list(picked)) & (Charge.account == waiting.account))
    found = {charge.id: charge for charge in charges}
    if set(found) != set(picked) or any(cents < 0 for cents in picked.values()):
        raise NotAllowed()
    return [Share(found[id], cents) for id, cents in picked.items()]
