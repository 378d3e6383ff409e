"""What was announced is looked up, not believed; doubled, shuffled, late or unknown, it ends in the same books."""

import random
from datetime import timedelta

import pytest

from billing import deliveries, ledger
from billing.discrepancies import discrepancies
from choices import AttemptState, EntryKind
from models import Attempt, Dispute, Entry, Message, MoneyBack, Payment, Task, WebhookDelivery
from sandbox import webhooks
from tests import builders as the

SALE = "POST .*/transactions$"
SEARCH = "POST .*/advanced_search_ids$"


def announce(world, kind, id=""):
    world.server.control("webhooks", {"kind": kind, "id": id})


def tasks():
    return [task.kind for task in Task.select().order_by(Task.id)]


def doubted(world):
    """A payment that was taken, while neither the answer nor the search came back."""
    world.faults(SALE, "apply_then_drop")
    world.faults(SEARCH, "status", status=503)
    ana = the.ana()
    attempt = world.one(ana.user, the.a_charge(ana))
    assert attempt.state == "unknown"
    return attempt


def made(world, attempt):
    (fact,) = world.gateway.find_by_reference(attempt.order_id).facts
    return fact


def test_news_of_a_payment_in_doubt_books_it_before_its_next_search(world, portal):
    attempt = doubted(world)

    announce(world, "transaction_settled", made(world, attempt).id)
    assert world.hear() == 1

    assert (Attempt.get().state, Payment.select().count()) == ("succeeded", 1)


def test_news_counts_even_while_the_search_does_not_show_it(world, portal):
    world.faults(SALE, "apply_then_drop")
    world.faults(SALE, "search_lag", seconds=3600)
    ana = the.ana()
    attempt = world.one(ana.user, the.a_charge(ana))
    id = world.server.store.all("transaction", "integration_merchant_id")[0]["id"]
    assert world.gateway.find_by_reference(attempt.order_id).facts == ()

    announce(world, "transaction_disbursed", id)
    world.hear()

    assert Attempt.get().transaction_id == id


def test_a_failed_search_leaves_the_news_for_later(world, portal):
    attempt = doubted(world)
    announce(world, "transaction_settled", made(world, attempt).id)
    world.faults(SEARCH, "status", status=503)

    assert (world.hear(), Attempt.get().state) == (0, "unknown")
    world.clock.pass_(seconds=9)
    assert world.hear() == 0
    world.clock.pass_(seconds=1)
    assert (world.hear(), Attempt.get().state) == (1, "succeeded")


def test_a_second_charge_under_one_reference_is_a_task(world, portal):
    attempt = world.paid()
    twin = world.gateway.charge(attempt.order_id, "another key", attempt.amount, world.source()).fact

    announce(world, "transaction_settled", twin.id)
    world.hear()

    assert (tasks(), Payment.select().count()) == (["task.two_charges"], 1)


def test_news_settles_a_booked_payment(world, portal):
    attempt = world.settled(world.paid())

    announce(world, "transaction_settled", attempt.transaction_id)
    world.hear()

    assert Entry.get(kind=EntryKind.SETTLEMENT).payment.attempt == attempt


def test_a_dispute_is_heard_even_before_its_payment_was(world, portal):
    attempt = doubted(world)
    fact = made(world, attempt)
    world.testing.settle_transaction(fact.id)
    world.server.control("disputes", {"transaction_id": fact.id})

    world.hear()

    assert Dispute.get().payment.attempt == attempt
    assert ledger.payment_figure(Payment.get()).charged_back == attempt.amount


def test_a_refund_that_failed_is_read_again_and_a_task(world, portal):
    attempt = world.settled(world.paid())
    credit = world.gateway.refund(attempt.transaction_id, f"{attempt.order_id}-R1", "key", 40_00).fact

    announce(world, "refund_failed", credit.id)
    world.hear()

    assert "task.refund_failed" in tasks()
    assert Task.get(kind="task.refund_failed").attempt == attempt
    assert MoneyBack.get().transaction_id == credit.id


def test_a_failed_refund_of_nobodys_payment_is_a_task_too(world, portal):
    sale = world.gateway.charge("somebody-elses", "key", 10_00, world.source()).fact
    world.testing.settle_transaction(sale.id)
    credit = world.gateway.refund(sale.id, "somebody-elses-back", "key 2", 5_00).fact

    announce(world, "refund_failed", credit.id)
    announce(world, "transaction_settled", sale.id)

    assert world.hear() == 2
    assert [(task.kind, task.attempt, task.detail) for task in Task.select()] == [
        ("task.refund_failed", None, credit.id)
    ]


def test_payouts_are_kept_as_sent_and_a_failed_one_is_a_task(world, portal):
    attempt = world.paid()
    world.server.control("webhooks", {"exception": "bank_rejected"})
    world.pass_(days=5)
    world.hear()

    row = WebhookDelivery.get(kind="disbursement_exception")
    assert row.facts["transaction_ids"] == [attempt.transaction_id]
    assert (row.facts["cents"], row.facts["success"], row.facts["account"]) == (150_00, False, "sandbox_credit_card")
    assert [(task.kind, task.detail) for task in Task.select()] == [
        ("task.payout", f"{row.facts['day']} bank_rejected")
    ]


def test_a_payout_that_worked_is_no_task(world, portal):
    world.paid()
    world.pass_(days=5)
    world.hear()

    assert (WebhookDelivery.get(kind="disbursement").facts["success"], tasks()) == (True, [])


def a_delivery(clock, **facts):
    return the.a_notification(clock(), **{"kind": "transaction_settled", **facts})


