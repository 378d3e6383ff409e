"""The Gateway port: what Evenly asks of a card processor, and the plain values that come back.

Nothing here knows a processor's library. Money is whole cents, instants are aware UTC datetimes.
An adapter never raises for what a processor said or did; it raises only where a method says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol

Initiator = Literal["client", "recurring_first", "recurring", "installment_first", "installment", "unscheduled"]


class Outcome(StrEnum):
    """What is known about the money after one call."""

    APPROVED = "approved"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a call was not approved; screens turn it, and the decline code, into a sentence."""

    NONE = "none"
    FUNDS = "funds"
    CARD_DETAILS = "card_details"
    ADDRESS = "address"
    TRY_LATER = "try_later"
    USE_OTHER = "use_other"
    REFUSED = "refused"
    SETUP = "setup"


class Kind(StrEnum):
    """Which way the money of a Fact goes."""

    SALE = "sale"
    CREDIT = "credit"


class Standing(StrEnum):
    """What a transaction's status means to the books."""

    APPROVED = "approved"
    DECLINED = "declined"
    UNKNOWN = "unknown"
    REVERSED = "reversed"


class BadSignature(Exception):
    """A webhook that the processor did not sign with our keys."""


class CardNotFound(Exception):
    """The vault has no such card (any more)."""


class GatewayUnavailable(Exception):
    """The processor gave no usable answer to a question that moves no money; ask again later."""


class NotConfigured(Exception):
    """Settings that cannot work together; the message says which and why."""


@dataclass(frozen=True)
class Capabilities:
    """What this processor can do; pages ask before they offer."""

    embedded: bool = False
    redirect: bool = False
    link: bool = False
    vault: bool = False
    void: bool = False
    refund: bool = False
    partial_refund: bool = False
    request_keys: bool = False
    webhooks: bool = False
    disputes: bool = False
    payouts: bool = False


@dataclass(frozen=True)
class Nonce:
    """A card typed into the processor's own fields: works once, for three hours."""

    value: str = field(repr=False)


@dataclass(frozen=True)
class SavedCard:
    """A card in the processor's vault."""

    token: str


@dataclass(frozen=True)
class Card:
    """A card as it may be shown. `token` is empty when it is not in the vault, the expiry 0 when it was not told."""

    token: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    expired: bool = False
    default: bool = False
    prepaid: bool = False
    debit: bool = False
    healthcare: bool = False


@dataclass(frozen=True)
class Fact:
    """One transaction as the processor describes it now. `cents` is positive for sales and for credits."""

    id: str
    order_id: str
    kind: Kind
    status: str  # the processor's own word
    standing: Standing
    cents: int
    currency: str
    account: str
    created_at: datetime | None
    settled_at: datetime | None = None
    disbursed_on: date | None = None
    settled_cents: int | None = None
    card: Card | None = None
    refund_of: str = ""
    refund_ids: tuple[str, ...] = ()
    dispute_ids: tuple[str, ...] = ()
    decline_code: str = ""  # the number or word behind a refusal, and what it means
    reason: Reason = Reason.NONE

    @property
    def voided(self) -> bool:
        """Taken back before it settled; every adapter says so in this word."""
        return self.status == "voided"

    @property
    def past_voiding(self) -> bool:
        """It settles or has settled, so it can only be refunded; every adapter says so in these words."""
        return self.status in ("settling", "settled")


@dataclass(frozen=True)
class Result:
    """The answer to a charge, refund or void.

    `staff_text` is the processor's own wording: for staff and the log, never for a client.
    `decline_code` is the number or word behind `reason` ("2001", "cvv", "81715").
    `hard_declined`: the bank will not change its mind; never retried without the client.
    `alert`: keys or the account are set up wrongly; staff must hear of it.
    """

    outcome: Outcome
    fact: Fact | None = None
    reason: Reason = Reason.NONE
    staff_text: str = ""
    decline_code: str = ""
    hard_declined: bool = False
    alert: bool = False


