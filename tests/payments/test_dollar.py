"""The test payment over the real sandbox: taken, given back, found again, and nowhere in the books."""

from datetime import timedelta
from uuid import uuid4

import pytest

from billing import deposit_differences, deposits, dollar, processor_check
from billing.deposits import Payout, Told
from billing.errors import CardMissing
from choices import DepositLineKind, DepositSource
from gateways import Nonce
from gateways.braintree import BraintreeAdapter
from gateways.braintree.connection import connect
from models import AuditEntry, Entry, Notice, Task
from models import TestPayment as Dollar
from tests import builders as the
from tests.payments.given_back import REFUND, VOID
from tests.payments.given_back import SALE as FIND
from tests.payments.test_once import SALE, SEARCH
from tests.sandbox.fixtures import account_at


@pytest.fixture
def take(till, mara):
    """`take("visa")`: Mara types this test card."""

    pages = uuid4().hex  # the processor remembers the keys of other tests

    def take(kind="visa", key="a page", staff=mara, **facts):
        about = {"gateway": till.gateway, "clock": till.clock, **facts}
        return dollar.take(till.card(kind).nonce if kind else "", pages + key, staff, "built_in", **about)

    return take


@pytest.fixture
def settle(till):
    testing = connect(account_at(till.server.port)).testing
    return lambda row: testing.settle_transaction(row.transaction_id)


def look(till, row, **time):
    till.clock.pass_(**time)
    return dollar.look(row, till.gateway, till.clock())


def said(row):
    kept = Dollar.get_by_id(row.id)
    assert (row.state, row.back, bool(row.returned_at)) == (kept.state, kept.back, bool(kept.returned_at))
    return (str(kept.state), kept.back and str(kept.back))


def there(till, row):
    """The status of each transaction that the processor has of it."""
    return [fact.status for fact in till.gateway.find_by_reference(row.order_id).facts]


def test_a_dollar_is_taken_and_voided_and_the_books_know_nothing_of_it(till, take, mara):
    row = take()

    assert (said(row), there(till, row), dollar.is_over(row)) == (("succeeded", "void"), ["voided"], True)
    assert Entry.select().count() == 0
    log = [(entry.by, entry.what, entry.detail) for entry in AuditEntry.select().order_by(AuditEntry.id)]
    assert log == [(f"staff:{mara.id}", "test.ask", "$1.00"), (f"staff:{mara.id}", "test.back", "void")]


def test_the_same_page_twice_is_one_test_and_another_page_another(till, take):
    first, again = take(), take("funds")
    assert (again.id, there(till, first)) == (first.id, ["voided"])

    assert take(key="another page").order_id.startswith("T000002-")


def test_a_test_takes_a_card(take):
    with pytest.raises(CardMissing):
        take("")
    assert Dollar.select().count() == 0


def test_a_declined_card_takes_nothing(take):
    row = take("funds")
    assert (said(row), row.staff_text, dollar.is_over(row)) == (("declined", None), "2001 Insufficient Funds", True)


def test_an_answer_that_was_lost_is_found_and_the_dollar_given_back(till, take, faults):
    faults(SALE, "apply_then_drop")
    faults(SEARCH, "status", status=503)
    row = take()
    assert (said(row), dollar.is_over(row)) == (("unknown", None), False)
    with pytest.raises(dollar.Busy):
        take(key="another page")

    assert dollar.look_at_all(till.gateway, till.clock()) == 1

    assert (said(Dollar.get()), there(till, row)) == (("succeeded", "void"), ["voided"])


def test_a_decline_that_was_lost_is_believed_after_a_minute(till, take, faults):
    faults(SALE, "apply_then_drop")
    row = take("funds")
    assert said(row) == ("unknown", None)
    look(till, row, seconds=61)
    assert said(row) == ("declined", None)


def test_what_never_arrived_is_over_after_a_day(till, take, faults):
    faults(SALE, "drop")
    row = take()
    look(till, row, hours=23)
    assert said(row) == ("unknown", None)
    look(till, row, hours=1)
    assert (said(row), dollar.is_over(row)) == (("closed", None), True)


def test_a_process_that_died_while_asking_is_found_too(till, take, mara):
    keys = {"order_id": f"T000077-{uuid4().hex[:6]}", "request_key": uuid4().hex}
    row = Dollar.create(**keys, processor="built_in", state="sent", by=mara, at=till.clock())
    till.gateway.charge(row.order_id, row.request_key, 1_00, Nonce(till.server.pick("visa")))
    assert (dollar.look_at_all(till.gateway, till.clock()), said(Dollar.get())) == (0, ("sent", None))
    look(till, row, minutes=2)
    assert said(row) == ("succeeded", "void")


