"""What a person of the practice writes into the books by hand: each act checked, booked once and logged.

A refusal writes nothing, and its sentence says so. Amounts are cents. Each act returns False when the same form had
been booked before (`billing.once`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from billing import charges, postings, superbill_tasks
from billing.audit import note
from billing.charges import ADJUSTMENTS, TRANSFERS
from billing.errors import BillingError, Busy, allow, given
from billing.formats import FieldRefused, FieldsRefused, Rule, line, lines, needed
from billing.ledger import charge_figure
from billing.once import Ask, written
from billing.running import left
from billing.stamp import Stamp
from choices import EntryKind, Payer
from models import Account, Charge, Entry, db
from money import Cents, format_dollars

LONGEST_REASON = 300
LONGEST_NAME = 80


class AmountNeeded(BillingError):
    key = "pr.desk.err.amount"
    field = "amount"


class OverMost(BillingError):
    """More than can be taken here."""

    key = "pr.desk.err.most"
    field = "amount"

    def __init__(self, most: Cents, field: str = "") -> None:
        super().__init__(field=field, max=format_dollars(most))


class StandsOnIt(BillingError):
    """A charge is voided only when nothing is left on it."""

    key = "pr.desk.err.stands"


@dataclass(frozen=True)
class Decision:
    """What a plan's letter says of one charge: what it paid, what may not be collected, what the client owes and why.

    Amounts in cents, None where nothing was typed. `plan` and `reference` name the plan and its letter.
    """

    paid: Cents | None
    discount: Cents | None
    client: Cents | None
    why: str
    plan: str
    reference: str

    @property
    def total(self) -> Cents:
        return (self.paid or 0) + (self.discount or 0) + (self.client or 0)


def adjust(
    charge: Charge, amount: Cents | None, category: str, reason: str, ask: Ask, *, of_client: bool = False
) -> bool:
    """Lower the price. Of an insurance charge what waits on the plan, or, `of_client`, what the client still owes.

    Raises:
        FieldsRefused, OverMost, Busy: nothing was written.
    """
    _, cents, kept = all_of(
        lambda: one_of(category, ADJUSTMENTS, "category"), lambda: typed(amount), lambda: kept_reason(reason)
    )

    def write() -> Entry:
        figures, insured = charge_figure(charge), charge.payer == Payer.INSURANCE
        if insured and not of_client:
            within(cents, figures.pending)
        else:
            within(cents, figures.open, figures.reserved)
        if insured and of_client:
            charges.move_back(charge, cents, kept, ask.stamp)
        return charges.adjust(charge, cents, category, kept, ask.stamp)

    return book(ask, charge.account, EntryKind.ADJUSTMENT, cents, write, charge=charge)


def decide(charge: Charge, said: Decision, ask: Ask) -> bool:
    """Book what a plan decided: its payment, its discount and the client's part, together at most what is pending.

    Raises:
        AmountNeeded, OverMost, FieldRefused: nothing was written.
    """
    parts = _parts(said)
    field, kind, cents = parts[0]

    def write() -> Entry:
        within(said.total, charge_figure(charge).pending, field=field)
        found = [_decided(charge, kind, cents, said, ask.stamp) for _, kind, cents in parts]
        return found[0]

    return book(ask, charge.account, kind, cents, write, charge=charge)


def _parts(said: Decision) -> list[tuple[str, EntryKind, Cents]]:
    """Field, kind and amount of each part; raises what is missing."""
    kinds = {
        "paid": EntryKind.INSURANCE_PAYMENT, "discount": EntryKind.ADJUSTMENT, "client": EntryKind.TRANSFER,
    }  # fmt: skip
    parts = [(field, kind, getattr(said, field)) for field, kind in kinds.items() if getattr(said, field)]
    if not parts:
        raise AmountNeeded(field="paid")
    if said.paid or said.discount:
        checked(needed(line(LONGEST_NAME)), said.plan, "plan")
    checked(line(LONGEST_NAME), said.reference, "reference")
    if said.client:
        one_of(said.why, TRANSFERS, "why")
    return parts


def _decided(charge: Charge, kind: EntryKind, cents: Cents, said: Decision, stamp: Stamp) -> Entry:
    plan, reference = said.plan.strip(), said.reference.strip()
    if kind == EntryKind.INSURANCE_PAYMENT:
        return charges.record_insurance(charge, cents, plan, reference, stamp)
    if kind == EntryKind.TRANSFER:
        return charges.transfer(charge, cents, said.why, stamp)
    return charges.adjust(charge, cents, "contractual", f"{plan} {reference}".strip(), stamp)


def undo(entry: Entry, amount: Cents | None, reason: str, ask: Ask) -> bool:
    """Take back up to what is left of an entry: by its reversal, a void of the charge, or a release of what it paid.

    Raises:
        FieldsRefused, ReasonMissing, OverMost, Busy, StandsOnIt, NotAllowed: nothing was written.
    """
    if entry.kind == EntryKind.CHARGE:
        return _void(entry.charge, kept_reason(reason), ask)
    allow(entry.kind in UNDOING)
    cents, kept = all_of(lambda: typed(amount), lambda: kept_reason(reason))
    kind, write = UNDOING[entry.kind]

    def take_back() -> Entry:
        within(cents, left(entry))
        if entry.kind == EntryKind.TRANSFER:
            figures = charge_figure(entry.charge)
            within(cents, figures.open, figures.reserved)
        return write(entry, cents, kept, ask.stamp)

    about = {"payment": entry.payment} if entry.kind == EntryKind.ALLOCATION else {"names": entry}
    return book(ask, entry.account, kind, cents, take_back, charge=entry.charge, **about)


def kept_reason(reason: str) -> str:
    """Why, as it is kept, sealed. Raises ReasonMissing, FieldRefused."""
    return checked(lines(LONGEST_REASON), given(reason), "reason")


def _void(charge: Charge, reason: str, ask: Ask) -> bool:
    def write() -> Entry:
        figures = charge_figure(charge)
        if figures.adjusted or figures.insurance or figures.moved or figures.allocated:
            raise StandsOnIt()
        return charges.void_charge(charge, reason, ask.stamp)

    return book(ask, charge.account, EntryKind.CHARGE_VOID, int(charge.amount), write, charge=charge)


def _release(entry: Entry, cents: Cents, reason: str, stamp: Stamp) -> Entry:
    superbill_tasks.report_out_of_date(entry.payment, stamp)
    return postings.release(entry.payment, entry.charge, cents, reason, stamp)


UNDOING: dict[EntryKind, tuple[EntryKind, Callable[[Entry, Cents, str, Stamp], Entry]]] = {
    EntryKind.ADJUSTMENT: (EntryKind.ADJUSTMENT_REVERSAL, charges.reverse_adjustment),
    EntryKind.INSURANCE_PAYMENT: (EntryKind.INSURANCE_REVERSAL, charges.reverse_insurance),
    EntryKind.TRANSFER: (EntryKind.TRANSFER_REVERSAL, charges.reverse_transfer),
    EntryKind.ALLOCATION: (EntryKind.RELEASE, _release),
}


def all_of(*checks: Callable[[], object]) -> list[Any]:
    """What each check returns; when any refuses, all the refusals at once. Raises FieldsRefused."""
    found: list[Any] = []
    problems: list[BillingError] = []
    for check in checks:
        try:
            found.append(check())
        except BillingError as refused:
            problems.append(refused)
    if problems:
        raise FieldsRefused(tuple(problems))
    return found


def typed(amount: Cents | None, field: str = "") -> Cents:
    """What was typed, above zero. Raises AmountNeeded."""
    if not amount:
        raise AmountNeeded(field=field)
    return amount


def within(cents: Cents, most: Cents, reserved: Cents = 0, field: str = "") -> None:
    """Raises Busy where only a payment in progress is in the way, else OverMost."""
    if most - reserved < cents <= most:
        raise Busy()
    if cents > most - reserved:
        raise OverMost(most - reserved, field)


def checked(rule: Rule, text: str, field: str) -> str:
    """The text as `rule` keeps it. Raises FieldRefused for this field."""
    try:
        return rule(text)
    except FieldRefused as refused:
        refused.field = field
        raise


def one_of(word: str, words: Sequence[str], field: str) -> str:
    """Raises FieldRefused for a word that is none of these."""
    if word not in words:
        raise FieldRefused("pr.err.choose", field=field)
    return word


def book(ask: Ask, account: Account, kind: EntryKind, cents: Cents, write: Callable[[], Entry], **about: Any) -> bool:
    """Write and log, unless the same form has written this before; `about` is what such an entry names."""
    with db.atomic():
        if written(ask, account, kind, cents, **about):
            return False
        entry = write()
        note(ask.stamp.by, f"ledger.{kind}", f"account:{account.id} entry:{entry.id}", ask.stamp.at)
    return True
