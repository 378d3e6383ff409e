"""Queue an email in the transaction that caused it; `mail.py` renders and delivers."""

from datetime import datetime
from typing import NamedTuple

from billing.access import live_links
from billing.ledger import account_figure
from choices import Right, StaffRole
from models import Account, Message, Practice, Staff, User
from money import format_dollars

# What a user may choose not to hear of. Everything else is about their sign-in or about a payment that needs them.
TOPICS = {"mail.bill": "bill", "mail.due": "due", "mail.receipt": "receipt"}
OF_BILLS = ("mail.bill", "mail.due")


class Told(NamedTuple):
    """What an email says now: a catalogue key and what fills it."""

    key: str
    values: dict[str, str]


def queue(kind: str, to: str, language: str, now: datetime, **values: str) -> Message:
    """`kind` is a catalogue key such as mail.receipt; `values` fill it and hold nothing about health."""
    return Message.create(kind=kind, to=to, language=language, values=values, created_at=now)


def tell_of_bill(user: User, account: Account, now: datetime, kind: str = "mail.bill") -> None:
    """Queue a notice about a bill of this account, unless this user wants none."""
    if TOPICS[kind] in user.told_of:
        queue(kind, user.email, user.language, now, account=account.key)


def tell_of_paper(user: User, now: datetime) -> None:
    """Queue a notice of a paper that is no bill, unless this user wants none of bills."""
    if TOPICS["mail.bill"] in user.told_of:
        queue("mail.doc", user.email, user.language, now)


def tell_practice(kind: str, to: str, now: datetime) -> None:
    """Queue a notice to an address of the practice, as its own person reads, or the owner where it is nobody's."""
    staff = Staff.select(Staff.language).where(Staff.disabled_at.is_null())
    reader = staff.order_by(Staff.email != to.lower(), Staff.role != StaffRole.OWNER, Staff.id).first()
    queue(kind, to, reader.language if reader else "en", now)


def send_receipt(user: User, to: str, language: str, amount: int, now: datetime) -> None:
    """Queue the notice of a receipt to the address typed when paying.

    `amount` (cents) is put in only for a user who agreed to that, and only at their own address.
    """
    own = to.lower() == user.email and user.amounts_in_mail
    queue("mail.receipt", to, language, now, **({"amount": format_dollars(amount)} if own else {}))


def told_now(message: Message) -> Told | None:
    """What this message says at the moment of sending; None when there is nothing to say any longer.

    A notice of a bill asks again whether something is owed, whether the link still stands, and what its user chose.
    """
    user = User.get_or_none(User.email == message.to.lower(), User.disabled_at.is_null())
    values = dict(message.values)
    if message.kind in OF_BILLS:
        owed = _owed(message.kind, user, values.pop("account", ""))
        if not owed:
            return None
        values |= {"amount": format_dollars(owed)} if Practice.the().show_balance else {}
    if "amount" in values and not (user and user.amounts_in_mail):
        del values["amount"]
    return Told(f"{message.kind}.amount" if "amount" in values else message.kind, values)


def _owed(kind: str, user: User | None, key: str) -> int:
    """Cents this user can be told of: due on the account with this key, which they may open bills of."""
    if user is None or TOPICS[kind] not in user.told_of:
        return 0
    links = (link for link in live_links(user) if link.account.key == key and link.allows(Right.BILLS))
    account = next((link.account for link in links), None)
    return account_figure(account).due if account else 0
