"""What a bank's dispute does to the books, in whatever order and however often the news come."""

from datetime import date
from itertools import permutations

import pytest

from billing.ledger import account_figure, charge_figure, payment_figure
from billing.moneyback import charge_back, is_disputed, refund, void
from billing.postings import release
from choices import EntryKind
from gateways.disputes import DisputeKind
from models import Dispute, Entry, Hold, Task, WaitingPayment, db
from tests.books.bank import ANSWERED, LOST, OPEN, OPENED, WON, a_disputed, a_lost, a_sale, hear, ledger, news, tasks
from tests.books.expect import refused
from tests.builders import (
    NOW,
    a_charge,
    an_attempt,
    ana,
    stamp,
    the_practice,
)

pytestmark = pytest.mark.usefixtures("practice")


def test_the_first_news_take_the_money_back_and_hold_what_it_paid():
    person = ana()
    charge = a_charge(person)
    payment = a_sale(person, charge)

    hear(OPENED)

    dispute = Dispute.get()
    assert (dispute.payment, dispute.processor_id, dispute.status) == (payment, "dispute1", "open")
    assert (dispute.state, dispute.reason) == ("open", "fraud")
    assert (dispute.opened_on, dispute.evidence_due_on) == (date(2026, 11, 16), date(2026, 11, 30))
    assert payment_figure(payment).charged_back == 150_00
    assert charge_figure(charge).state == "review"
    assert is_disputed(payment)
    assert tasks() == ["task.dispute"]
    with refused():
        refund(payment, 1_00, "Kindness", stamp())


def test_a_settlement_nobody_told_us_of_came_before_the_dispute():
    person = ana()
    payment = a_sale(person, a_charge(person), settled=False)

    hear(OPENED)

    assert payment_figure(payment).settled
    assert payment_figure(payment).charged_back == 150_00


def test_a_payment_that_waits_is_posted_before_it_is_taken_back():
    person = ana()
    charge = a_charge(person)
    attempt = an_attempt(person, (charge, "150.00"), state="succeeded", transaction_id="sale1")
    WaitingPayment.create(attempt=attempt, account=person.account, amount=150_00, received_at=NOW)

    hear(OPENED)

    assert [row[0] for row in ledger()] == ["charge", "payment", "allocation", "settlement", "release", "chargeback"]
    assert WaitingPayment.get().payment == Dispute.get().payment


def test_a_bank_that_questions_part_of_a_payment_takes_only_that_part():
    person = ana()
    first, second = a_charge(person, on="2026-10-05"), a_charge(person, on="2026-10-12")
    payment = a_sale(person, first, second)

    hear(news(cents=20_00))

    assert payment_figure(payment).charged_back == 20_00
    assert [hold.charge for hold in Hold.select()] == [second]
    assert (charge_figure(first).open, charge_figure(second).open) == (0, 20_00)
    assert account_figure(person.account).balance == 20_00


def test_a_part_that_credit_covers_holds_nothing_and_leaves_nothing_to_choose():
    person = ana()
    a_sale(person, a_charge(person), cents=200_00)

    hear(news(cents=50_00), news(LOST))

    assert (Hold.select().count(), account_figure(person.account).credit) == (0, 0)
    assert tasks() == []


def test_a_bank_takes_no_more_than_is_left_and_staff_hear_of_the_rest():
    person = ana()
    payment = a_sale(person, a_charge(person))
    refund(payment, 100_00, "Kindness", stamp())

    hear(OPENED)

    assert payment_figure(payment).charged_back == 50_00
    assert tasks() == ["task.dispute", "task.dispute_over"]


@pytest.mark.parametrize("standing", [WON, LOST])
def test_a_payment_given_back_before_is_disputed_without_an_entry(standing):
    person = ana()
    payment = a_sale(person, a_charge(person), settled=False)
    void(payment, "Wrong day", stamp())
    before = ledger()

    hear(OPENED, news(standing))

    assert ledger() == before
    assert Dispute.get().state == str(standing)
    assert tasks() == ["task.dispute_over"]


def test_winning_leaves_the_credit_of_the_client_as_it_was():
    person = ana()
    charge = a_charge(person, fee="100.00")
    payment = a_sale(person, charge)
    release(payment, charge, 60_00, "Paid the wrong visit", stamp())

    hear(news(cents=100_00), news(WON))

    assert (charge_figure(charge).open, payment_figure(payment).unapplied) == (60_00, 60_00)


def test_winning_pays_the_held_visits_again_and_leaves_nothing_to_do():
    person = ana()
    charge = a_charge(person)
    payment = a_disputed(person, charge)

    hear(news(ANSWERED), news(WON))

    dispute = Dispute.get()
    assert (dispute.state, dispute.status, dispute.closed_at) == ("won", "won", NOW)
    assert charge_figure(charge).state == "paid"
    assert payment_figure(payment).back == 0
    assert tasks() == []


