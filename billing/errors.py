"""What can be refused, and the sentence for it. The text itself stands in the catalogue under `key`."""

from money import Cents, format_dollars


class BillingError(Exception):
    """A rule said no; nothing was written.

    `key` names the sentence, `values` fill it (already formatted), `field` is the form field it belongs to.
    """

    key = "err.summary"
    field = ""
    status = 422

    def __init__(self, key: str = "", *, field: str = "", **values: str) -> None:
        self.key = key or self.key
        self.field = field or self.field
        self.values = values
        super().__init__(self.key)


class AmountMissing(BillingError):
    key = "one.err.empty"
    field = "amount"


class OverPayable(BillingError):
    """More than is payable, counting what is in flight."""

    key = "one.err.big"
    field = "amount"

    def __init__(self, most: Cents, field: str = "") -> None:
        super().__init__(field=field, max=format_dollars(most))


class BelowMinimum(BillingError):
    key = "one.err.small"
    field = "amount"

    def __init__(self, least: Cents, field: str = "") -> None:
        super().__init__(field=field, min=format_dollars(least))


class NothingPicked(BillingError):
    key = "sel.err"
    field = "charge"


class AccountsMixed(BillingError):
    """One payment is one billing account."""

    key = "sel.accounts"
    field = "charge"


class NothingOwed(BillingError):
    key = "home.zero"


class InProgress(BillingError):
    """A payment for this charge is in flight or waits to be posted."""

    key = "dec.progress"
    field = "charge"


class NotPayable(BillingError):
    """On hold, waiting on insurance, or already paid."""

    key = "pay.err.notpayable"
    field = "charge"


class BillChanged(BillingError):
    """What the client saw is not what is owed now."""

    key = "rev.stale"


class ShownAmountDiffers(BillingError):
    """The button named another amount than was typed (no JavaScript); it is shown once more."""

    key = "pay.shown"

    def __init__(self, amount: Cents) -> None:
        super().__init__(amount=format_dollars(amount))


class PaymentsClosed(BillingError):
    """Paying is not possible now; `key` says why."""

    key = "home.off"


class NoteTooLong(BillingError):
    key = "note.err"
    field = "note"


class CardInNote(BillingError):
    key = "note.err.card"
    field = "note"


class CardMissing(BillingError):
    key = "card.pick"
    field = "card"


class CardExpired(BillingError):
    key = "card.expired"
    field = "card"


class CardRefused(BillingError):
    """The bank did not vouch for a card that was to be saved; nothing was stored."""

    field = "card"


class TooManyTries(BillingError):
    key = "dec.limit"


class PaidJustNow(BillingError):
    """The same payment succeeded in the last ten minutes; only an explicit second tap goes on."""

    key = "dec.dup"


class NotAllowed(BillingError):
    """The ledger's "allowed when" says no."""

    key = "pr.err.notallowed"


class Busy(NotAllowed):
    """The charge is reserved by a payment in flight."""

    key = "pr.busy"


class ReasonMissing(NotAllowed):
    key = "pr.reason"
    field = "reason"


def allow(condition: bool) -> None:
    """Raise `NotAllowed` unless the ledger's condition holds."""
    if not condition:
        raise NotAllowed()


def given(reason: str) -> str:
    """The reason without spaces around; `ReasonMissing` when there is none."""
    if not reason.strip():
        raise ReasonMissing()
    return reason.strip()
