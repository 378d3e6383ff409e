"""The Disputes port: payments that a client's bank questions. Only where `can.disputes`.

Nothing here knows a processor's library. Money is whole cents; due dates are plain dates.
An adapter never raises for what a processor said or did; it raises only where a method says so.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from gateways import Gateway, Outcome


class DisputeStanding(StrEnum):
    """What a dispute's status means to the books."""

    OPEN = "open"  # an answer is due
    ANSWERED = "answered"  # the bank decides
    WON = "won"
    LOST = "lost"


class DisputeKind(StrEnum):
    """How far the bank went. A retrieval asks for papers and moves no money."""

    CHARGEBACK = "chargeback"
    RETRIEVAL = "retrieval"
    PRE_ARBITRATION = "pre_arbitration"


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence handed in. `category` is empty for a free comment, `text` for a file."""

    id: str
    category: str = ""
    text: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True)
class DisputeFact:
    """One dispute as the processor describes it now.

    `cents` is what the bank questions, which may be less than the payment. `reason` is the
    network's word ("fraud", "product_not_received", ...).
    """

    id: str
    transaction_id: str
    status: str  # the processor's own word
    standing: DisputeStanding
    kind: DisputeKind
    reason: str
    cents: int
    currency: str
    opened_on: date
    reply_by: date | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class DisputeAnswer:
    """The answer to a step in a dispute.

    APPROVED: it is done. DECLINED: this call changed nothing; the dispute may have moved on before
    it. NOT_SENT: nothing left. UNKNOWN: look at the dispute again.
    `staff_text` is the processor's own wording and `code` its number: for staff and the log.
    `evidence_id` names what `add_evidence` added.
    """

    outcome: Outcome
    staff_text: str = ""
    code: str = ""
    evidence_id: str = ""


@runtime_checkable
class Disputes(Protocol):
    """Answering banks, for one practice's account with one processor."""

    def find_dispute(self, dispute_id: str) -> DisputeFact | None:
        """The dispute now, or None when there is none. Raises GatewayUnavailable."""
        ...

    def disputes_received(self, first_day: date, last_day: date) -> tuple[DisputeFact, ...]:
        """Disputes opened between two days, both included, oldest first. Raises GatewayUnavailable."""
        ...

    def add_evidence(self, dispute_id: str, text: str, category: str = "") -> DisputeAnswer:
        """Hand in a text, while the dispute is open. `category` is the processor's word, or empty."""
        ...

    def remove_evidence(self, dispute_id: str, evidence_id: str) -> DisputeAnswer:
        """Take one piece back, while the dispute is open."""
        ...

    def accept_dispute(self, dispute_id: str) -> DisputeAnswer:
        """Let the bank keep the money. There is no way back."""
        ...

    def fight_dispute(self, dispute_id: str) -> DisputeAnswer:
        """Send the evidence to the bank. Nothing can be added afterwards."""
        ...


def disputes_of(gateway: Gateway) -> Disputes | None:
    """The same gateway, to be asked about disputes; None where it cannot."""
    return gateway if gateway.can.disputes and isinstance(gateway, Disputes) else None
