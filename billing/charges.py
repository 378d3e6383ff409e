"""Entries on charges: post, void, adjust, insurance, transfer, and their reversals.

Every command opens its own transaction, checks the ledger's "allowed when", and writes nothing when refused.
Nothing may make a charge's open amount smaller than what is reserved on it.
"""

from typing import Any

from billing import invoices, superbill_tasks
from billing.access import OUTSIDERS
from billing.audit import note
from billing.entries import post
from billing.errors import Busy, NotAllowed, allow, given
from billing.figures import ChargeFigures
from billing.ledger import charge_figure, left_of
from billing.stamp import Stamp
from choices import ChargeKind, EntryKind, Payer
from models import Account, Charge, Client, Entry, Link, db
from money import Cents, whole_cents

ADJUSTMENTS = ("contractual", "sliding_scale", "courtesy", "write_off", "other")
TRANSFERS = ("copay", "coinsurance", "deductible", "not_covered")


def post_charge(*, account: Account, client: Client, stamp: Stamp, **facts: Any) -> Charge:
    """Record a charge with the facts of `models.Charge` and post its amount, in cents.

    Raises:
        NotAllowed: no amount above zero; a confidential service on an account that a representative or
            guarantor can see; a fee or opening balance with a code or diagnosis, or sent to insurance.
    """
    with db.atomic():
        charge = Charge(account=account, client=client, **facts)
        allow(whole_cents(charge.amount) > 0)
        check_kind(charge)
        if charge.confidential:
            _check_confidential(account)
        charge.save(force_insert=True)
        post(EntryKind.CHARGE, account, charge.amount, stamp, charge=charge)
    return charge


def void_charge(charge: Charge, reason: str, stamp: Stamp) -> Entry:
    """Undo a charge that nothing stands on any more; the invoice it stood on is corrected, a superbill out of date."""
    with db.atomic():
        figures = charge_figure(charge)
        if figures.reserved:
            raise Busy()
        untouched = not (figures.adjusted or figures.insurance or figures.moved or figures.allocated)
        allow(bool(figures.gross) and untouched)
        entry = _on(charge, EntryKind.CHARGE_VOID, figures.gross, stamp, reason=given(reason))
        invoices.drop(charge, stamp)
        superbill_tasks.report_voided(charge, stamp)
    return entry


def adjust(charge: Charge, amount: Cents, category: str, reason: str, stamp: Stamp) -> Entry:
    """Lower the price by `amount` cents without money: at most what is open (insurance: pending)."""
    with db.atomic():
        figures = charge_figure(charge)
        allow(category in ADJUSTMENTS)
        if charge.payer == Payer.CLIENT:
            _within_open(amount, figures)
        else:
            _within(amount, figures.pending)
        return _on(charge, EntryKind.ADJUSTMENT, amount, stamp, category=category, reason=given(reason))


def record_insurance(charge: Charge, amount: Cents, plan: str, reference: str, stamp: Stamp) -> Entry:
    """Money from a plan for one charge, at most what is pending; nothing ever is on a charge the client pays."""
    with db.atomic():
        _within(amount, charge_figure(charge).pending)
        return _on(charge, EntryKind.INSURANCE_PAYMENT, amount, stamp, category=plan, reference=reference)


def transfer(charge: Charge, amount: Cents, reason: str, stamp: Stamp) -> Entry:
    """Move part of an insurance charge to the client: copay, coinsurance, deductible or not_covered."""
    with db.atomic():
        allow(reason in TRANSFERS)
        _within(amount, charge_figure(charge).pending)
        return _on(charge, EntryKind.TRANSFER, amount, stamp, category=reason)


def reverse_adjustment(entry: Entry, amount: Cents, reason: str, stamp: Stamp) -> Entry:
    """Take back up to what is left of an adjustment."""
    return _reverse(entry, EntryKind.ADJUSTMENT, EntryKind.ADJUSTMENT_REVERSAL, amount, reason, stamp)


def reverse_insurance(entry: Entry, amount: Cents, reason: str, stamp: Stamp) -> Entry:
    """Take back up to what is left of an insurance payment."""
    return _reverse(entry, EntryKind.INSURANCE_PAYMENT, EntryKind.INSURANCE_REVERSAL, amount, reason, stamp)


def reverse_transfer(entry: Entry, amount: Cents, reason: str, stamp: Stamp) -> Entry:
    """Move part of a transfer back to the plan, at most what the client has not paid or is not paying."""
    with db.atomic():
        _within_open(amount, charge_figure(entry.charge))
        return _reverse(entry, EntryKind.TRANSFER, EntryKind.TRANSFER_REVERSAL, amount, reason, stamp)


def move_back(charge: Charge, cents: Cents, reason: str, stamp: Stamp) -> None:
    """Move `cents` of the client's part back to the plan's, the newest transfer first."""
    with db.atomic():
        transfers = Entry.select().where((Entry.charge == charge) & (Entry.kind == EntryKind.TRANSFER))
        for entry in transfers.order_by(Entry.id.desc()):
            part = min(cents, left_of(entry))
            if part:
                reverse_transfer(entry, part, reason, stamp)
                cents -= part


def set_confidential(charge: Charge, stamp: Stamp, *, on: bool) -> None:
    """Say that the client alone agreed to this service, or no longer; set again, nothing happens.

    Raises:
        NotAllowed: a representative or guarantor can see the account.
    """
    with db.atomic():
        if on:
            _check_confidential(charge.account)
        if Charge.update(confidential=on).where(Charge.id == charge.id, Charge.confidential != on).execute():
            what = f"charge.confidential_{'on' if on else 'off'}"
            note(stamp.by, what, f"account:{charge.account_id} charge:{charge.id}", stamp.at)
    charge.confidential = on


def _reverse(entry: Entry, kind: EntryKind, undo: EntryKind, amount: Cents, reason: str, stamp: Stamp) -> Entry:
    with db.atomic():
        allow(entry.kind == kind)
        _within(amount, left_of(entry))
        return _on(entry.charge, undo, amount, stamp, names=entry, reason=given(reason))


def _on(charge: Charge, kind: EntryKind, amount: Cents, stamp: Stamp, **facts: Any) -> Entry:
    return post(kind, charge.account, amount, stamp, charge=charge, **facts)


def check_kind(charge: Charge) -> None:
    """Fees and opening balances are no medical visit: no code, no diagnosis, never to a plan."""
    plain = not charge.code and not charge.dx and charge.payer == Payer.CLIENT and not charge.hsa_eligible
    allow(charge.kind == ChargeKind.SERVICE or plain)


def _check_confidential(account: Account) -> None:
    """The other half of this rule stands where links are made."""
    outsiders = Link.role.in_(OUTSIDERS) & Link.ended_at.is_null()
    if Link.select().where((Link.account == account) & outsiders).exists():
        raise NotAllowed("pr.err.confidential")


def _within_open(amount: Cents, figures: ChargeFigures) -> None:
    if figures.open - figures.reserved < amount <= figures.open:
        raise Busy()
    _within(amount, figures.open)


def _within(amount: Cents, most: Cents) -> None:
    allow(0 < amount <= most)
