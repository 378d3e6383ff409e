"""The equations of the books on plain values, each figure in whole cents.

charge:   net = gross - adjusted - insurance        client = net, or min(net, moved) for an insurance charge
          open = client - allocated                 payable = open - reserved, or 0 on hold
payment:  unapplied = amount - allocated - back      usable = unapplied less what was asked to go back
account:  balance = sum(open) - sum(unapplied)      due = max(0, sum(payable) - sum(usable))
"""

from dataclasses import dataclass

from choices import Payer
from models import Charge, Payment
from money import Cents


@dataclass(frozen=True)
class ChargeFigures:
    """One charge and what the ledger says of it."""

    charge: Charge
    held: bool
    gross: Cents
    adjusted: Cents
    insurance: Cents
    moved: Cents
    allocated: Cents
    in_flight: Cents
    waiting: Cents

    @property
    def net(self) -> Cents:
        return self.gross - self.adjusted - self.insurance

    @property
    def client(self) -> Cents:
        """The part the client may be asked to pay."""
        return self.net if self.charge.payer == Payer.CLIENT else min(self.net, self.moved)

    @property
    def pending(self) -> Cents:
        """What still waits on insurance."""
        return self.net - self.client

    @property
    def open(self) -> Cents:
        return self.client - self.allocated

    @property
    def reserved(self) -> Cents:
        return self.in_flight + self.waiting

    @property
    def payable(self) -> Cents:
        return 0 if self.held else self.open - self.reserved

    @property
    def state(self) -> str:
        """Why it can or cannot be picked: payable, review, in_flight, recorded, insurance, paid or void."""
        if self.payable > 0:
            return "payable"
        if self.held and self.open:
            return "review"
        if self.open:
            return "in_flight" if self.in_flight else "recorded"
        if self.pending:
            return "insurance"
        return "paid" if self.gross else "void"


@dataclass(frozen=True)
class PaymentFigures:
    """One payment and what became of its money."""

    payment: Payment
    allocated: Cents
    refunded: Cents
    voided: Cents
    returned: Cents
    charged_back: Cents
    won: Cents
    leaving: Cents
    settled: bool

    @property
    def amount(self) -> Cents:
        return int(self.payment.amount)

    @property
    def back(self) -> Cents:
        return self.refunded + self.voided + self.returned + self.charged_back - self.won

    @property
    def unapplied(self) -> Cents:
        return self.amount - self.allocated - self.back

    @property
    def usable(self) -> Cents:
        """What may pay something: unapplied, and not of a try to give it back that may still take it."""
        return max(0, self.unapplied - self.leaving)


@dataclass(frozen=True)
class AccountFigures:
    """One account, summed."""

    open: Cents
    held: Cents
    payable: Cents
    pending: Cents
    reserved: Cents
    in_flight: Cents
    credit: Cents
    usable: Cents

    @property
    def balance(self) -> Cents:
        """Posted net position; below zero the practice owes the client."""
        return self.open - self.credit

    @property
    def due(self) -> Cents:
        """What the client is asked for today."""
        return max(0, self.payable - self.usable)
