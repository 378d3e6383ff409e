"""The words that columns hold: each enumeration is one kind of thing a row may say about itself."""

from collections.abc import Iterable
from enum import StrEnum


class PostingMode(StrEnum):
    AUTO = "auto"
    MANUAL = "manual"


class Layout(StrEnum):
    ONE_PAGE = "one_page"
    TWO_PAGE = "two_page"


class PayBy(StrEnum):
    """Where clients pay: on our page through the processor, or on a site outside."""

    CARD = "card"
    OUTSIDE = "outside"


class StaffRole(StrEnum):
    OWNER = "owner"
    THERAPIST = "therapist"
    BILLER = "biller"
    AUDITOR = "auditor"


class AccountKind(StrEnum):
    SINGLE = "single"
    FAMILY = "family"
    JOINT = "joint"


class LinkRole(StrEnum):
    SELF = "self"
    REPRESENTATIVE = "representative"
    PARTNER = "partner"
    GUARANTOR = "guarantor"
    MINOR = "minor"


class Right(StrEnum):
    BALANCE = "balance"
    PAY = "pay"
    SERVICES = "services"
    PROVIDER = "provider"
    BILLS = "bills"
    SUPERBILLS = "superbills"
    LINKS = "links"


class ChargeKind(StrEnum):
    SERVICE = "service"
    FEE = "fee"
    OPENING = "opening"


class Payer(StrEnum):
    CLIENT = "client"
    INSURANCE = "insurance"


class Way(StrEnum):
    """How the paid charges were chosen."""

    ONE = "one"
    MANY = "many"
    AMOUNT = "amount"
    PLAN = "plan"
    AUTOPAY = "autopay"
    STAFF = "staff"
    IMPORT = "import"


class AttemptState(StrEnum):
    CREATED = "created"
    SENT = "sent"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    CLOSED = "closed"
    CANCELED = "canceled"
    EXPIRED = "expired"


IN_FLIGHT = (AttemptState.CREATED, AttemptState.SENT, AttemptState.UNKNOWN)

ASKED = (AttemptState.SENT, AttemptState.UNKNOWN)  # the processor may have acted already


class Method(StrEnum):
    CARD = "card"
    ACH = "ach"
    CASH = "cash"
    CHECK = "check"
    EXTERNAL = "external"


class Source(StrEnum):
    PORTAL = "portal"
    AUTOPAY = "autopay"
    PLAN = "plan"
    STAFF = "staff"
    IMPORT = "import"


class EntryKind(StrEnum):
    CHARGE = "charge"
    CHARGE_VOID = "charge_void"
    ADJUSTMENT = "adjustment"
    ADJUSTMENT_REVERSAL = "adjustment_reversal"
    INSURANCE_PAYMENT = "insurance_payment"
    INSURANCE_REVERSAL = "insurance_reversal"
    TRANSFER = "transfer"
    TRANSFER_REVERSAL = "transfer_reversal"
    PAYMENT = "payment"
    ALLOCATION = "allocation"
    RELEASE = "release"
    SETTLEMENT = "settlement"
    VOID = "void"
    REFUND = "refund"
    RETURN = "return"
    CHARGEBACK = "chargeback"
    CHARGEBACK_WON = "chargeback_won"


ON_CHARGE = tuple(EntryKind)[:8]

ON_BOTH = (EntryKind.ALLOCATION, EntryKind.RELEASE)

REVERSALS = {
    EntryKind.ADJUSTMENT_REVERSAL: EntryKind.ADJUSTMENT,
    EntryKind.INSURANCE_REVERSAL: EntryKind.INSURANCE_PAYMENT,
    EntryKind.TRANSFER_REVERSAL: EntryKind.TRANSFER,
}

ONCE_PER_CHARGE = (EntryKind.CHARGE, EntryKind.CHARGE_VOID)

ONCE_PER_PAYMENT = (
    EntryKind.PAYMENT, EntryKind.SETTLEMENT, EntryKind.VOID,
    EntryKind.RETURN, EntryKind.CHARGEBACK, EntryKind.CHARGEBACK_WON,
)  # fmt: skip

BACK = (EntryKind.VOID, EntryKind.REFUND, EntryKind.RETURN, EntryKind.CHARGEBACK, EntryKind.CHARGEBACK_WON)


def words(kinds: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


class BackKind(StrEnum):
    VOID = "void"
    REFUND = "refund"


class DisputeState(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class DisputeAnswer(StrEnum):
    ACCEPTED = "accepted"
    FOUGHT = "fought"


class HoldKind(StrEnum):
    DISPUTE = "dispute"
    REVIEW = "review"


class DocumentType(StrEnum):
    INVOICE = "invoice"
    RECEIPT = "receipt"
    STATEMENT = "statement"
    SUPERBILL = "superbill"
    ESTIMATE = "estimate"


PREFIXES = {
    DocumentType.INVOICE: "INV",
    DocumentType.RECEIPT: "RCT",
    DocumentType.STATEMENT: "STM",
    DocumentType.SUPERBILL: "SB",
    DocumentType.ESTIMATE: "GFE",
}


class ImportKind(StrEnum):
    """What the rows of a file are."""

    FEES = "fees"
    CLIENTS = "clients"
    ACCOUNTS = "accounts"
    CHARGES = "charges"
    ADJUSTMENTS = "adjustments"
    SETTLEMENT = "settlement"
    BANK = "bank"
    PAY_LINK = "pay_link"
    COMPARE = "compare"  # posts nothing: lists where their totals differ from ours


class ImportState(StrEnum):
    """How far a file has come."""

    UPLOADED = "uploaded"
    CHECKED = "checked"  # looked at; nothing written
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # nothing written
    UNDONE = "undone"


class DepositSource(StrEnum):
    """Where a deposit is known from."""

    ANNOUNCED = "announced"  # by the processor's notification
    REPORT = "report"  # from its file
    TYPED = "typed"


class DepositLineKind(StrEnum):
    SALE = "sale"
    REFUND = "refund"
    DISPUTE = "dispute"
    DISPUTE_WON = "dispute_won"
    ADJUSTMENT = "adjustment"


class Stage(StrEnum):
    """How far a browser has proved who it is."""

    HALF = "half"  # the password was right, the second step is still to come
    WHOLE = "whole"


class LinkPurpose(StrEnum):
    RESET = "reset"
    REENROL = "reenrol"  # everything was lost; the practice saw who it is
    STAFF = "staff"  # the first sign-in of a member of staff