@pytest.mark.parametrize(
    "facts",
    [{"kind": "check"}, {"kind": "unheard_of"}, {"transaction_id": "gone"}, {"kind": "dispute_won", "subject_id": "x"},
     {"kind": "refund_failed", "transaction_id": "gone"}],
    ids=lambda facts: facts.get("kind", "a sale nobody knows"),
)  # fmt: skip
def test_what_says_nothing_changes_nothing(world, facts):
    a_delivery(world.clock, **facts)

    assert (deliveries.work_off(world.gateway, world.clock()), Entry.select().count()) == (1, 0)
    assert deliveries.work_off(world.gateway, world.clock()) == 0


def test_one_that_fails_waits_longer_each_time_and_never_holds_up_the_others(world, monkeypatch):
    broken = a_delivery(world.clock, transaction_id="broken")
    monkeypatch.setattr(world.gateway, "find", lambda id: 1 / 0 if id == "broken" else None)
    tried = []
    for number in range(9):
        world.clock.at = WebhookDelivery.get_by_id(broken.id).due_at
        a_delivery(world.clock, transaction_id=f"fine {number}")
        assert deliveries.work_off(world.gateway, world.clock()) == 1
        tried.append((world.clock.at - broken.received_at).seconds)

    assert tried == [0, 10, 40, 130, 400, 1210, 3640, 7240, 10840]
    assert [(task.kind, task.detail) for task in Task.select()] == [("task.delivery", "transaction_settled ")]
    assert WebhookDelivery.select().where(WebhookDelivery.done_at.is_null()).count() == 1


def test_one_that_has_failed_for_days_still_holds_up_nobody(world):
    a_delivery(world.clock, transaction_id="gone", tries=1000)
    a_delivery(world.clock)
    world.faults("GET .*/transactions/", "status", status=503)

    assert [deliveries.work_off(world.gateway, world.clock()) for _ in range(2)] == [0, 1]
    assert WebhookDelivery.get().due_at == the.NOW + timedelta(hours=1)


def test_a_processor_that_does_not_answer_is_asked_once_a_round(world):
    for id in ("one", "two"):
        a_delivery(world.clock, transaction_id=id)
    world.faults("GET .*/transactions/", "status", status=503)

    assert deliveries.work_off(world.gateway, world.clock()) == 0
    assert [row.tries for row in WebhookDelivery.select().order_by(WebhookDelivery.id)] == [1, 0]
    assert deliveries.work_off(world.gateway, world.clock()) == 1


def test_two_workers_do_not_take_the_same_one(world, monkeypatch):
    for _ in range(2):
        a_delivery(world.clock)
    heard = []

    def hear(gateway, delivery, now):
        heard.append(delivery.id)
        deliveries.work_off(gateway, now)  # another worker, while this one is busy

    monkeypatch.setattr("billing.news.hear", hear)

    deliveries.work_off(world.gateway, world.clock())

    assert sorted(heard) == [row.id for row in WebhookDelivery.select().order_by(WebhookDelivery.id)]
    assert WebhookDelivery.select().where(WebhookDelivery.done_at.is_null()).count() == 0


def everything(world):
    """One of each that can be announced, on payments of ours; gives (kind, id) pairs."""
    ana = the.ana()
    settled, disputed, waits = (world.paid(ana, again=True) for _ in range(3))
    world.settled(settled), world.settled(disputed)
    dispute = world.server.control("disputes", {"transaction_id": disputed.transaction_id})["id"]
    credit = world.gateway.refund(settled.transaction_id, f"{settled.order_id}-R1", "key", 40_00).fact
    declined = world.paid(ana, again=True)
    world.testing.settlement_decline_transaction(declined.transaction_id)
    world.faults(SALE, "apply_then_drop")
    world.faults(SEARCH, "status", status=503)
    lost = world.one(ana.user, the.a_charge(ana), again=True)
    world.server.control("webhooks", {"wait": 10})
    payout = world.server.store.all("disbursement", "integration_merchant_id")
    of = {"dispute": dispute, "transaction": settled.transaction_id, "check": ""}
    pairs = [(kind, of[name]) for kind, name in webhooks.SUBJECTS.items() if name in of]
    pairs += [("disbursement", row["id"]) for row in payout]
    pairs += [("refund_failed", credit.id), ("transaction_settlement_declined", declined.transaction_id)]
    return [*pairs, ("transaction_settled", made(world, lost).id), ("transaction_settled", waits.transaction_id)]


def ledger_now():
    """What the books say, whatever the order it was posted in."""
    rows = Entry.select().order_by(Entry.id)
    return sorted((row.kind, row.amount, row.payment_id or 0, row.charge_id or 0) for row in rows)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_kind_doubled_and_shuffled_ends_in_the_same_books(world, portal, seed):
    pairs = everything(world)
    random.Random(seed).shuffle(pairs)
    world.server.control("webhooks", {"double": True, "shuffle": True, "seed": seed, "hold": True})
    for kind, id in pairs:
        announce(world, kind, id)
    world.server.control("webhooks", {"hold": False})
    world.hear()
    once = ledger_now()

    WebhookDelivery.update(done_at=None, tries=0, due_at=world.clock()).execute()
    assert world.hear() > len(pairs) / 2

    assert ledger_now() == once
    assert [kind for kind, *_ in once].count("chargeback") == 1
    assert Attempt.select().where(Attempt.state == AttemptState.SUCCEEDED).count() == 5
    assert discrepancies() == []
    assert Message.select().where(Message.kind == "mail.problem").count() == 1
