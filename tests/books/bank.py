"""A bank that disputes payments, for tests: what the processor would say of it."""

from dataclasses import replace
from datetime import date

from billing import disputes
from billing.postings import allocate, settle
from gateways.disputes import DisputeFact, DisputeKind, DisputeStanding
from models import Dispute, Entry, Task
from tests.builders import NOW, a_payment, an_attempt, stamp

OPEN, ANSWERED, WON, LOST = (DisputeStanding[name] for name in ("OPEN", "ANSWERED", "WON", "LOST"))
OPENED = DisputeFact(
    id="dispute1", transaction_id="sale1", status="open", standing=OPEN, kind=DisputeKind.CHARGEBACK,
    reason="fraud", cents=150_00, currency="USD", opened_on=date(2026, 11, 16), reply_by=date(2026, 11, 30),
)  # fmt: skip


def news(standing=OPEN, **facts):
    return replace(OPENED, **{"standing": standing, "status": str(standing), **facts})


def hear(*facts):
    for fact in facts:
        disputes.learn(fact, NOW)


def a_sale(person, *charges, cents=0, settled=True):
    """A card payment toward these charges, known to the processor as "sale1"; `cents` may be more than they need."""
    lines = [(charge, charge.amount) for charge in charges]
    asked = lines if not cents else [(charges[0], cents)]
    attempt = an_attempt(person, *asked, state="succeeded", transaction_id="sale1")
    about = {"method": "card", "source": "portal", "way": "one", "user": person.user, "attempt": attempt}
    payment = a_payment(person, attempt.amount, **about)
    for charge, part in lines:
        allocate(payment, charge, part, stamp())
    if settled:
        settle(payment, stamp())
    return payment


def a_disputed(person, *charges, **facts):
    payment = a_sale(person, *charges, **facts)
    hear(news(cents=payment.amount))
    return payment


def a_lost(person, *charges, **facts):
    a_disputed(person, *charges, **facts)
    hear(news(LOST))
    return Dispute.get()


def tasks():
    return sorted(task.kind for task in Task.select().where(Task.done_at.is_null()))


def ledger():
    rows = Entry.select(Entry.kind, Entry.amount, Entry.charge, Entry.payment).order_by(Entry.id)
    return list(rows.tuples())
