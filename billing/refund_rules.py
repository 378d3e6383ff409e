"""What may go back of a payment, who must agree, and what the client owes afterwards. Nothing is written here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from billing.allocation import Share
from billing.errors import AmountMissing, BillingError, Busy, NotAllowed
from billing.ledger import account_figure, allocations_newest_first, charge_figure, payment_figure
from billing.moneyback import is_disputed, released
from billing.outcomes import paid_at, planned_shares
from billing.refund_words import check_number
from billing.staffing import Act, may
from choices import IN_FLIGHT, AttemptState, BackKind, Method, StaffRole
from gateways import Gateway, GatewayUnavailable, Standing
from models import Account, Attempt, MoneyBack, Payment, Practice, Staff
from money import Cents, format_dollars

OLD = timedelta(days=90)


class AmountNeeded(AmountMissing):
    """Nothing was typed for a part."""

    key = "pr.refund.amount.err"


class OverRefund(NotAllowed):
    """More than is left of the payment."""

    key = "pr.refund.over"
    field = "amount"

    def __init__(self, most: Cents) -> None:
        super().__init__(field="amount", max=format_dollars(most))


class NotSettled(NotAllowed):
    """Before it settles, a payment is voided in full and not refunded."""

    key = "pr.refund.void"
    field = "amount"


class UnderWay(Busy):
    """One try to give it back has no answer yet, or waits for its second person or its day."""

    key = "pr.refund.underway"


class Disputed(NotAllowed):
    key = "pr.refund.disputed"


class NothingLeft(NotAllowed):
    key = "pr.refund.nothing"


class ProcessorSilent(BillingError):
    """It could not be asked how the payment stands, so nothing was asked for."""

    key = "pr.refund.silent"


class NotThere(NotAllowed):
    """The processor does not have this payment's money (any more)."""

    key = "pr.refund.notthere"


class NotHere(NotAllowed):
    """The processor takes no such orders from us; what is done there is found and booked."""

    key = "pr.refund.nothere"


@dataclass(frozen=True)
class ByHand:
    """Money that goes back without the processor. `mistake`: none moves, the entry was wrong."""

    method: Method
    number: str = ""
    mistake: bool = False


@dataclass(frozen=True)
class Sale:
    """Money received. `payment` is None while it waits to be posted, `attempt` when no processor took it."""

    attempt: Attempt | None
    payment: Payment | None

    @property
    def money(self) -> Any:
        """The row that says how much was paid, and by whom."""
        return self.payment or self.attempt

    @property
    def account(self) -> Account:
        account: Account = self.money.account
        return account

    @property
    def paid_at(self) -> datetime:
        at: datetime = self.payment.paid_at if self.payment else paid_at(self.money)
        return at

    @property
    def left(self) -> Cents:
        """What has not gone back yet, in cents."""
        back = payment_figure(self.payment).back if self.payment else 0
        return int(self.money.amount) - back

    @property
    def settled(self) -> bool:
        """In our books; the processor may be further."""
        return self.payment is not None and payment_figure(self.payment).settled

    @property
    def tries(self) -> Any:
        """Every try to give it back."""
        mine = MoneyBack.attempt == self.attempt if self.attempt else MoneyBack.payment == self.payment
        return MoneyBack.select().where(mine)

    @property
    def under_way(self) -> MoneyBack | None:
        """The one try that may still take money back."""
        return next(iter(self.tries.where(MoneyBack.state.in_(IN_FLIGHT))), None)


@dataclass(frozen=True)
class Preview:
    """What giving back would do: the client's due afterwards, and what no longer pays the charges it paid."""

    owed: Cents
    reopened: tuple[Share, ...]
    from_credit: Cents


@dataclass(frozen=True)
class Offer:
    """What can go back now: `most` cents, by hand in these `ways` besides the processor's, or as a wrong entry."""

    kind: BackKind
    most: Cents
    ways: tuple[Method, ...]
    mistake: bool


def sale_of(paid: Payment | Attempt) -> Sale:
    """Raises Busy while the payment itself is in flight, NotThere when nothing was taken."""
    if isinstance(paid, Payment):
        return Sale(paid.attempt, paid)
    if paid.in_flight:
        raise Busy()
    if paid.state != AttemptState.SUCCEEDED:
        raise NotThere()
    return Sale(paid, Payment.get_or_none(attempt=paid))


def sale_of_back(back: MoneyBack) -> Sale:
    return sale_of(back.attempt or back.payment)