def test_losing_leaves_the_hold_until_somebody_chooses():
    person = ana()
    charge = a_charge(person)
    dispute = a_lost(person, charge)

    assert (dispute.state, dispute.closed_at) == ("lost", NOW)
    assert charge_figure(charge).state == "review"
    assert tasks() == ["task.dispute_lost"]
    assert not is_disputed(dispute.payment)


def test_an_answer_given_elsewhere_is_learned():
    person = ana()
    a_disputed(person, a_charge(person))

    hear(news(ANSWERED, status="under_review"))

    dispute = Dispute.get()
    assert (dispute.answer, dispute.answered_at, dispute.status) == ("fought", NOW, "under_review")
    assert tasks() == []


def test_older_news_change_nothing():
    person = ana()
    a_disputed(person, a_charge(person))
    hear(news(ANSWERED, status="under_review"), OPENED)
    assert Dispute.get().status == "under_review"

    hear(news(LOST), news(ANSWERED), news(OPEN))

    assert (Dispute.get().state, Dispute.get().status) == ("lost", "lost")


def test_a_due_date_may_move_but_is_not_forgotten():
    person = ana()
    a_disputed(person, a_charge(person))

    hear(news(reply_by=date(2026, 12, 7)), news(reply_by=None))

    assert Dispute.get().evidence_due_on == date(2026, 12, 7)


@pytest.mark.parametrize("end", [WON, LOST])
def test_any_order_of_the_news_heard_twice_ends_in_the_same_ledger(end):
    told = [news(OPEN), news(ANSWERED, status="disputed"), news(ANSWERED, status="under_review"), news(end)]
    person = ana()
    payment = a_sale(person, a_charge(person), a_charge(person))
    ends = set()

    for order in permutations(told):
        with db.atomic() as try_:
            hear(*order, *order)
            figures = payment_figure(payment)
            held = Hold.select().where(Hold.ended_at.is_null()).count()
            ends.add((tuple(ledger()), figures, Dispute.get().state, Dispute.get().status, held))
            try_.rollback()

    assert len(ends) == 1


def test_a_task_that_staff_finished_does_not_come_back_with_the_same_news():
    person = ana()
    a_disputed(person, a_charge(person))
    Task.update(done_at=NOW).execute()

    hear(OPENED, OPENED)

    assert tasks() == []


@pytest.mark.parametrize("facts", [{"transaction_id": "unheard"}, {"currency": "EUR"}], ids=str)
def test_a_dispute_of_a_payment_we_do_not_know_is_a_task_told_once(facts):
    person = ana()
    a_sale(person, a_charge(person))
    before = ledger()

    hear(news(**facts), news(WON, **facts), news(**facts, id="dispute2"))

    assert ledger() == before
    assert [(task.kind, task.detail) for task in Task.select()] == [
        ("task.dispute_stranger", "dispute1"), ("task.dispute_stranger", "dispute2"),
    ]  # fmt: skip
    Task.update(done_at=NOW).execute()
    hear(news(**facts))
    assert tasks() == []


def test_a_request_for_papers_moves_no_money_and_a_chargeback_after_it_does():
    person = ana()
    payment = a_sale(person, a_charge(person))
    hear(news(kind=DisputeKind.RETRIEVAL), news(kind=DisputeKind.RETRIEVAL))
    assert (payment_figure(payment).back, Dispute.select().count(), tasks()) == (0, 0, ["task.dispute_papers"])

    hear(news(id="dispute2"))

    assert payment_figure(payment).charged_back == 150_00


def test_a_second_dispute_of_the_same_payment_is_left_to_staff():
    person = ana()
    a_disputed(person, a_charge(person))
    before = ledger()

    hear(news(id="dispute2", kind=DisputeKind.PRE_ARBITRATION))

    assert ledger() == before
    assert tasks() == ["task.dispute", "task.dispute_again"]


def test_a_loss_after_a_win_is_left_to_staff():
    person = ana()
    a_disputed(person, a_charge(person))
    hear(news(WON))
    before = ledger()

    hear(news(LOST), news(LOST))

    assert (ledger(), Dispute.get().state, tasks()) == (before, "won", ["task.dispute_again"])


def test_a_dispute_written_down_before_the_processor_named_it_is_the_same_one():
    person = ana()
    charge_back(a_sale(person, a_charge(person)), stamp(), reason="fraud")
    before = ledger()

    hear(OPENED)

    assert ledger() == before
    assert Dispute.get().processor_id == "dispute1"


def test_a_practice_zone_decides_the_posting_day():
    the_practice(time_zone="Pacific/Kiritimati")
    person = ana()
    a_disputed(person, a_charge(person))

    assert Entry.get(Entry.kind == EntryKind.CHARGEBACK).on == date(2026, 11, 21)