@dataclass(frozen=True)
class CardResult:
    """The answer to saving a card. DECLINED stored nothing; after UNKNOWN, list the vault."""

    outcome: Outcome
    card: Card | None = None
    reason: Reason = Reason.NONE
    staff_text: str = ""
    decline_code: str = ""
    hard_declined: bool = False
    alert: bool = False


@dataclass(frozen=True)
class Search:
    """What carries an order id. `ok=False`: the search failed and proves nothing."""

    ok: bool
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class Disbursement:
    """Money sent to the bank, as announced once by webhook. `cents` may be negative."""

    id: str
    cents: int
    day: date | None
    success: bool
    account: str
    transaction_ids: tuple[str, ...]
    exception_text: str = ""


@dataclass(frozen=True)
class Event:
    """A verified webhook: a hint to look again, not a fact to post.

    `kind` is in Braintree's words (dispute_opened, disbursement, refund_failed …). `subject_id` is the id of
    the transaction, dispute or disbursement it speaks of, or empty.
    """

    kind: str
    at: datetime
    subject_id: str = ""
    transaction_id: str = ""
    disbursement: Disbursement | None = None


@dataclass(frozen=True)
class SettledTotal:
    """One line of a day's settlement: so many sales or credits of one brand, and their sum in cents."""

    day: date
    brand: str
    kind: Kind
    account: str
    count: int
    cents: int


class Gateway(Protocol):
    """One practice's account with one processor.

    `merchant_account` is the only one whose money is ours, where the processor keeps several; empty for any.
    """

    can: Capabilities
    merchant_account: str

    def charge(
        self,
        order_id: str,
        request_key: str,
        cents: int,
        source: Nonce | SavedCard,
        *,
        save_for: str | None = None,
        initiator: Initiator = "client",
        repeated: bool = False,
    ) -> Result:
        """Ask for `cents` once and submit it for settlement.

        With `save_for`, a vault customer id (made when missing), an approved card is kept
        and `result.fact.card` carries its token. `repeated`: the same was asked before, so it
        goes out with its request key or, where none is taken (any more), not at all: NOT_SENT.
        """

    def refund(self, transaction_id: str, order_id: str, request_key: str, cents: int) -> Result:
        """Send `cents` of a settled sale back; the fact is the new credit."""

    def void(self, transaction_id: str, request_key: str) -> Result:
        """Take back a sale that has not settled. APPROVED means: it is voided."""

    def find(self, transaction_id: str) -> Fact | None:
        """The transaction now, or None when there is none. Raises GatewayUnavailable."""

    def find_by_reference(self, order_id: str) -> Search:
        """Every transaction with exactly this order id, oldest first. Never raises."""

    def save_card(self, vault_id: str, nonce: Nonce, *, default: bool = False) -> CardResult:
        """Check the card with its bank and keep it; nothing is kept when the check fails."""

    def cards(self, vault_id: str) -> tuple[Card, ...]:
        """The cards kept for a vault customer, default first. Raises GatewayUnavailable."""

    def delete_card(self, token: str) -> None:
        """Forget a card; nothing happens when it is gone already. Raises GatewayUnavailable."""

    def make_default(self, token: str) -> Card:
        """Make this the customer's main card. Raises CardNotFound, GatewayUnavailable."""

    def client_token(self) -> str:
        """What the browser needs to show the card fields; 24 hours. Raises GatewayUnavailable."""

    def parse_webhook(self, form: Mapping[str, str]) -> Event:
        """Check the signature and read the notification. Raises BadSignature."""

    def webhook_challenge(self, text: str) -> str:
        """The answer that proves to the processor that this address is ours. Raises BadSignature."""

    def created(self, first: datetime, last: datetime) -> tuple[Fact, ...]:
        """Every transaction made between two instants, both included, oldest first. Raises GatewayUnavailable."""

    def settlement_totals(self, day: date) -> tuple[SettledTotal, ...]:
        """What settled on `day`, by brand and kind. Raises GatewayUnavailable."""

    def disbursed(self, first_day: date, last_day: date) -> tuple[Fact, ...]:
        """Transactions paid out to the bank between two days, both included. Raises GatewayUnavailable."""
