"""One visit paid by two accounts: a charge on each, and what happens to both when the parts change."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import Case, fn

from billing import charges, postings
from billing.desk import kept_reason
from billing.errors import BillingError, NotAllowed
from billing.figures import ChargeFigures
from billing.ledger import charges_by_key
from billing.stamp import Stamp
from choices import EntryKind, Payer
from models import Account, AccountClient, Charge, Client, Entry, Payment, db
from money import Cents, share_by, whole_cents

WHOLE = 1000  # tenths of a percent
PAYERS = 2
BRACKETS = re.compile(r" \([^()]*\)$")  # "Talk therapy (your half)": a share's own words, not the service's
COPIED = (
    "client", "provider", "kind", "service_date", "payer", "code", "modifiers", "units", "pos", "dx", "pointers",
    "hsa_eligible", "rendered", "ready", "confidential", "no_plan_disclosure",
)  # fmt: skip


class SplitRefused(BillingError):
    """The visit cannot be parted so; `field` is where to look."""


@dataclass(frozen=True)
class Part:
    """What one account is charged of a visit, in cents; nothing at all takes it off that account."""

    account: Account
    amount: Cents


def by_percent(total: Cents, tenths: Sequence[int]) -> list[Cents]:
    """Parts of `total` cents by tenths of a percent; odd cents go to the largest fractions, then to the first.

    Raises:
        SplitRefused: they are not a hundred percent together.
    """
    if min(tenths) < 0 or sum(tenths) != WHOLE:
        raise SplitRefused("pr.split.err.percent", field="first")
    return share_by(total, tenths)


def shares(charge: Charge) -> list[ChargeFigures]:
    """The charges of this visit that stand, this one alone when it was never split."""
    if not charge.share_of:
        return charges_by_key([charge.key])
    visit = (Charge.visit == charge.visit) & (Charge.client == charge.client_id) & Charge.share_of.is_null(False)
    line = (Charge.share_visit_amount == charge.share_visit_amount) & (Charge.code == charge.code)
    same = visit & line & (Charge.service_date == charge.service_date)  # other systems' visit ids come again, or not
    keys = [row.key for row in Charge.select(Charge.key).where(same)]
    standing = [row for row in charges_by_key(keys) if row.gross]
    return sorted(standing, key=lambda row: row.charge.share_number)


def label_of_visit(share: str) -> str:
    """What a share is called, without its own words at the end: "Talk therapy (your half)" is "Talk therapy"."""
    return BRACKETS.sub("", share)


def payers_of(client: Client) -> list[Account]:
    """The accounts this client's care can be charged to, by number."""
    query = Account.select().join(AccountClient).where(AccountClient.client == client)
    return list(query.order_by(Account.number))


def split(charge: Charge, parts: Sequence[Part], reason: str, stamp: Stamp) -> list[Charge]:
    """Charge each part to its account, instead of what the visit is charged as so far. All or nothing.

    What was paid is released first, and stays as credit on the account that paid it.

    Raises:
        SplitRefused: the parts are not the visit; an account that is none of the client's; adjustments, a hold, or a
            health plan's money stand on it.
        Busy: a payment of it is in progress.
        ReasonMissing, FieldRefused: of the reason.
    """
    kept = kept_reason(reason)
    with db.atomic():
        old, charged = shares(charge), [part for part in parts if part.amount]
        _check(old, charged)
        for row in old:
            _release(row.charge, kept, stamp)
            charges.void_charge(row.charge, kept, stamp)
        return _post(old[0].charge, charged, stamp)


def _check(old: list[ChargeFigures], parts: list[Part]) -> None:
    total = sum(row.gross for row in old)
    if not total:
        raise NotAllowed()
    if any(whole_cents(part.amount) < 0 for part in parts) or _sum(parts) != total:
        raise SplitRefused("pr.split.err.sum", field="first")
    accounts = {part.account.id for part in parts}
    if len(accounts) < len(parts) or accounts - {account.id for account in payers_of(old[0].charge.client)}:
        raise SplitRefused("pr.split.err.account", field="second_account")
    if any(row.adjusted or row.held or row.charge.payer != Payer.CLIENT for row in old):
        raise SplitRefused("pr.split.err.stands")


def _sum(parts: list[Part]) -> Cents:
    return sum(part.amount for part in parts)


def _release(charge: Charge, reason: str, stamp: Stamp) -> None:
    """Take everything back that payments pay of this charge."""
    for payment, amount in _paid(charge):
        postings.release(payment, charge, amount, reason, stamp)


def _paid(charge: Charge) -> list[tuple[Payment, Cents]]:
    """The payments that pay this charge, and how many cents each, the latest first."""
    plus, minus = EntryKind.ALLOCATION, EntryKind.RELEASE
    net = fn.SUM(Case(Entry.kind, [(plus, Entry.amount), (minus, 0 - Entry.amount)], 0))
    query = Payment.select(Payment, net.alias("net")).join(Entry, on=Entry.payment == Payment.id)
    rows = query.where(Entry.charge == charge).group_by(Payment.id).having(net > 0).order_by(Payment.id.desc())
    return [(row, row.net) for row in rows]


def _post(visit: Charge, parts: list[Part], stamp: Stamp) -> list[Charge]:
    facts = {name: getattr(visit, name) for name in COPIED} | {"visit": visit.visit or visit.key}
    for name in ("label", "label_es"):
        text = getattr(visit, name)
        facts[name] = label_of_visit(text) if visit.share_of else text
    numbers = _numbers(parts)
    return [
        charges.post_charge(account=part.account, amount=part.amount, stamp=stamp, **facts, **number)
        for part, number in zip(parts, numbers, strict=True)
    ]


def _numbers(parts: list[Part]) -> list[dict[str, Any]]:
    """Which share of how many, and of how much; a visit that one account pays has none."""
    if len(parts) < PAYERS:
        return [{}]
    total = _sum(parts)
    about = {"share_of": len(parts), "share_visit_amount": total}
    return [{"share_number": number, **about} for number, _ in enumerate(parts, 1)]
