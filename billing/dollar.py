"""The test payment: a dollar from a card of the practice's own, given back at once. It never touches the ledger.

Asked as every payment is: written down, asked with no transaction open, the answer written down. What nobody answered
for is found by its order id, and a dollar that was taken is given back again and again until it is.
"""

import secrets
import uuid
from datetime import datetime, timedelta

from billing import inbox
from billing.audit import note
from billing.errors import BillingError, CardMissing
from billing.payments import REFERENCE_LETTERS, Clock
from billing.recovery import ANSWER_LOST_AFTER, CLOSE_AFTER, NOT_SENT_SEARCHED_AFTER, SURE_OF_DECLINE_AFTER
from billing.tasks import raise_task
from choices import ASKED, AttemptState, BackKind
from gateways import Fact, Gateway, GatewayUnavailable, Kind, Nonce, Outcome, Result, Search, Standing
from models import Staff, TestPayment, db
from money import Cents, format_dollars
from tables import compare_and_set

AMOUNT: Cents = 1_00
LETTER, BACK = "T", "-R1"  # a reference of a test, and of its refund
OWN = uuid.UUID("6b4f6d0e-6a39-4a5b-9d0e-2f3c7d1f5a10")  # makes a page's key one of ours
SEARCHED = (AttemptState.UNKNOWN, AttemptState.NOT_SENT)
LATEST = 3 * NOT_SENT_SEARCHED_AFTER  # what did not leave may still turn up so long
BELONGS_BACK = timedelta(hours=1)


class Busy(BillingError):
    """The last dollar is still out, or nobody knows of it."""

    key = "pr.dollar.busy"


def take(
    nonce: str, form_key: str, staff: Staff, processor: str, *, gateway: Gateway, clock: Clock, ip: str = ""
) -> TestPayment:
    """Charge a dollar to a card just typed and give it back. With the same `form_key` the same test comes back.

    What the processor said is in the row's `state` and `returned_at`, never an exception.

    Raises:
        CardMissing: no card was typed.
        Busy: an earlier test is not over.
    """
    row, new = _intend(nonce, str(uuid.uuid5(OWN, f"{staff.id}:{form_key}")), staff, processor, clock(), ip)
    if new:
        _record(row, _ask(row, nonce, gateway), clock())
        look(row, gateway, clock())
    return row


def last(processor: str) -> TestPayment | None:
    """The newest test with this processor."""
    mine = TestPayment.select().where(TestPayment.processor == processor)
    found: TestPayment | None = mine.order_by(TestPayment.id.desc()).first()
    return found


def is_over(row: TestPayment) -> bool:
    """Whether nothing is left to find out or to give back."""
    return row.state not in ASKED and (row.state != AttemptState.SUCCEEDED or row.returned_at is not None)


def look(row: TestPayment, gateway: Gateway, now: datetime) -> TestPayment:
    """Find out what became of it, as far as can be known now, and give back what was taken."""
    if row.state == AttemptState.SENT and now - row.at >= ANSWER_LOST_AFTER:
        _move(row, (AttemptState.SENT,), AttemptState.UNKNOWN)
    if row.state == AttemptState.UNKNOWN or (row.state == AttemptState.NOT_SENT and now - row.at < LATEST):
        _learn(row, gateway.find_by_reference(row.order_id), now)
    if row.state == AttemptState.SUCCEEDED and row.returned_at is None:
        _give_back(row, gateway, now)
    return row


def look_at_all(gateway: Gateway, now: datetime) -> int:
    """The same for every test that is not over, or that may have arrived after all; returns how many are over now."""
    out = (TestPayment.state == AttemptState.SUCCEEDED) & TestPayment.returned_at.is_null()
    late = (TestPayment.state == AttemptState.NOT_SENT) & (TestPayment.at > now - LATEST)
    waiting = list(TestPayment.select().where(TestPayment.state.in_(ASKED) | out | late))
    for row in waiting:
        look(row, gateway, now)
        if row.state == AttemptState.SUCCEEDED and row.returned_at is None and now - row.at >= BELONGS_BACK:
            inbox.put_once("notice.dollar", now, row.at)
    return sum(map(is_over, waiting))


def is_one(fact: Fact) -> bool:
    """Whether the processor speaks of a test of ours, or of its way back."""
    return bool(TestPayment.select().where(TestPayment.transaction_id.in_([fact.id, fact.refund_of])).exists())


def sale_of(order_id: str) -> str:
    """The reference of the test that this one, or its refund, belongs to."""
    return order_id.removesuffix(BACK)


