"""What may go back, how much, and who must agree."""

from dataclasses import replace
from datetime import timedelta

import pytest

from billing import ledger, moneyback, refunds
from billing.errors import AmountMissing, Busy, ReasonMissing
from billing.refund_rules import (
    Disputed,
    NotHere,
    NothingLeft,
    NotSettled,
    NotThere,
    OverRefund,
    ProcessorSilent,
    kind_now,
    preview,
    sale_of,
)
from choices import PostingMode
from gateways import Capabilities, Kind, Outcome, Result
from models import AuditEntry, Document, Entry, Hold, Message, MoneyBack, Payment, WaitingPayment
from tests import builders as the
from tests.payments.given_back import SALE, Between, credits_of, sums, tasks


def test_a_settled_payment_is_refunded_in_parts_each_with_its_own_order_id(till, settled, back):
    first, second = back(settled, 50_00), back(Payment.get(), 100_00)

    assert (first.state, first.kind, first.order_id) == ("succeeded", "refund", f"{settled.order_id}-R1")
    assert (second.order_id, second.entry.reference) == (f"{settled.order_id}-R2", second.transaction_id)
    assert credits_of(till, settled) == [50_00, 100_00] == sums("refund")
    assert sums("settlement") == [150_00]
    assert ledger.account_figure(settled.account).due == 150_00
    with pytest.raises(NothingLeft):
        back(settled, 1)


def test_what_has_not_settled_is_voided_in_full(till, paid, back):
    with pytest.raises(NotSettled):
        back(paid, 149_99)

    row = back(paid, 150_00)

    assert (row.state, row.kind, row.entry.kind, row.transaction_id) == ("succeeded", "void", "void", None)
    assert till.gateway.find(paid.transaction_id).voided
    assert ledger.account_figure(paid.account).due == 150_00


def test_the_client_hears_of_it_and_gets_a_paper_and_the_log_says_who(settled, back, rosa):
    Message.delete().execute()
    row = back(settled, 50_00, ip="10.0.0.7")

    assert [(each.kind, each.to) for each in Message.select()] == [("mail.unknown", settled.user.email)]
    assert Document.select().where(Document.payment == Payment.get()).count() == 2
    assert row.entry.by == f"staff:{rosa.id}"
    asked, answered = AuditEntry.select().where(AuditEntry.subject == f"money_back:{row.id}").order_by(AuditEntry.id)
    assert (asked.what, asked.by, asked.ip, asked.detail) == (
        "refund.ask", f"staff:{rosa.id}", "10.0.0.7", "refund $50.00 card",
    )  # fmt: skip
    assert (answered.what, answered.result) == ("refund.outcome", "succeeded")


@pytest.mark.parametrize("amount", [0, -1, 150_01])
def test_no_more_goes_back_than_is_left(settled, back, amount):
    with pytest.raises(OverRefund):
        back(settled, amount)
    assert MoneyBack.select().count() == 0


def test_an_amount_and_a_reason_are_needed(settled, back):
    with pytest.raises(AmountMissing):
        back(settled, None)
    with pytest.raises(ReasonMissing):
        back(settled, 1_00, reason=" ")


def test_a_disputed_payment_is_not_refunded(settled, back):
    back(settled, 1_00)
    moneyback.charge_back(Payment.get(), the.stamp(), reason="fraud", cents=100_00)

    with pytest.raises(Disputed):
        back(settled, 1_00)


def test_a_payment_in_flight_or_declined_has_nothing_to_give_back(back):
    ana = the.ana()
    with pytest.raises(Busy):
        back(the.an_attempt(ana, (the.a_charge(ana), "150.00")))
    with pytest.raises(NotThere):
        back(the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="declined"))


def test_a_sale_the_processor_does_not_have_or_took_back_is_not_given_back(till, paid, back):
    ana = the.noor()
    stranger = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="succeeded")
    the.a_payment(ana, "150.00", method="card", source="portal", attempt=stranger)
    till.gateway.void(paid.transaction_id, "somebody else")

    for attempt in (paid, stranger):
        with pytest.raises(NotThere):
            back(attempt)


