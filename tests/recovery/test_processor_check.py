"""The books held against the processor: planted differences of each kind are found, clean books give none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from billing import moneyback, postings, processor_check, settling, waiting
from billing.refund_outcomes import record_credit
from choices import PostingMode
from gateways import GatewayUnavailable
from models import Attempt, Notice, Payment, Task, WaitingPayment
from tests import builders as the

OURS = "P000077-ABCDEF"


def later(world):
    world.pass_(minutes=11)
    return processor_check.differences(world.gateway, world.clock())


def a_refund(world, attempt, **spoilt):
    """A refund of $40.00 that both sides know; gives our row and the credit there. `spoilt` is what we misread."""
    world.settled(attempt)
    credit = world.gateway.refund(attempt.transaction_id, f"{attempt.order_id}-R1", "key", 40_00).fact
    return record_credit(replace(credit, **spoilt), world.clock()), credit


def test_clean_books_differ_in_nothing(world):
    ana = the.ana()
    sold = [world.paid(ana, again=True) for _ in range(3)]
    a_refund(world, sold[0])
    world.gateway.void(sold[1].transaction_id, "key 2")
    settling.learn(sold[1], world.gateway.find(sold[1].transaction_id), world.clock())
    world.one(ana.user, the.a_charge(ana), card=world.card("funds"))
    the.the_practice(posting_mode=PostingMode.MANUAL)
    world.paid(ana, again=True)

    assert later(world) == []


def test_money_there_and_not_here(world):
    world.gateway.charge(OURS, "key", 70_00, world.source())

    assert later(world) == [f"{OURS}: $70.00 charged at the processor, not in the books."]


def test_a_second_charge_of_one_payment_is_money_not_here(world):
    attempt = world.paid()
    world.gateway.charge(attempt.order_id, "another", attempt.amount, world.source())

    assert later(world) == [f"{attempt.order_id}: $150.00 charged at the processor, not in the books."]


@pytest.mark.parametrize("order_id", [f"{OURS}-R1", "by-hand"])
def test_a_refund_there_and_not_here(world, order_id):
    attempt = world.settled(world.paid())
    world.gateway.refund(attempt.transaction_id, order_id, "key", 40_00)

    assert later(world) == [f"{order_id}: $40.00 refunded at the processor, not in the books."]


def in_books_alone(ana, at):
    lines, facts = (the.a_charge(ana), "150.00"), {"state": "succeeded", "transaction_id": "nowhere"}
    attempt = the.an_attempt(ana, lines, created_at=at, **facts)
    the.a_payment(ana, attempt.amount, source="portal", method="card", attempt=attempt)
    return attempt


def test_money_here_and_not_there(world):
    ana = the.ana()
    old = the.an_attempt(ana, (the.a_charge(ana), "10.00"), state="succeeded", created_at=the.noon("2026-01-05"))
    the.a_payment(ana, old.amount, source="portal", method="card", attempt=old)
    attempt = in_books_alone(ana, world.clock())

    assert later(world) == [f"Payment {attempt.order_id}: $150.00 in the books, not at the processor."]


def test_a_refund_here_and_not_there(world):
    back, _ = a_refund(world, world.paid(), id="nowhere")

    assert later(world) == [
        f"Refund {back.order_id}: $40.00 in the books, not at the processor.",
        f"{back.order_id}: $40.00 refunded at the processor, not in the books.",
    ]


def test_other_amounts(world):
    attempt = world.paid()
    back, _ = a_refund(world, attempt, cents=39_00)
    ana = the.ana()
    fact = world.gateway.charge(OURS, "key 2", 70_00, world.source()).fact
    wrong = the.an_attempt(
        ana, (the.a_charge(ana), "60.00"), state="succeeded", transaction_id=fact.id, created_at=world.clock()
    )
    the.a_payment(ana, "60.00", source="portal", method="card", attempt=wrong)

    assert later(world) == [
        f"Payment {wrong.order_id}: $60.00 in the books, $70.00 at the processor.",
        f"Refund {back.order_id}: $39.00 in the books, $40.00 at the processor.",
    ]


def test_canceled_there_and_not_here(world):
    attempt = world.paid()
    world.gateway.void(attempt.transaction_id, "key")

    assert later(world) == [f"Payment {attempt.order_id}: paid in the books, voided at the processor."]


def test_canceled_there_while_it_waits_here(world):
    the.the_practice(posting_mode=PostingMode.MANUAL)
    attempt = world.paid()
    world.gateway.void(attempt.transaction_id, "key")

    assert later(world) == [f"Payment {attempt.order_id}: paid in the books, voided at the processor."]
    waiting.post(WaitingPayment.get(), the.stamp())


def test_canceled_here_and_not_there(world):
    attempt = world.paid()
    moneyback.void(Payment.get(), "typing mistake", the.stamp())

    assert later(world) == [
        f"Payment {attempt.order_id}: taken back in the books, submitted_for_settlement at the processor."
    ]


def test_settled_here_and_not_there(world):
    attempt = world.paid()
    postings.settle(Payment.get(), the.stamp())

    assert later(world) == [
        f"Payment {attempt.order_id}: settled in the books, submitted_for_settlement at the processor."
    ]


def test_a_refund_while_its_sale_is_still_settling_is_no_difference(world):
    attempt = world.paid()
    world.pass_(hours=5)
    assert world.gateway.find(attempt.transaction_id).status == "settling"
    credit = world.gateway.refund(attempt.transaction_id, "by-hand", "key", 40_00).fact
    record_credit(credit, world.clock())

    assert later(world) == []


@pytest.mark.parametrize("known", [False, True])
def test_a_refund_that_failed_there(world, known):
    back, credit = a_refund(world, world.paid())
    world.testing.settlement_decline_transaction(credit.id)
    if known:
        record_credit(world.gateway.find(credit.id), world.clock())

    told = [f"Refund {back.order_id}: given back in the books, settlement_declined at the processor."]
    assert later(world) == ([] if known else told)


def test_a_payment_in_doubt_is_a_difference_until_it_is_found(world):
    world.faults("POST .*/transactions$", "apply_then_drop")
    world.faults("POST .*/advanced_search_ids$", "status", status=503)
    ana = the.ana()
    attempt = world.one(ana.user, the.a_charge(ana))

    assert later(world) == [f"{attempt.order_id}: $150.00 charged at the processor, not in the books."]
    assert (world.look(), processor_check.differences(world.gateway, world.clock())) == (1, [])


def test_what_is_only_minutes_old_or_older_than_the_window_is_left_out(world):
    world.gateway.charge(OURS, "key", 70_00, world.source())

    assert processor_check.differences(world.gateway, world.clock()) == []
    world.pass_(days=8)
    assert processor_check.differences(world.gateway, world.clock()) == []
    assert len(processor_check.differences(world.gateway, world.clock(), timedelta(days=9))) == 1


def test_what_others_charge_on_the_same_account_is_only_mentioned(world):
    ids = [
        world.gateway.charge(f"shop-{number}", f"key {number}", 5_00, world.source()).fact.id for number in range(11)
    ]
    world.pass_(minutes=11)

    found = processor_check.compare(world.gateway, world.clock())

    assert found.differences == []
    assert found.aside == f"Not Evenly's, so not compared: 11 at the processor ({', '.join(ids[:10])}, …)."


def test_what_the_search_does_not_show_yet_is_read_by_its_id(world):
    world.faults("POST .*/transactions$", "search_lag", seconds=7200)
    world.paid()

    assert later(world) == []


def test_a_processor_that_does_not_answer_proves_nothing(world):
    world.faults("POST .*/advanced_search_ids$", "status", status=503)

    with pytest.raises(GatewayUnavailable):
        later(world)


@pytest.fixture
def run(app, gateway):
    app.extensions["gateway"] = gateway
    return lambda *words: app.test_cli_runner().invoke(args=list(words))


def test_reconcile_brings_both_together_and_says_so(world, run, portal):
    world.faults("POST .*/transactions$", "apply_then_drop")
    world.faults("POST .*/advanced_search_ids$", "status", status=503)
    ana = the.ana()
    attempt = world.one(ana.user, the.a_charge(ana))
    world.settled(world.paid(ana))
    world.server.control("webhooks", {"kind": "check", "wait": 10})
    world.gateway.charge("shop", "key", 5_00, world.source())
    world.pass_(hours=12)

    result = run("reconcile")

    assert [line.split()[0] for line in result.output.splitlines()[:5]] == ["1", "0", "1", "1", "0"]
    assert "1 at the processor (" in result.output
    assert result.output.endswith("The books and the processor agree.\n")
    assert (result.exit_code, Attempt.get_by_id(attempt.id).state) == (0, "succeeded")


def test_reconcile_puts_right_what_no_search_would_find_any_more(world, run):
    ana = the.ana()
    world.faults("POST .*/transactions$", "search_lag", seconds=36 * 3600)
    world.faults("POST .*/transactions$", "apply_then_drop")
    world.one(ana.user, the.a_charge(ana))
    for hours in (1, 24, 24):
        world.pass_(hours=hours)
        world.look()
    voided = world.paid(ana)
    world.gateway.void(voided.transaction_id, "by hand")
    refunded = world.settled(world.paid(ana, again=True))
    world.gateway.refund(refunded.transaction_id, "by-hand", "key", 40_00)
    world.pass_(minutes=11)
    assert len(processor_check.differences(world.gateway, world.clock())) == 3

    result = run("reconcile")

    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "The books and the processor agree.")
    told = {task.kind for task in Task.select()}
    assert told >= {"task.closed", "task.late_success", "task.voided", "task.back_found"}
    news = {row.kind for row in Notice.select()}
    assert news == {"notice.late", "notice.not_arrived", "notice.payment", "notice.refund_late"}


def test_reconcile_fails_when_something_differs(world, run):
    world.gateway.charge(OURS, "key", 70_00, world.source())
    lost = in_books_alone(the.ana(), world.clock())
    world.pass_(minutes=11)

    result = run("reconcile")

    assert (result.exit_code, result.output.splitlines()[-2:]) == (
        1,
        [
            f"Payment {lost.order_id}: $150.00 in the books, not at the processor.",
            f"{OURS}: $70.00 charged at the processor, not in the books.",
        ],
    )


def test_reconcile_fails_when_the_processor_is_silent(world, run):
    world.faults("", "status", times=9, status=503)

    result = run("reconcile")

    assert result.exit_code == 1
    assert "The processor does not answer" in result.output


def test_the_daily_job_tells_staff_of_a_difference(world, app, gateway):
    app.extensions["gateway"] = gateway
    jobs = app.extensions["jobs"]
    world.gateway.charge(OURS, "key", 70_00, world.source())
    assert jobs.run_due()["compare with the processor"] == 0, "nothing was ever asked of the processor"

    world.paid()
    world.pass_(days=1)

    assert jobs.run_due()["compare with the processor"] == 1
    assert Notice.select().where(Notice.kind == "notice.differs").count() == 1
    assert [task.detail for task in Task.select().where(Task.kind == "task.differs")] == [
        f"{OURS}: $70.00 charged at the processor, not in the books."
    ]


def test_a_day_on_which_both_agree_is_no_task(world, app, gateway):
    app.extensions["gateway"] = gateway
    world.paid()
    world.pass_(hours=1)

    assert app.extensions["jobs"].run_due()["compare with the processor"] == 0
    assert Task.select().count() == 0
