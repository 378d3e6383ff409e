"""Superbills: which visits one lists, what stops it, and what takes its place.

It lists rendered services the client pays for, never fees, at the price really charged.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from peewee import Case, fn

from billing import papers
from billing.access import patients
from billing.errors import BillingError
from billing.figures import ChargeFigures
from billing.ledger import charge_figures
from billing.stamp import Stamp
from billing.superbill_age import out_of_date, out_of_date_among
from billing.superbill_facts import LETTERS, Superbill, care, diagnoses, payment_line, people, pointed_at, providers
from billing.superbill_tasks import finish_replaced
from choices import ChargeKind, DocumentType, EntryKind, Payer
from models import (
    Account,
    AccountClient,
    Charge,
    Client,
    Document,
    Entry,
    Payment,
    Practice,
    Provider,
    User,
    db,
)
from words import say

# CMS place-of-service codes: 02 telehealth elsewhere, 10 telehealth at home, 11 office.
TELEHEALTH, OFFICE = ("02", "10"), "11"
PO_BOX = re.compile(r"\bP\.? ?O\.? ?BOX\b", re.IGNORECASE)
ON_PRACTICE = ("legal_name", "city", "state", "zip", "phone", "ein")
ON_PROVIDER = ("name", "credentials", "license_type", "license_number", "license_state", "npi")
ON_SUPERVISOR = ("name", "license_number", "npi")
ON_CLIENT = ("date_of_birth", "line1", "city", "state", "zip")


class CannotMake(BillingError):
    """No superbill of these dates, this client or what is on file; `key` says why."""


@dataclass(frozen=True)
class Wanted:
    """One client of one account, service dates from and to inclusive, one provider or all."""

    account: Account
    client: Client
    from_on: date
    to_on: date
    provider: Provider | None = None


@dataclass(frozen=True)
class Preview:
    """What would be issued, and what stands in the way. `refusal` and `missing` are catalogue keys."""

    paper: Superbill | None
    charges: tuple[Charge, ...]
    refusal: str
    missing: tuple[str, ...]
    filed_by_practice: tuple[date, ...]  # visits that go to the health plan from the practice
    check_place: tuple[date, ...]  # place of service and telehealth modifier do not agree; a warning only
    outdated: Document | None  # the live paper of these dates that money back made out of date: this one replaces it

    @property
    def ready(self) -> bool:
        return bool(self.paper) and not self.refusal and not self.missing


def missing(client: Client, provider: Provider | None, practice: Practice) -> list[str]:
    """Catalogue keys of the required fields nobody has filled in yet, in the order of the paper."""
    street = [] if practice.line1 and not PO_BOX.search(practice.line1) else ["sb.practice.line1"]
    fields = _empty("practice", practice, ON_PRACTICE) + street
    fields += _empty("provider", provider, ON_PROVIDER) if provider else ["sb.provider.name"]
    if provider and provider.supervisor:
        fields += _empty("supervisor", provider.supervisor, ON_SUPERVISOR)
    return fields + _empty("client", client, ON_CLIENT)


def preview(user: User | None, wanted: Wanted, on: date) -> Preview:
    """The superbill `wanted` as it would be on the day `on`. `user` is None when staff ask.

    Raises:
        DoesNotExist: this user may not have superbills of this client on this account, or it has no such client.
    """
    _check_right(user, wanted)
    practice = Practice.the()
    rendered = [each for each in _of(wanted) if _is_rendered(each, on)]
    listed = [each for each in rendered if each.charge.payer == Payer.CLIENT]
    charges = tuple(each.charge for each in listed)
    refusal = _refusal(wanted.client, listed)
    return Preview(
        None if refusal else _build(wanted, listed, practice), charges, refusal,
        tuple(_all_missing(wanted.client, listed, practice)) if listed else (),
        _days(each.charge for each in rendered if each.charge.payer == Payer.INSURANCE),
        _days(charge for charge in charges if _place_looks_wrong(charge, practice)),
        _outdated(wanted),
    )  # fmt: skip


def issue(
    user: User | None, wanted: Wanted, stamp: Stamp, *, replaces: Document | None = None, serial: int = 0
) -> Document:
    """Number and write down the superbill `wanted`; asked for again with nothing changed, it is the same paper.

    A live one of the same dates that is out of date is replaced by it.

    Raises:
        CannotMake: no visit in these dates, a field is missing, or this client cannot have one.
        DoesNotExist: as `preview`.
    """
    with db.atomic():
        seen = preview(user, wanted, stamp.on)
        if seen.paper is None or not seen.ready:
            raise _why_not(seen, wanted.client.language)
        same = None if replaces or serial else _same(seen.paper, wanted)
        replaces = replaces or seen.outdated
        if same:
            return same
        made = papers.issue(
            replace(seen.paper, signer=stamp.by), DocumentType.SUPERBILL, stamp, charges=seen.charges,
            payments=_payments(seen.charges), serial=serial, replaces=replaces, account=wanted.account,
            client=wanted.client, provider=wanted.provider, user=user, from_on=wanted.from_on, to_on=wanted.to_on,
        )  # fmt: skip
        finish_replaced(wanted.account, stamp)
    return made


def correct(document: Document, stamp: Stamp, *, serial: int = 0) -> Document:
    """The same superbill from what is on file now, under a new number that names the old one.

    Raises:
        CannotMake: it has been replaced already, nothing on it changed, or as `issue`.
    """
    with db.atomic():
        seen = correction(document, stamp.on)
        if not seen.ready:
            raise _why_not(seen, document.client.language)
        return issue(None, _wanted_by(document), stamp, replaces=document, serial=serial)


def correction(document: Document, on: date) -> Preview:
    """What would be issued in place of this superbill on the day `on`, and what stands in the way.

    Raises:
        CannotMake: it has been replaced already.
    """
    later = papers.replaced_by([document]).get(document.id)
    if later:
        raise CannotMake("docs.replaced", number=later.number)
    seen = preview(None, _wanted_by(document), on)
    same = seen.paper is not None and _facts(papers.frozen(seen.paper)) == _facts(document.data)
    return replace(seen, refusal="pr.sb.same") if same and not out_of_date(document) else seen


def _wanted_by(document: Document) -> Wanted:
    return Wanted(document.account, document.client, document.from_on, document.to_on, document.provider)


def _same(paper: Superbill, wanted: Wanted) -> Document | None:
    """The live superbill that says just this already."""
    facts = _facts(papers.frozen(paper))
    return next((each for each in _live_of(wanted) if _facts(each.data) == facts and not out_of_date(each)), None)


def _outdated(wanted: Wanted) -> Document | None:
    """The live superbill of the same dates and provider that money back made out of date."""
    asked = (wanted.from_on, wanted.to_on, wanted.provider)
    of_these = [each for each in _live_of(wanted) if (each.from_on, each.to_on, each.provider) == asked]
    stale = out_of_date_among(of_these)
    return next((each for each in of_these if each.id in stale), None)


def _live_of(wanted: Wanted) -> Iterable[Document]:
    of = (Document.account == wanted.account) & (Document.client == wanted.client)
    live: Iterable[Document] = Document.select().where(of & Document.id.in_(papers.live(DocumentType.SUPERBILL)))
    return live


def _facts(data: dict[str, Any]) -> dict[str, Any]:
    """What a superbill says, without its number, its time and who asked. The first ones had no word on Medicare."""
    return {"medicare_notice": "", **data, "number": "", "issued_at": None, "replaces": None, "signer": ""}


def _check_right(user: User | None, wanted: Wanted) -> None:
    if user and (wanted.account, wanted.client) not in patients(user):
        raise Account.DoesNotExist(wanted.account.key)
    AccountClient.get(account=wanted.account, client=wanted.client)


def _of(wanted: Wanted) -> list[ChargeFigures]:
    figures = charge_figures([wanted.account])
    return [each for each in figures if _is_wanted(each.charge, wanted)]


def _is_wanted(charge: Charge, wanted: Wanted) -> bool:
    in_range = wanted.from_on <= charge.service_date <= wanted.to_on
    by = wanted.provider is None or charge.provider_id == wanted.provider.id
    return in_range and by and bool(charge.client_id == wanted.client.id)


def _is_rendered(figures: ChargeFigures, on: date) -> bool:
    """A service that took place and costs something: no fee, no plan for later, nothing voided or given free."""
    charge = figures.charge
    took_place = charge.rendered and charge.service_date <= on
    return charge.kind == ChargeKind.SERVICE and took_place and figures.net > 0


def _build(wanted: Wanted, listed: list[ChargeFigures], practice: Practice) -> Superbill:
    facts = care(listed)
    payments = _payments([each.charge for each in listed])
    balances = [line.balance for line in facts["lines"]]
    return Superbill(
        **facts, **people(wanted.account, wanted.client, practice), letterhead=papers.letterhead(practice),
        zone=practice.time_zone, language="en", from_on=wanted.from_on, to_on=wanted.to_on, signer="",
        payment_line=payment_line(facts["total_paid"], balances, payments, practice.time_zone),
    )  # fmt: skip


def _payments(charges: Iterable[Charge]) -> list[Payment]:
    """The payments that pay a part of these charges now, oldest first."""
    signed = Case(None, [(Entry.kind == EntryKind.ALLOCATION, Entry.amount)], 0 - Entry.amount)
    links = (EntryKind.ALLOCATION, EntryKind.RELEASE)
    paying = Entry.charge.in_([charge.id for charge in charges]) & Entry.kind.in_(links)
    rows = Payment.select().join(Entry, on=Entry.payment == Payment.id).where(paying)
    return list(rows.group_by(Payment.id).having(fn.SUM(signed) > 0).order_by(Payment.paid_at, Payment.id))


def _refusal(client: Client, listed: list[ChargeFigures]) -> str:
    """Medicare and Medicaid do not pay clients back, and a superbill has room for twelve diagnoses.

    Clinicians in Medicare file the visits themselves; the client of one who opted out pays, and nobody files.
    https://superbilled.com/blog/submit-superbill-to-medicare, read 2026-11.
    """
    if client.medicare and not all(_opted_out(each.charge) for each in listed):
        return "docs.sb.medicare"
    if client.medicaid:
        return "docs.sb.medicaid"
    if not listed:
        return "docs.sb.none"
    return "docs.sb.many" if len(diagnoses(listed)) > len(LETTERS) else ""


def _opted_out(charge: Charge) -> bool:
    """Whether whoever gave this visit had left Medicare by then."""
    since = charge.provider.medicare_opted_out_on if charge.provider else None
    return since is not None and since <= charge.service_date


def _all_missing(client: Client, listed: list[ChargeFigures], practice: Practice) -> list[str]:
    named: list[Provider | None] = [*providers(listed)]
    if any(each.charge.provider is None for each in listed):
        named.append(None)
    fields = [field for provider in named for field in missing(client, provider, practice)]
    return list(dict.fromkeys(fields + [field for each in listed for field in _missing_on(each.charge)]))


def _missing_on(charge: Charge) -> list[str]:
    dx = [] if pointed_at(charge) else ["sb.charge.dx"]
    return _empty("charge", charge, ("code", "pos")) + dx


def _empty(of: str, row: Any, names: Iterable[str]) -> list[str]:
    return [f"sb.{of}.{name}" for name in names if not getattr(row, name)]


def _days(charges: Iterable[Charge]) -> tuple[date, ...]:
    """Each day once, however many visits it had."""
    return tuple(dict.fromkeys(charge.service_date for charge in charges))


def _place_looks_wrong(charge: Charge, practice: Practice) -> bool:
    by_video = bool(set(charge.modifiers) & set(practice.telehealth_modifiers))
    return (charge.pos in TELEHEALTH and not by_video) or (charge.pos == OFFICE and by_video)


def _why_not(seen: Preview, language: str) -> CannotMake:
    if seen.refusal:
        return CannotMake(seen.refusal)
    return CannotMake("docs.sb.missing", fields=", ".join(say(field, language) for field in seen.missing))
