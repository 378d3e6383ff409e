"""Payments on and off: why paying is not possible now, and the switch itself."""

from datetime import datetime

from billing.audit import note
from billing.checklist import CheckRow, ProcessorFacts, checklist
from billing.errors import BillingError, given
from billing.formats import FieldRefused, FieldsRefused, lines
from billing.stamp import Stamp
from choices import PayBy
from models import Account, Hold, Practice, db
from words import local_day

LONGEST = 300
SYSTEM = "system:"  # how a reason begins that is the key of a broken row, and no person's words
OUTSIDE = "ext.hint"  # clients pay, and not here


class NotReady(BillingError):
    """Required rows of the checklist are not done; `rows` are those."""

    key = "pr.switch.notready"

    def __init__(self, rows: list[CheckRow]) -> None:
        self.rows = rows
        super().__init__()


def closed(practice: Practice, account: Account | None, now: datetime) -> str | None:
    """The catalogue key of why nobody can pay (this account) now, or None when paying is possible.

    `home.off`: payments are off, the go-live day has not come, or they are off for this account.
    `home.noshow`: the balance is hidden. `home.hold`: the whole account is on hold. `ext.hint`: nothing hinders it, but
    clients pay on a site outside.
    """
    if not practice.payments_on or not is_live(practice, now):
        return "home.off"
    if not practice.show_balance:
        return "home.noshow"
    outside = OUTSIDE if practice.pay_by == PayBy.OUTSIDE else None
    return (account and _account_closed(account)) or outside


def is_live(practice: Practice, now: datetime) -> bool:
    """The go-live day, if one is set, has come in the practice's zone."""
    return practice.go_live_on is None or practice.go_live_on <= local_day(now, practice.time_zone)


def turn_on(facts: ProcessorFacts, stamp: Stamp, ip: str = "") -> None:
    """Let clients pay. Nothing happens when they already can. Raises NotReady."""
    with db.atomic():
        practice = Practice.the()
        blocking = [row for row in checklist(practice, facts, stamp.on) if row.blocks]
        if blocking:
            raise NotReady(blocking)
        if not practice.payments_on:
            _set(practice, stamp, ip, on=True)


def turn_off(reason: str, message: str, stamp: Stamp, ip: str = "") -> None:
    """Stop new payments; those already sent will finish.

    `reason` stays with staff, `message` (may be empty) stands on the clients' Home.

    Raises:
        ReasonMissing, FieldsRefused: no reason, too long a text, or a card number in it.
    """
    kept_reason, kept_message = _text(given(reason), "reason"), _text(message, "message")
    with db.atomic():
        practice = Practice.the()
        if practice.payments_on:
            _set(practice, stamp, ip, on=False, reason=kept_reason, message=kept_message)


def turn_off_for(key: str, stamp: Stamp) -> None:
    """Stop new payments because the checklist's row `key` broke; nobody pressed anything."""
    with db.atomic():
        _set(Practice.the(), stamp, "", on=False, reason=f"{SYSTEM}{key}")


def set_account_payments(account: Account, *, off: bool, reason: str, stamp: Stamp, ip: str = "") -> None:
    """Stop or allow online payments for one account; to stop them takes a reason, for staff only.

    Raises:
        ReasonMissing, FieldsRefused: no reason, too long a text, or a card number in it.
    """
    kept = _text(given(reason) if off else reason, "reason")
    with db.atomic():
        changed = Account.update(payments_off=off, payments_off_reason=kept)
        if changed.where(Account.id == account.id, Account.payments_off != off).execute():
            note(stamp.by, f"account.payments_{'off' if off else 'on'}", f"account:{account.id}", stamp.at, ip=ip)
    account.payments_off = off


def account_reason(account: Account) -> str:
    """Why payments are off for this account, as staff wrote it; empty when they are on or nobody wrote it down."""
    return str(account.payments_off_reason) if account.payments_off else ""


def _set(practice: Practice, stamp: Stamp, ip: str, *, on: bool, reason: str = "", message: str = "") -> None:
    practice.payments_on, practice.payments_off_reason, practice.payments_off_message = on, reason, message
    practice.save(only=[Practice.payments_on, Practice.payments_off_reason, Practice.payments_off_message])
    detail = reason.removeprefix(SYSTEM) if reason.startswith(SYSTEM) else ""
    note(stamp.by, f"payments.{'on' if on else 'off'}", "practice:1", stamp.at, ip=ip, detail=detail)


def _text(text: str, field: str) -> str:
    try:
        return lines(LONGEST)(text)
    except FieldRefused as refused:
        refused.field = field
        raise FieldsRefused((refused,)) from None


def _account_closed(account: Account) -> str | None:
    if account.payments_off:
        return "home.off"
    whole_account = (Hold.account == account) & Hold.charge.is_null() & Hold.ended_at.is_null()
    return "home.hold" if Hold.select().where(whole_account).exists() else None