def preview(paid: Payment | Attempt, amount: Cents) -> Preview:
    """What the client will be asked for after `amount` went back: its unapplied part first, then newest first."""
    sale = sale_of(paid)
    if sale.payment:
        unapplied = payment_figure(sale.payment).unapplied
        newest_first = [Share(*pair) for pair in allocations_newest_first(sale.payment)]
    else:
        newest_first = planned_shares(sale.money)[::-1]
        unapplied = int(sale.money.amount) - sum(share.amount for share in newest_first)
    reopened = released(amount, unapplied, newest_first)
    from_credit = min(amount, unapplied)
    return Preview(_owed(sale, reopened, from_credit), tuple(reopened), from_credit)


def _owed(sale: Sale, reopened: Iterable[Share], from_credit: Cents) -> Cents:
    figures = account_figure(sale.account)
    payable = figures.payable + sum(amount for charge, amount in reopened if not charge_figure(charge).held)
    credit = figures.usable - (from_credit if sale.payment else 0)
    return max(0, payable - credit)


def kind_now(sale: Sale, gateway: Gateway) -> BackKind:
    """By the processor's own word: a sale that settles or has settled is refunded, any other is voided.

    Raises:
        NotHere: this processor gives nothing back for us.
        ProcessorSilent: it does not answer.
        NotThere: it has no such sale, or the sale was taken back already.
    """
    if not (gateway.can.refund and gateway.can.void):
        raise NotHere()
    try:
        fact = gateway.find(sale.attempt.transaction_id or "") if sale.attempt else None
    except GatewayUnavailable:
        raise ProcessorSilent() from None
    if fact is None or fact.standing != Standing.APPROVED:
        raise NotThere()
    return BackKind.REFUND if fact.past_voiding else BackKind.VOID


def offer(sale: Sale, gateway: Gateway) -> Offer:
    """What can be asked for now. Raises what forbids it: Busy, Disputed, NothingLeft, ProcessorSilent, NotThere."""
    check(sale, BackKind.REFUND, sale.left or None, None)
    if sale.attempt:
        return Offer(kind_now(sale, gateway), sale.left, ways(sale), mistake=False)
    return Offer(BackKind.REFUND, sale.left, ways(sale), mistake=not sale.settled and sale.left == sale.money.amount)


def ways(sale: Sale) -> tuple[Method, ...]:
    """How money of this payment may go back by hand; none of a card payment the processor can still send back."""
    if sale.attempt:
        return (Method.CHECK,) if _refused_by_bank(sale) else ()
    elsewhere = (Method.EXTERNAL,) if sale.money.method in (Method.CARD, Method.ACH, Method.EXTERNAL) else ()
    return (*elsewhere, Method.CHECK, Method.CASH)


def check(sale: Sale, kind: BackKind, amount: Cents | None, by_hand: ByHand | None, own: int = 0) -> None:
    """Raise unless this much may go back this way now; `own` is the id of the row that is being checked again."""
    if sale.under_way and sale.under_way.id != own:
        raise UnderWay()
    if sale.payment and is_disputed(sale.payment):
        raise Disputed()
    if not sale.left:
        raise NothingLeft()
    if amount is None:
        raise AmountNeeded()
    if not 0 < amount <= sale.left:
        raise OverRefund(sale.left)
    if kind == BackKind.VOID and amount != sale.money.amount:
        raise NotSettled()
    if by_hand:
        _check_by_hand(sale, by_hand)


def _check_by_hand(sale: Sale, by_hand: ByHand) -> None:
    if by_hand.mistake:
        if sale.attempt or sale.settled:
            raise NotAllowed()
    elif by_hand.method not in ways(sale):
        raise NotAllowed()
    elif by_hand.method == Method.CHECK:
        check_number(by_hand.number)


def needs_second(sale: Sale, kind: BackKind, amount: Cents, now: datetime) -> bool:
    """Above the practice's limit, with what went back before, or of an old payment.

    A sale voided at the processor is exempt: its money never arrived, and a day later it could not be voided.
    """
    if kind == BackKind.VOID and sale.attempt:
        return False
    gone = int(sale.money.amount) - sale.left
    return gone + amount > Practice.the().refund_limit or now - sale.paid_at > OLD


def may_agree(person: Staff, asker: Staff) -> bool:
    """A second person who may give money back; above the limit one of the two is an owner."""
    owner = StaffRole.OWNER in (person.role, asker.role)
    return person.id != asker.id and person.disabled_at is None and may(person, Act.REFUND) and owner


def alone(asker: Staff) -> bool:
    """Nobody else could agree, so a day must pass instead."""
    return not any(may_agree(person, asker) for person in Staff.select())


def _refused_by_bank(sale: Sale) -> bool:
    """What the processor itself refuses makes no transaction there, and may go through another time."""
    return any(back.state == AttemptState.DECLINED and back.transaction_id for back in sale.tries)