def test_what_was_said_not_to_have_left_is_looked_for_half_an_hour(till, take, gateway, sandbox_server):
    nobody = BraintreeAdapter(account_at(1))
    row = take(gateway=nobody)
    assert (said(row), dollar.is_over(row)) == (("not_sent", None), True)
    assert dollar.look_at_all(till.gateway, till.clock()) == 1

    till.gateway.charge(row.order_id, row.request_key, 1_00, Nonce(till.server.pick("visa")))
    till.clock.pass_(minutes=29)
    dollar.look_at_all(till.gateway, till.clock())
    assert said(Dollar.get()) == ("succeeded", "void")

    till.clock.pass_(minutes=2)
    assert dollar.look_at_all(till.gateway, till.clock()) == 0


def test_a_sale_that_settled_before_it_was_voided_is_refunded(till, take, settle, faults):
    faults(VOID, "drop")
    faults(FIND, "status", status=503)
    row = take()
    assert (said(row), dollar.is_over(row)) == (("succeeded", None), False)
    settle(row)
    faults(REFUND, "status", status=503)
    look(till, row, minutes=5)
    assert said(row) == ("succeeded", None)

    look(till, row, minutes=5)

    assert said(row) == ("succeeded", "refund")
    assert sorted(there(till, row)) == ["settled"]
    back = till.gateway.find_by_reference(f"{row.order_id}-R1").facts
    assert [(fact.cents, fact.refund_of) for fact in back] == [(1_00, row.transaction_id)]


def test_a_void_or_refund_whose_answer_was_lost_is_seen_and_not_asked_twice(till, take, settle, faults):
    faults(VOID, "apply_then_drop")
    assert said(take()) == ("succeeded", "void")

    faults(VOID, "drop")
    row = take(key="another page")
    assert said(row) == ("succeeded", None)
    settle(row)
    faults(REFUND, "apply_then_drop")
    look(till, row)
    assert said(row) == ("succeeded", None)
    look(till, row)
    assert said(row) == ("succeeded", "refund")
    assert len(till.gateway.find_by_reference(f"{row.order_id}-R1").facts) == 1


def test_two_looks_at_once_return_it_once(till, take, faults):
    faults(VOID, "drop")
    row, other = take(), Dollar.get()
    for each in (row, other):
        look(till, each)
    assert AuditEntry.select().where(AuditEntry.what == "test.back").count() == 1


def test_staff_hear_once_of_a_dollar_that_stays_out(till, take, faults):
    faults(VOID, "drop", times=9)
    take()
    for _ in range(3):
        till.clock.pass_(minutes=30)
        dollar.look_at_all(till.gateway, till.clock())
    assert [row.kind for row in Notice.select()] == ["notice.dollar"]


def test_keys_that_are_refused_become_a_task(take, faults):
    faults(SALE, "status", status=401)
    assert said(take()) == ("not_sent", None)
    assert Task.get().kind == "task.setup"


def test_the_comparison_with_the_processor_knows_tests_and_finds_what_is_not_one(till, take, settle, faults):
    faults(VOID, "drop")
    row = take()
    settle(row)
    till.gateway.refund(row.transaction_id, f"{row.order_id}-R1", uuid4().hex, 1_00)
    double = till.gateway.charge(row.order_id, uuid4().hex, 1_00, Nonce(till.server.pick("visa"))).fact

    compared = processor_check.compare(till.gateway, double.created_at + timedelta(minutes=15))

    own = [sentence for sentence, fact in compared.found if fact and fact.order_id.startswith(row.order_id)]
    assert own == [f"{row.order_id}: $1.00 charged at the processor, not in the books."]
    assert row.transaction_id not in compared.foreign


def test_a_deposit_that_holds_a_refunded_test_differs_in_nothing(till, take):
    row = take()
    lines = (
        Told("sale", DepositLineKind.SALE, 1_00, order_id=row.order_id),
        Told("back", DepositLineKind.REFUND, -1_00, order_id=f"{row.order_id}-R1"),
        Told("other", DepositLineKind.SALE, 1_00, order_id="T000099-ABCDEF"),
    )
    deposit = deposits.record(Payout(the.TODAY, lines, DepositSource.REPORT, "transfer"), till.clock())

    found = deposit_differences.of([deposit])[deposit.id]

    assert [(each.what, each.line.reference) for each in found] == [("sale", "other")]