def test_while_the_processor_is_silent_nothing_is_asked(settled, back, faults):
    faults(SALE, "status", status=503)

    with pytest.raises(ProcessorSilent):
        back(settled)
    assert MoneyBack.select().count() == 0


def test_a_waiting_payment_is_posted_before_it_goes_back(till, back, settle):
    the.the_practice(posting_mode=PostingMode.MANUAL)
    ana = the.ana()
    first, second = the.a_charge(ana, "2026-10-01", "100.00"), the.a_charge(ana, "2026-10-02", "50.00")
    attempt = till.many(ana.user, first, second)
    settle(attempt)
    assert preview(attempt, 60_00).owed == 60_00

    back(attempt, 60_00)

    assert [entry.kind for entry in Entry.select().order_by(Entry.id)][2:] == [
        "payment", "allocation", "allocation", "settlement", "release", "release", "refund",
    ]  # fmt: skip
    assert WaitingPayment.get().payment == Payment.get()
    assert (ledger.charge_figure(first).open, ledger.charge_figure(second).open) == (10_00, 50_00)


def test_what_the_client_will_owe_is_told_before(till, back, settle):
    ana = the.ana()
    visit, held = the.a_charge(ana, "2026-10-01", "100.00"), the.a_charge(ana, "2026-10-02", "50.00")
    attempt = till.many(ana.user, visit, held)
    settle(attempt)
    Hold.create(kind="review", account=ana.account, charge=held, began_at=the.NOW)
    the.a_payment(ana, "30.00")

    told = preview(attempt, 120_00)
    back(attempt, 120_00)

    assert told.owed == ledger.account_figure(ana.account).due == 40_00
    assert (list(told.reopened), told.from_credit) == ([(held, 50_00), (visit, 70_00)], 0)


def test_credit_goes_back_before_anything_is_owed_again(till, back, settle, paid):
    payment = Payment.get()
    charge = ledger.allocations_newest_first(payment)[0][0]
    the.postings.release(payment, charge, 60_00, "adjustment", the.stamp())
    the.charges.adjust(charge, 60_00, "courtesy", "Kindness", the.stamp())
    settle(paid)

    assert (preview(payment, 60_00).owed, preview(payment, 70_00).owed) == (0, 10_00)
    back(payment, 70_00)

    assert ledger.account_figure(paid.account).due == 10_00


@pytest.mark.parametrize(("amount", "days"), [(500_01, 0), (1_00, 91)])
def test_a_large_refund_or_one_of_an_old_payment_waits_for_another(till, back, settle, mara, rosa, amount, days):
    ana = the.ana()
    attempt = till.one(ana.user, the.a_charge(ana, fee="900.00"))
    settle(attempt)
    till.clock.pass_(days=days)

    row = back(attempt, amount)

    assert (row.state, row.not_before, row.sent_at) == ("created", None, None)
    assert refunds.waiting() == [row]
    assert (credits_of(till, attempt), refunds.send_due(till.gateway, till.clock)) == ([], 0)
    with pytest.raises(Busy):
        back(attempt, 1_00)
    for other in (rosa, the.a_staff_member("Nell Biller-Demo"), the.a_staff_member("Ivo Lane-Demo", "auditor")):
        with pytest.raises(refunds.NotYours):
            refunds.approve(row, other, gateway=till.gateway, clock=till.clock)

    for _ in range(2):
        row = refunds.approve(row, mara, gateway=till.gateway, clock=till.clock)

    assert (row.state, row.approved_by) == ("succeeded", mara)
    assert (credits_of(till, attempt), refunds.waiting()) == ([amount], [])


def test_parts_that_come_to_more_than_the_limit_need_the_second_person_too(till, back, settle, mara):
    ana = the.ana()
    attempt = till.one(ana.user, the.a_charge(ana, fee="900.00"))
    settle(attempt)

    assert [back(attempt, cents).state for cents in (400_00, 100_00, 1)] == ["succeeded", "succeeded", "created"]


