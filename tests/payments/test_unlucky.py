"""Money was taken and then something does not fit: it still reaches the books, and nothing else waits for it."""

from datetime import timedelta

import pytest

from billing import ledger, recovery, waiting
from billing.consents import agree_to_keep_card
from billing.outcomes import record_success
from choices import PostingMode
from gateways import Card, Standing
from models import Attempt, Payment, SavedCard, Task, WaitingPayment
from tests import builders as the
from tests.payments.test_once import Answering, a_fact


def test_a_plan_that_no_longer_fits_pays_what_it_can_then_the_oldest_then_is_credit(till):
    ana = the.ana()
    other, visit = the.a_charge(ana, on="2026-10-01", fee="20.00"), the.a_charge(ana, fee="150.00")
    attempt = the.an_attempt(ana, (visit, "200.00"))

    record_success(attempt, a_fact(attempt), till.clock())

    assert (ledger.charge_figure(visit).open, ledger.charge_figure(other).open) == (0, 0)
    assert ledger.account_figure(ana.account).credit == 30_00


def test_money_that_waits_is_posted_even_when_its_plan_no_longer_fits(till):
    the.the_practice(posting_mode=PostingMode.MANUAL)
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")
    attempt = the.an_attempt(ana, (visit, "200.00"))
    record_success(attempt, a_fact(attempt), till.clock())

    waiting.post(WaitingPayment.get(), the.stamp())

    assert ledger.charge_figure(visit).open == 0
    assert ledger.account_figure(ana.account).credit == 50_00


@pytest.mark.parametrize("mode", PostingMode)
def test_what_is_found_a_day_later_was_paid_when_the_client_tapped(till, mode):
    the.the_practice(posting_mode=mode)
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="unknown", sent_at=the.NOW)
    till.clock.pass_(hours=23)

    record_success(attempt, a_fact(attempt), till.clock())

    paid = [row.received_at for row in WaitingPayment.select()] + [row.paid_at for row in Payment.select()]
    assert paid == [the.NOW]


@pytest.mark.parametrize(
    "told", [Card("", "Visa", "1111", 12, 2028), Card("t1", "Visa", "1111", 0, 0), Card("t1", "Visa", "", 12, 2028)]
)
def test_a_card_the_vault_says_too_little_of_is_not_listed_and_the_payment_counts(till, told):
    ana = the.ana()
    consent = agree_to_keep_card(ana.user, "en", "", "", the.NOW)
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), consent=consent)

    record_success(attempt, a_fact(attempt, card=told), till.clock())

    assert (Payment.select().count(), SavedCard.select().count()) == (1, 0)


def two_unsure(till, **facts):
    """Two attempts nobody answered for; the first one's answer has these facts."""
    ana = the.ana()
    attempts = [the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="unknown", sent_at=the.NOW) for _ in range(2)]
    found = {attempts[0].order_id: a_fact(attempts[0], **facts), attempts[1].order_id: a_fact(attempts[1])}

    class Processor:
        merchant_account = ""

        def find_by_reference(self, order_id):
            return Answering(found[order_id]).find_by_reference(order_id)

    return attempts, Processor()


def test_one_that_cannot_be_written_down_does_not_keep_the_others_waiting(till):
    (first, second), processor = two_unsure(till, id="taken")
    noor = the.noor()
    the.an_attempt(noor, (the.a_charge(noor), "150.00"), state="declined", transaction_id="taken")

    assert recovery.resolve_unknown(processor, till.clock()) == 1

    assert [Attempt.get_by_id(each.id).state for each in (first, second)] == ["unknown", "succeeded"]
    assert (Task.get().kind, Task.get().attempt) == ("task.stuck", first)


def test_an_answer_that_only_names_a_double_is_closed_after_a_day(till):
    (first, _), processor = two_unsure(till, standing=Standing.UNKNOWN)
    till.clock.at = first.sent_at + timedelta(hours=24)

    recovery.resolve_unknown(processor, till.clock())

    assert Attempt.get_by_id(first.id).state == "closed"
    assert (Task.get().kind, Task.get().attempt) == ("task.closed", first)


def test_of_two_charges_the_one_that_took_what_was_asked_is_ours(till):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="unknown", sent_at=till.clock())
    other, ours = a_fact(attempt, id="other", cents=1), a_fact(attempt, id="ours")

    recovery.look(attempt, Answering(other, ours), till.clock())

    assert (attempt.transaction_id, Task.get().kind) == ("ours", "task.two_charges")


def test_a_plan_for_what_is_paid_already_becomes_credit(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")
    the.a_paid(visit)
    attempt = the.an_attempt(ana, (visit, "150.00"))

    record_success(attempt, a_fact(attempt), till.clock())

    assert ledger.account_figure(ana.account).credit == 150_00