def _intend(
    nonce: str, request_key: str, staff: Staff, processor: str, now: datetime, ip: str
) -> tuple[TestPayment, bool]:
    with db.atomic():
        earlier = TestPayment.get_or_none(request_key=request_key)
        if earlier:
            return earlier, False
        if not nonce:
            raise CardMissing("card.fields")
        before = last(processor)
        if before and not is_over(before):
            raise Busy()
        row = TestPayment.create(
            order_id=_reference(),
            request_key=request_key,
            processor=processor,
            state=AttemptState.SENT,
            by=staff,
            at=now,
        )
        note(f"staff:{staff.id}", "test.ask", f"test_payment:{row.id}", now, ip=ip, detail=format_dollars(AMOUNT))
        return row, True


def _reference() -> str:
    """As those of payments, but for the first letter."""
    newest = TestPayment.select().order_by(TestPayment.id.desc()).first()
    letters = "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(6))
    return f"{LETTER}{newest.id + 1 if newest else 1:06d}-{letters}"


def _ask(row: TestPayment, nonce: str, gateway: Gateway) -> Result:
    assert not db.in_transaction(), "the processor is asked with no transaction open"
    return gateway.charge(row.order_id, row.request_key, AMOUNT, Nonce(nonce))


def _record(row: TestPayment, result: Result, now: datetime) -> None:
    with db.atomic():
        if result.alert:
            raise_task("task.setup", now, detail=result.staff_text)
        if result.outcome == Outcome.APPROVED and result.fact:
            _move(row, ASKED, AttemptState.SUCCEEDED, transaction_id=result.fact.id)
        elif result.outcome == Outcome.DECLINED:
            _move(row, ASKED, AttemptState.DECLINED, staff_text=result.staff_text)
        elif result.outcome == Outcome.NOT_SENT:
            _move(row, ASKED, AttemptState.NOT_SENT, staff_text=result.staff_text)
        else:
            _move(row, ASKED, AttemptState.UNKNOWN)


def _learn(row: TestPayment, search: Search, now: datetime) -> None:
    """A failed search proves nothing; after a day without a trace nothing was taken."""
    if not search.ok:
        return
    sales = [fact for fact in search.facts if fact.kind == Kind.SALE]
    taken = [fact for fact in sales if fact.standing in (Standing.APPROVED, Standing.REVERSED)]
    declined = bool(sales) and all(fact.standing == Standing.DECLINED for fact in sales)
    if taken:
        _move(row, SEARCHED, AttemptState.SUCCEEDED, transaction_id=taken[0].id)
    elif declined and now - row.at >= SURE_OF_DECLINE_AFTER:
        _move(row, SEARCHED, AttemptState.DECLINED)
    elif now - row.at >= CLOSE_AFTER:
        _move(row, (AttemptState.UNKNOWN,), AttemptState.CLOSED)


def _give_back(row: TestPayment, gateway: Gateway, now: datetime) -> None:
    """Voiding twice is harmless, and a refund is asked only of a sale that has none."""
    assert not db.in_transaction(), "the processor is asked with no transaction open"
    if gateway.void(row.transaction_id, str(uuid.uuid4())).outcome == Outcome.APPROVED:
        _returned(row, BackKind.VOID, now)
        return
    try:
        fact = gateway.find(row.transaction_id)
    except GatewayUnavailable:
        return
    if fact and fact.standing == Standing.REVERSED:
        _returned(row, BackKind.VOID, now)
    elif fact and (fact.refund_ids or (fact.past_voiding and _refunded(row, fact, gateway))):
        _returned(row, BackKind.REFUND, now)


def _refunded(row: TestPayment, fact: Fact, gateway: Gateway) -> bool:
    result = gateway.refund(fact.id, f"{row.order_id}{BACK}", str(uuid.uuid4()), fact.cents)
    return result.outcome == Outcome.APPROVED


def _returned(row: TestPayment, back: BackKind, now: datetime) -> None:
    with db.atomic():
        still_out = (TestPayment.id == row.id) & TestPayment.returned_at.is_null()
        if TestPayment.update(returned_at=now, back=back).where(still_out).execute():
            note(f"staff:{row.by_id}", "test.back", f"test_payment:{row.id}", now, detail=str(back))
        row.returned_at, row.back = now, back


def _move(row: TestPayment, before: tuple[AttemptState, ...], after: AttemptState, **facts: str) -> None:
    compare_and_set(row, before, after, facts)
