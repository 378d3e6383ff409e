"""Superbills: the paper a client sends to a health plan to ask for money back. Always English: a US insurer reads it.

A superbill lists only rendered services with a code, never fees, at the price really charged. What it counts as
paid may later go back; then it is out of date, which is asked of the ledger and never written down.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing import papers
from billing.access import rights
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.ledger import charge_figures
from billing.papers import Paper, address_lines
from billing.stamp import Stamp
from models import (
    Account,
    AccountKind,
    Charge,
    ChargeKind,
    Client,
    Diagnosis,
    Document,
    DocumentPayment,
    DocumentType,
    Entry,
    EntryKind,
    Method,
    Payer,
    Payment,
    Practice,
    Provider,
    Right,
    User,
    db,
)
from money import Cents, format_dollars

MOST_DIAGNOSES = 12
LETTERS = "ABCDEFGHIJKL"
TELEHEALTH_PLACES = ("02", "10")  # CMS place-of-service codes: telehealth elsewhere, at home
OFFICE = "11"
PO_BOX = re.compile(r"\bP\.? ?O\.? ?BOX\b", re.IGNORECASE)
PART2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
MONEY_BACK = (EntryKind.REFUND, EntryKind.VOID, EntryKind.RETURN, EntryKind.CHARGEBACK)
METHODS = {Method.ACH: "bank debit", Method.CASH: "cash", Method.CHECK: "check", Method.EXTERNAL: "online"}


class CannotMake(BillingError):
    """These dates, this client or what is on file do not allow a superbill; `key` says why."""


@dataclass(frozen=True)
class Wanted:
    """Which superbill: one client of one account, service dates from and to inclusive, one provider or all."""

    account: Account
    client: Client
    from_on: date
    to_on: date
    provider: Provider | None = None


@dataclass(frozen=True)
class Supervisor:
    name: str
    license: str
    npi: str


@dataclass(frozen=True)
class Renderer:
    """Who gave the care, never the supervisor."""

    name: str
    license: str
    npi: str
    taxonomy: str
    supervisor: Supervisor | None


@dataclass(frozen=True)
class BillingProvider:
    legal_name: str
    address: tuple[str, ...]
    phone: str
    ein: str
    group_npi: str


@dataclass(frozen=True)
class Patient:
    name: str
    date_of_birth: date | None
    address: tuple[str, ...]
    phone: str
    sex: str


@dataclass(frozen=True)
class Insured:
    name: str
    relation: str
    plan: str
    member_id: str
    group: str


@dataclass(frozen=True)
class Dx:
    letter: str
    code: str
    text: str


@dataclass(frozen=True)
class SuperbillLine:
    service_date: date
    pos: str
    code: str
    modifiers: tuple[str, ...]
    pointers: str
    units: int
    charge: Cents
    paid: Cents
    balance: Cents
    npi: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Superbill(Paper):
    """The totals are the sums of the lines; "Paid in full" only when every balance is zero."""

    from_on: date
    to_on: date
    billing: BillingProvider
    renderers: tuple[Renderer, ...]
    patient: Patient
    insured: Insured | None
    responsible: str
    dx: tuple[Dx, ...]
    lines: tuple[SuperbillLine, ...]
    total_charge: Cents
    total_paid: Cents
    total_balance: Cents
    payment_line: str
    signers: tuple[str, ...]
    signer: str  # who asked for it: "user:3" or "staff:1"
    part2_notice: str
    cpt_notice: str
