"""What a superbill says, field by field, built from rows and ledger figures. English only: a US insurer reads it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.figures import ChargeFigures
from billing.papers import Paper, address_lines
from choices import AccountKind, Method
from models import Account, Charge, Client, Diagnosis, Payment, Practice, Provider
from money import Cents, format_dollars
from words import local_day

LETTERS = "ABCDEFGHIJKL"
MOST_POINTERS = 4
PART2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
OPTED_OUT = "Provider has opted out of Medicare. Do not send to Medicare."
METHODS = {Method.ACH: "bank debit", Method.CASH: "cash"}


@dataclass(frozen=True)
class Supervisor:
    """Named beside the one who gave the care, never as the one."""

    name: str
    license: str
    npi: str


@dataclass(frozen=True)
class Renderer:
    """Who gave the care."""

    name: str
    license: str
    npi: str
    taxonomy: str
    supervisor: Supervisor | None


@dataclass(frozen=True)
class BillingProvider:
    """Who the plan knows as the practice; `legal_name` is as in NPPES."""

    legal_name: str
    address: tuple[str, ...]
    phone: str
    ein: str
    group_npi: str


@dataclass(frozen=True)
class Patient:
    """The one person this superbill is about."""

    name: str
    date_of_birth: date | None
    address: tuple[str, ...]
    phone: str
    sex: str


@dataclass(frozen=True)
class Insured:
    """Whose plan it is."""

    name: str
    relation: str
    plan: str
    member_id: str
    group: str


@dataclass(frozen=True)
class Dx:
    """A diagnosis and the letter by which lines point at it."""

    letter: str
    code: str
    text: str


@dataclass(frozen=True)
class SuperbillLine:
    """One visit: its units, the price really charged, what the client paid of it, what is left."""

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
    signer: str  # who had it made: "user:3", "staff:1"
    medicare_notice: str
    part2_notice: str
    cpt_notice: str


def care(figures: Sequence[ChargeFigures]) -> dict[str, Any]:
    """The fields that come from the visits: who gave them, diagnoses, lines, totals."""
    codes = diagnoses(figures)
    lines = tuple(_line(each, codes) for each in figures)
    return {
        "renderers": tuple(_renderer(provider) for provider in providers(figures)),
        "dx": _lettered(codes),
        "lines": lines,
        "total_charge": sum(line.charge for line in lines),
        "total_paid": sum(line.paid for line in lines),
        "total_balance": sum(line.balance for line in lines),
    }


def people(account: Account, client: Client, practice: Practice) -> dict[str, Any]:
    """The fields that come from the practice, the client and the account."""
    return {
        "billing": BillingProvider(
            practice.legal_name, address_lines(practice), practice.phone, practice.ein, practice.group_npi
        ),
        "patient": Patient(client.name, client.date_of_birth, address_lines(client), client.phone, client.sex),
        "insured": _insured(account, client),
        "responsible": _responsible(account, client),
        "medicare_notice": OPTED_OUT if client.medicare else "",
        "part2_notice": (practice.part2_notice or PART2_NOTICE) if practice.part2_program else "",
        "cpt_notice": practice.cpt_notice,
    }


def payment_line(paid: Cents, balances: Iterable[Cents], payments: Sequence[Payment], zone: str) -> str:
    """ "Paid in full. $710.00 on 10/31/2026, Visa ending 1111.", or what was paid and what is left."""
    left = list(balances)
    if any(left):
        return f"Amount paid {format_dollars(paid)}. Balance {format_dollars(sum(left))}."
    days = _joined(us_date(local_day(payment.paid_at, zone)) for payment in payments)
    return f"Paid in full. {format_dollars(paid)} on {days}, {_joined(_method(payment) for payment in payments)}."


def us_date(day: date) -> str:
    """MM/DD/YYYY, as insurers read it."""
    return day.strftime("%m/%d/%Y")


def providers(figures: Iterable[ChargeFigures]) -> list[Provider]:
    """Who gave these visits, each once, in the order of the visits; visits without one are left out."""
    return list({each.charge.provider_id: each.charge.provider for each in figures if each.charge.provider_id}.values())


def diagnoses(figures: Iterable[ChargeFigures]) -> list[str]:
    """The codes the visits point at, each once, in the order of first use: the letters A, B, C …"""
    return list(dict.fromkeys(code for each in figures for code in pointed_at(each.charge)))


def pointed_at(charge: Charge) -> list[str]:
    """The codes this visit is for, main first: its pointers are letters into its own list; none points at all of it."""
    own = dict(zip(LETTERS, charge.dx, strict=False))
    letters = charge.pointers or "".join(own)
    return [own[letter] for letter in letters[:MOST_POINTERS] if letter in own]


def diagnosis_texts() -> dict[str, str]:
    """Code -> short text of the practice's whole list, which is not long; sealed, it cannot be searched where it is."""
    return {row.code: row.text for row in Diagnosis.select().order_by(Diagnosis.id)}


def _line(figures: ChargeFigures, codes: list[str]) -> SuperbillLine:
    charge = figures.charge
    shared = f"One visit, charge shared. Share {charge.share_number} of {charge.share_of}." if charge.share_of else ""
    return SuperbillLine(
        charge.service_date, charge.pos, charge.code, tuple(charge.modifiers),
        "".join(LETTERS[codes.index(code)] for code in pointed_at(charge)), charge.units,
        figures.net, figures.allocated, figures.open, charge.provider.npi if charge.provider else "", shared,
    )  # fmt: skip


def _lettered(codes: list[str]) -> tuple[Dx, ...]:
    texts = diagnosis_texts()
    return tuple(Dx(letter, code, texts.get(code, "")) for letter, code in zip(LETTERS, codes, strict=False))


def _renderer(provider: Provider) -> Renderer:
    over = provider.supervisor
    supervisor = Supervisor(over.signature, _license(over), over.npi) if over else None
    return Renderer(provider.signature, _license(provider), provider.npi, provider.taxonomy, supervisor)


def _license(provider: Provider) -> str:
    return f"{provider.license_type}, {provider.license_state} {provider.license_number}"


def _insured(account: Account, client: Client) -> Insured | None:
    """The plan, when the client or this account's guarantor holds it.

    The other parent's plan would name someone whose account is nobody else's business, and so would a partner's.
    """
    own = client.insured_relation == "self"
    guarantors = client.insured_name == account.guarantor_name and account.kind != AccountKind.JOINT
    if not client.plan or not (own or guarantors):
        return None
    name = client.insured_name or client.name
    return Insured(name, client.insured_relation, client.plan, client.member_id, client.plan_group)


def _responsible(account: Account, client: Client) -> str:
    """The guarantor when that is someone else; a couple's superbill names nobody but the client."""
    same = account.guarantor_name == client.name or account.kind == AccountKind.JOINT
    return "" if same else ", ".join((account.guarantor_name, *address_lines(account)))


def _method(payment: Payment) -> str:
    if payment.method == Method.CARD:
        return f"{payment.card_brand} ending {payment.card_last4}"
    if payment.method == Method.CHECK:
        return f"check {payment.check_number}".strip()
    return METHODS.get(payment.method) or f"paid at {payment.site}"


def _joined(texts: Iterable[str]) -> str:
    *first, last = dict.fromkeys(texts)
    return f"{', '.join(first)} and {last}" if first else last
