"""Clients whose superbills would have to wait for something that nobody has filled in yet."""

from dataclasses import dataclass
from datetime import datetime

from billing import staffing
from billing.staffing import Panel
from billing.superbills import missing
from choices import ChargeKind, Payer
from models import Account, Charge, Client, Practice, Staff

LATEST = 200  # visits that are looked at: who came lately asks for a superbill next


@dataclass(frozen=True)
class Gap:
    """One client, an account they are on, and the catalogue keys of what is missing on file of them."""

    client: Client
    account: Account
    missing: tuple[str, ...]


def gaps(staff: Staff, now: datetime) -> list[Gap]:
    """Of the latest visits this person may read, by the client's name; in a fixed number of queries."""
    practice, found = Practice.the(), {}
    for charge in _latest(staffing.panel(staff, now)):
        if charge.client_id not in found:
            lacks = tuple(key for key in missing(charge.client, None, practice) if key.startswith("sb.client."))
            found[charge.client_id] = Gap(charge.client, charge.account, lacks)
    return sorted((gap for gap in found.values() if gap.missing), key=lambda gap: gap.client.name)


def _latest(reading: Panel) -> list[Charge]:
    rows = Charge.select(Charge, Client, Account).join(Client).switch(Charge).join(Account)
    visits = (Charge.kind == ChargeKind.SERVICE) & (Charge.payer == Payer.CLIENT)
    if reading.clients is not None:
        visits &= Charge.client.in_(reading.clients)
    return list(rows.where(visits).order_by(Charge.id.desc()).limit(LATEST))
