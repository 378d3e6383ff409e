"""Where a client makes a superbill: again, or of the visits just paid."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import url_for

from billing.access import patients
from choices import ChargeKind
from models import Charge, Document, User
from views.superbill_choice import EVERYONE, key_of


def again(document: Document) -> str:
    """Where the same superbill is made once more, from what is on file now."""
    return url_for(
        "portal.documents.superbill", whom=key_of(document.account, document.client), from_on=document.from_on,
        to_on=document.to_on, provider=document.provider.key if document.provider else EVERYONE,
    )  # fmt: skip


def of_visits(user: User, charges: Iterable[Charge]) -> str:
    """Where a superbill of these visits is made: of one client, from the first day to the last.

    Of the last month when no visit is among them, and empty for a user who may have no superbill.
    """
    able = {(account.id, client.id) for account, client in patients(user)}
    theirs = [each for each in charges if each.kind == ChargeKind.SERVICE and (each.account_id, each.client_id) in able]
    visits = [each for each in theirs if each.client_id == theirs[0].client_id]
    return url_for("portal.documents.superbill", **_about(visits)) if able else ""


def _about(visits: Sequence[Charge]) -> dict[str, Any]:
    if not visits:
        return {}
    days, by = [str(each.service_date) for each in visits], {each.provider for each in visits}
    provider = by.pop() if len(by) == 1 else None
    whom, who = key_of(visits[0].account, visits[0].client), provider.key if provider else EVERYONE
    return {"whom": whom, "from_on": min(days), "to_on": max(days), "provider": who}
