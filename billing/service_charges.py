"""Services as the practice enters them: charged by the fee schedule, at the price agreed with the client, once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import fn

from billing import agreements, charges, fee_policy
from billing.desk import kept_reason
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.formats import FieldRefused
from billing.ledger import charges_by_key, left_of
from billing.staffing import Panel
from billing.stamp import Stamp
from choices import ChargeKind, EntryKind, Payer
from models import Account, AccountClient, Agreement, Charge, Client, Entry, Fee, Imported, OpenCharge, Provider, db
from money import Cents, plain_dollars

EARLIEST = date(1990, 1, 1)
SHOWN = 50
LATEST = 2000  # entries looked through for what one person entered today: the ledger is long, and a day is at its end
LETTERS = "ABCD"
OFFICE = (
    "11"  # CMS place-of-service codes, https://www.cms.gov/medicare/coding-billing/place-of-service-codes, read 2026-11
)


class ServiceRefused(BillingError):
    """This service cannot be entered so; `field` is where to look."""


class RowsRefused(BillingError):
    """Some of several services cannot be entered, and so none was; `problems` has an error per row."""

    def __init__(self, problems: dict[int, BillingError]) -> None:
        self.problems = problems
        super().__init__()


@dataclass(frozen=True, kw_only=True)
class Service:
    """One line of one day, as it is to be charged. `amount` in cents; None: as the schedule or the agreement says."""

    account: Account
    client: Client
    fee: Fee
    service_date: date
    provider: Provider | None = None
    amount: Cents | None = None
    payer: Payer = Payer.CLIENT
    pos: str = ""
    dx: tuple[str, ...] = ()
    ready: bool = True
    confidential: bool = False


@dataclass(frozen=True)
class Price:
    """What the line costs and what this client is charged, in cents; the difference is agreed."""

    full: Cents
    asked: Cents
    agreement: Agreement | None


@dataclass(frozen=True)
class Usual:
    """What is mostly the same again: place of service and diagnoses, main first."""

    pos: str
    dx: tuple[str, ...]


def price(service: Service) -> Price:
    """With no amount typed, the agreement of that day holds, or else the schedule; so it does when just that was typed.

    Any other amount is the price itself. A health plan is asked for the whole fee.
    """
    agreement = None
    if service.payer == Payer.CLIENT:
        agreement = agreements.holding(service.client, service.fee, service.service_date)
    if service.amount is not None and (agreement is None or service.amount != agreement.amount):
        return Price(service.amount, service.amount, None)
    full = service.fee.amount
    return Price(full, min(full, agreement.amount) if agreement else full, agreement)


def charge(service: Service, stamp: Stamp, *, key: str = "") -> Charge:
    """Charge one service. What was agreed below the fee is a sliding-scale adjustment of it.

    `key` is the charge's public key, where the caller knows it beforehand.

    Raises:
        ServiceRefused, FeeRefused, FieldRefused: with the field to look at.
        NotAllowed: confidential, on an account that a representative or guarantor can see.
    """
    with db.atomic():
        check(service, stamp.on)
        cost = price(service)
        posted = charges.post_charge(
            account=service.account, client=service.client, stamp=stamp, amount=cost.full,
            **_facts(service), **({"key": key} if key else {}),
        )  # fmt: skip
        if cost.asked < cost.full:
            reason = f"Agreed fee {plain_dollars(cost.asked)}"
            charges.adjust(posted, cost.full - cost.asked, "sliding_scale", reason, stamp)
    return posted


def check(service: Service, today: date) -> None:
    """Whether it can be charged; raises as `charge`."""
    if not EARLIEST <= service.service_date <= today:
        raise ServiceRefused("pr.svc.err.future", field="service_date")
    if service.fee.retired_at:
        raise ServiceRefused("pr.svc.err.retired", field="fee")
    both = (AccountClient.account == service.account) & (AccountClient.client == service.client)
    if not AccountClient.select().where(both).exists():
        raise ServiceRefused("pr.svc.err.client", field="client")
    if service.amount is not None and service.amount <= 0:
        raise FieldRefused("pr.err.abovezero", field="amount")
    if service.fee.kind == ChargeKind.FEE and service.payer != Payer.CLIENT:
        raise ServiceRefused("pr.svc.err.feeplan", field="payer")
    fee_policy.check(service.client, service.fee, price(service).asked, service.service_date)


def enter(rows: Sequence[Service], form: str, stamp: Stamp) -> int:
    """Charge all of these or none; returns how many are new.

    `form` is the random key of the page they were typed on: a row sent twice with it is charged once.

    Raises:
        RowsRefused: with the problem of each row that cannot be charged.
    """
    keys = [_key(form, number, row, stamp.by) for number, row in enumerate(rows)]
    with db.atomic():
        known = {row.key for row in Charge.select(Charge.key).where(Charge.key.in_(keys))}
        new = [(number, row) for number, row in enumerate(rows) if keys[number] not in known]
        problems: dict[int, BillingError] = {}
        for number, row in new:
            try:
                charge(row, stamp, key=keys[number])
            except BillingError as refused:
                problems[number] = refused
        if problems:
            raise RowsRefused(problems)
    return len(new)


def undo(charge: Charge, reason: str, stamp: Stamp) -> None:
    """Void a charge entered by mistake, with the adjustments on it.

    Raises:
        ReasonMissing, FieldRefused: of the reason.
        NotAllowed: money, a health plan or a payment in progress stands on it, or it is void.
    """
    kept = kept_reason(reason)
    with db.atomic():
        for entry in Entry.select().where((Entry.charge == charge) & (Entry.kind == EntryKind.ADJUSTMENT)):
            left = left_of(entry)
            if left:
                charges.reverse_adjustment(entry, left, kept, stamp)
        charges.void_charge(charge, kept, stamp)


def entered(by: str, on: date) -> list[ChargeFigures]:
    """What this person ("staff:7") entered by hand on this day, the latest first; the last fifty at most."""
    latest = Entry.select(Entry.id).order_by(Entry.id.desc()).limit(LATEST)
    mine = (Entry.kind == EntryKind.CHARGE) & (Entry.by == by) & (Entry.on == on)
    query = Charge.select(Charge.key).join(Entry, on=Entry.charge == Charge.id)
    brought = Imported.select(Imported.id).where(Imported.made == fn.PRINTF("charge:%d", Charge.id))
    keys = query.where(Entry.id.in_(latest) & mine & ~fn.EXISTS(brought)).order_by(Entry.id.desc()).limit(SHOWN)
    return sorted(charges_by_key(row.key for row in keys), key=lambda figures: -figures.charge.id)


def not_ready(reading: Panel) -> list[ChargeFigures]:
    """Open charges that no invoice takes up yet, of the care that is read; the oldest fifty."""
    query = Charge.select(Charge.key).join(OpenCharge, on=OpenCharge.charge == Charge.id).where(~Charge.ready)
    if reading.clients is not None:
        own = Charge.provider.is_null(False) & (Charge.provider == reading.provider)
        query = query.where(own | Charge.client.in_(reading.clients))
    return charges_by_key(row.key for row in query.order_by(Charge.service_date, Charge.id).limit(SHOWN))


def make_ready(keys: Iterable[str], reading: Panel) -> int:
    """Let the next invoices take these charges up; those not read are left alone. Returns how many are new."""
    with db.atomic():
        found = Charge.select().where(Charge.key.in_(list(keys)) & ~Charge.ready)
        ids = [row.id for row in found if reading.reads(row)]
        return int(Charge.update(ready=True).where(Charge.id.in_(ids)).execute())


def twice(service: Service) -> bool:
    """Whether the same line stands more than once for this client and day: two visits, or one entered twice."""
    same = (Charge.client == service.client) & (Charge.service_date == service.service_date)
    alike = same & (Charge.account == service.account) & (Charge.label == service.fee.label)
    return Charge.select().where(alike & ~fn.EXISTS(_void())).count() > 1


def usual(client: Client, on: date) -> Usual:
    """Where this client's last visit up to this day was and what it was for; none of it from confidential care.

    One who has no visit yet comes with the diagnoses that are kept of them; after confidential care these may be of it.
    """
    visits = (Charge.client == client) & (Charge.kind == ChargeKind.SERVICE) & (Charge.service_date <= on)
    open_care = visits & ~Charge.confidential & ~fn.EXISTS(_void())
    last = Charge.select().where(open_care).order_by(Charge.service_date.desc(), Charge.id.desc()).first()
    if last:
        return Usual(last.pos or OFFICE, tuple(last.dx))
    guarded = Charge.select().where((Charge.client == client) & Charge.confidential).exists()
    return Usual(OFFICE, () if guarded else tuple(client.dx))


def _void() -> Any:
    """The voiding of the charge at hand, as a query."""
    return Entry.select(Entry.id).where((Entry.charge == Charge.id) & (Entry.kind == EntryKind.CHARGE_VOID))


def _facts(service: Service) -> dict[str, object]:
    """The columns of the charge; a fee is no visit, and has neither place nor diagnosis."""
    fee, visit = service.fee, service.fee.kind == ChargeKind.SERVICE
    dx = list(service.dx) if visit else []
    return {
        "kind": fee.kind, "label": fee.label, "label_es": fee.label_es, "code": fee.code, "modifiers": fee.modifiers,
        "units": fee.units, "hsa_eligible": fee.hsa_eligible, "service_date": service.service_date,
        "provider": service.provider, "payer": service.payer, "pos": service.pos if visit else "", "dx": dx,
        "pointers": LETTERS[: len(dx)], "ready": service.ready, "confidential": service.confidential,
        "rendered": visit,
    }  # fmt: skip


def _key(form: str, number: int, row: Service, by: str) -> str:
    """The same row of the same page is the same charge; another one typed on it is another."""
    what = (form, number, by, row.account.id, row.client.id, row.fee.id, row.service_date, row.amount, row.payer)
    return hashlib.sha256(repr(what).encode()).hexdigest()[:32]