def test_a_large_payment_is_voided_by_one_person(till, back):
    ana = the.ana()

    assert back(till.one(ana.user, the.a_charge(ana, fee="900.00")), 900_00).state == "succeeded"


def test_alone_a_day_must_pass(till, back, settle, mara, rosa):
    rosa.disabled_at = the.NOW
    rosa.save()
    ana = the.ana()
    attempt = till.one(ana.user, the.a_charge(ana, fee="900.00"))
    settle(attempt)
    row = back(attempt, 600_00, mara)
    assert row.not_before == till.clock() + timedelta(hours=24)

    till.clock.pass_(hours=23, minutes=59)
    assert refunds.send_due(till.gateway, till.clock) == 0
    till.clock.pass_(minutes=1)

    assert [refunds.send_due(till.gateway, till.clock) for _ in range(2)] == [1, 0]
    assert (MoneyBack.get().state, MoneyBack.get().approved_by, credits_of(till, attempt)) == (
        "succeeded",
        None,
        [600_00],
    )


def test_what_no_rule_allows_after_its_day_is_dropped_with_a_task(till, back, settle, mara, rosa):
    rosa.disabled_at = the.NOW
    rosa.save()
    ana = the.ana()
    attempt = till.one(ana.user, the.a_charge(ana, fee="900.00"))
    settle(attempt)
    back(attempt, 600_00, mara)
    payment = Payment.get()
    the.postings.settle(payment, the.stamp())
    moneyback.charge_back(payment, the.stamp(), reason="fraud", cents=400_00)
    till.clock.pass_(hours=24)

    assert refunds.send_due(till.gateway, till.clock) == 0

    assert (MoneyBack.get().state, tasks(), credits_of(till, attempt)) == ("canceled", ["task.back_refused"], [])


def test_what_waits_is_canceled_once_and_never_sent(till, back, settle, mara, rosa):
    ana = the.ana()
    attempt = till.one(ana.user, the.a_charge(ana, fee="900.00"))
    settle(attempt)
    row = back(attempt, 600_00)

    for _ in range(2):
        refunds.cancel(row, rosa, clock=till.clock)
    row = refunds.approve(row, mara, gateway=till.gateway, clock=till.clock)

    assert (row.state, credits_of(till, attempt)) == ("canceled", [])
    assert AuditEntry.select().where(AuditEntry.what == "refund.cancel").count() == 1
    assert back(attempt, 100_00).state == "succeeded"


def test_the_form_of_somebody_else_is_not_found(settled, back, mara):
    row = back(settled, 1_00, key="rosas")

    assert back(settled, 99_00, key="rosas") == row
    with pytest.raises(MoneyBack.DoesNotExist):
        back(settled, 1_00, mara, key="rosas")


def test_the_kind_is_told_by_the_processor(till, paid, settle):
    assert kind_now(sale_of(paid), till.gateway) == "void"
    settle(paid)
    assert kind_now(sale_of(Payment.get()), till.gateway) == "refund"


def test_a_sale_that_is_settling_can_only_be_refunded_and_settles_with_it(till, paid, back):
    class Night(Between):
        def find(self, id):
            return replace(self.gateway.find(id), status="settling")

        def refund(self, sale, order_id, key, cents):
            credit = replace(self.gateway.find(sale), id="c1", kind=Kind.CREDIT, order_id=order_id, cents=cents)
            return Result(Outcome.APPROVED, credit)

    row = back(paid, 50_00, gateway=Night(till.gateway))

    assert (row.kind, row.state, sums("settlement"), sums("refund")) == ("refund", "succeeded", [150_00], [50_00])


def test_a_processor_that_takes_no_refunds_is_not_asked(till, paid, back):
    class Link(Between):
        can = Capabilities(link=True)

    with pytest.raises(NotHere):
        back(paid, gateway=Link(till.gateway))
