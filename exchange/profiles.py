"""How known systems write their reports, and how a person of the practice said that other files are written.

A known system's columns are those that its maker publishes; none of these was tried with a real export yet. A header
that a file lacks is not mapped, and a person can always say otherwise. Read 2026-11:

SimplePractice: https://support.simplepractice.com/hc/en-us/articles/13218476777101 (Understanding your billing reports)
    and 360061133311 (recent activity; its exact headers are not published)
TheraNest: https://experience.ensorahealth.com article 1889 (Payment report),
    https://theranest.zendesk.com articles 1195975 (Payroll report) and 4416203610900 (payment methods)
Sessions Health: help article 364 (Payments insight)
Healthie: https://help.gethealthie.com article 418 (Payments Report)
My Best Practice: billing CSV; the list that its help gives is not complete
"""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from typing import Any

from choices import ImportKind
from exchange.dialect import PLAIN, Dialect
from exchange.kinds import KINDS
from models import Mapping

OTHER = "other"  # a person will say which column is which
SESSION, OPENING = "Session", "Opening balance"


@dataclass(frozen=True)
class Profile:
    """How one report of one system is read: which header each field has there, and what names a row without an id.

    `asks`: fields that hold one day for the whole file, which a person says.
    """

    name: str  # kept with each row; a file under another name is another source
    title: str
    kind: ImportKind
    columns: Map[str, str] = field(default_factory=dict)  # field of ours -> header
    key: tuple[str, ...] = ()  # empty: as in our own templates
    asks: tuple[str, ...] = ()
    dialect: Dialect = PLAIN
    options: Map[str, str] = field(default_factory=dict)  # order of days, sign of money, as a person said


_KNOWN = (
    Profile(
        "simplepractice_balances", "SimplePractice: Outstanding balances", ImportKind.CHARGES,
        {"client_name": "Client", "amount": "Client balance"}, key=("client_name", "service_date"),
        asks=("service_date",),
        dialect=Dialect(
            fixed={"kind": "opening", "label": OPENING}, nothing="Client balance",
            refusals={"not_above": "credit_by_hand"},
        ),
    ),
    Profile(
        "simplepractice_activity", "SimplePractice: Recent activity", ImportKind.CHARGES,
        {"client_name": "Client", "service_date": "Date", "amount": "Amount"},
        key=("client_name", "service_date", "amount"),
        dialect=Dialect(fixed={"label": SESSION}, only={"Type": ("session*", "appointment*")}),
    ),
    Profile(
        "theranest_payroll", "TheraNest: Payroll report, services", ImportKind.CHARGES,
        {
            "client_name": "Client", "service_date": "Date of Service", "code": "CPT Code", "amount": "Rate",
            "payer": "Insurer",
        },
        key=("client_name", "service_date", "code"),
        dialect=Dialect(fixed={"label": SESSION}, words={"payer": {"": "client", "*": "insurance"}}),
    ),
    Profile(
        "theranest_payroll_paid", "TheraNest: Payroll report, insurance payments", ImportKind.ADJUSTMENTS,
        {
            "client_name": "Client", "service_date": "Date of Service", "amount": "Amount", "date": "Payment Date",
            "plan": "Insurer", "reference": "Payment Number",
        },
        key=("reference", "client_name", "service_date", "date"),
        dialect=Dialect(fixed={"type": "insurance_payment"}, only={"Payment Method": ("insurance*",)}),
    ),
    Profile(
        "theranest_payments", "TheraNest: Payment report", ImportKind.COMPARE,
        {
            "client_name": "Client Name", "client_paid": "Client Payment", "client_refunded": "Client Refunds",
            "insurance_paid": "Insurance Payment",
        },
        asks=("from", "to"),
    ),
    Profile(
        "sessions_health_payments", "Sessions Health: Payments", ImportKind.COMPARE,
        {"client_name": "Client", "date": "Posted Date", "amount": "Payment (or refund) Amount"},
        key=("client_name", "date", "amount"),
    ),
    Profile(
        "healthie_payments", "Healthie: Payments Report", ImportKind.COMPARE,
        {
            "payment_id": "Unique ID", "client_name": "Client", "date": "Transaction Date & Time",
            "amount": "Gross Amount Paid",
        },
        dialect=Dialect(only={"Failure Reason": ("",)}),
    ),
    Profile(
        "my_best_practice", "My Best Practice: billing CSV", ImportKind.CHARGES,
        {
            "client_id": "Client ID", "client_name": "Client Name", "service_date": "Date of Service (DOS)",
            "code": "CPT",
        },
        key=("client_id", "service_date", "code"),
        dialect=Dialect(fixed={"label": SESSION}),
    ),
)  # fmt: skip
PROFILES = {profile.name: profile for profile in _KNOWN}


def of(name: str, kind: ImportKind) -> Profile:
    """The profile that a file was brought in with, with the columns that a person gave it last."""
    profile = PROFILES.get(name)
    if profile is None:
        kept = Mapping.get_or_none(Mapping.key == name)
        return _as_kept(Profile(name, kept.name, kept.kind), kept) if kept else Profile(name, "", kind)
    changed = Mapping.get_or_none(Mapping.name == name)
    return _as_kept(profile, changed) if changed else profile


def spoken(profile: Profile, options: Map[str, Any]) -> Dialect:
    """The profile's dialect with what was said about one file."""
    fixed = {**profile.dialect.fixed, **options.get("fixed", {})}
    return replace(profile.dialect, fixed=fixed, sign=options.get("sign", ""))


def kept() -> list[Mapping]:
    """What people of the practice named, by name; changes to a known system are part of that."""
    mine = Mapping.kind.in_(list(KINDS)) & Mapping.name.not_in(list(PROFILES))
    return list(Mapping.select().where(mine).order_by(Mapping.name))


def asked(profile: Profile) -> tuple[str, ...]:
    """Fields for which a person may give one day for all rows."""
    return profile.asks or getattr(KINDS[profile.kind].rows, "ASKS", ())


def _as_kept(profile: Profile, kept: Mapping) -> Profile:
    return replace(profile, columns=kept.columns, options=kept.options)
