"""Posting by hand, and credit."""

import pytest

from billing import credit, ledger, waiting
from billing.errors import NotAllowed
from choices import PostingMode
from models import Document, WaitingPayment
from tests import builders as the


@pytest.fixture(autouse=True)
def by_hand(practice):
    the.the_practice(posting_mode=PostingMode.MANUAL)


def test_a_payment_waits_and_its_visits_cannot_be_paid_twice(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")

    till.one(ana.user, visit)

    row = ledger.charge_figure(visit)
    assert (row.open, row.waiting, row.payable, row.state) == (150_00, 150_00, 0, "recorded")
    assert ledger.account_figure(ana.account).due == 0
    assert ledger.account_figure(ana.account).balance == 150_00
    assert Document.select().count() == 1, "the client has the receipt at once"


def test_posting_pays_what_was_planned_and_keeps_both_dates(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")
    till.one(ana.user, visit, amount=60_00)

    row, read_by_another = WaitingPayment.get(), WaitingPayment.get()
    payment = waiting.post(row, the.stamp("2026-11-25"))

    assert (payment.paid_at, ledger.charge_figure(visit).open) == (the.NOW, 90_00)
    assert waiting.to_post() == []
    assert waiting.post(read_by_another, the.stamp()) == payment, "posting twice is posting once"


def test_everything_is_posted_at_once(till):
    ana, noor = the.ana(), the.noor()
    till.one(ana.user, the.a_charge(ana))
    till.one(noor.user, the.a_charge(noor))
    assert [share.amount for row in waiting.to_post() for share in row.plan] == [150_00, 150_00]

    keys = [row.waiting.attempt.key for row in waiting.to_post()]
    assert len(waiting.post_all(the.stamp(), keys)) == 2
    assert waiting.post_all(the.stamp(), keys) == []


def test_staff_may_choose_what_it_pays_within_the_account(till):
    ana = the.ana()
    visit, other = the.a_charge(ana, fee="150.00"), the.a_charge(ana, fee="100.00")
    till.one(ana.user, visit)
    row = WaitingPayment.get()
    assert [each.charge for each in waiting.choices(row)] == [visit, other]

    payment = waiting.post(row, the.stamp(), {visit.id: 0, other.id: 100_00})

    assert (ledger.charge_figure(other).open, ledger.payment_figure(payment).unapplied) == (0, 50_00)


@pytest.mark.parametrize("wrong", ["too much", "stranger", "negative"])
def test_a_choice_that_does_not_fit_is_refused_and_the_payment_still_waits(till, wrong):
    ana, noor = the.ana(), the.noor()
    visit, stranger = the.a_charge(ana, fee="150.00"), the.a_charge(noor)
    till.one(ana.user, visit)
    choice = {"too much": {visit.id: 150_01}, "stranger": {stranger.id: 1_00}, "negative": {visit.id: -1}}[wrong]

    with pytest.raises(NotAllowed):
        waiting.post(WaitingPayment.get(), the.stamp(), choice)

    assert len(waiting.to_post()) == 1


def test_credit_pays_the_oldest_visit_first_when_the_client_says_so(till):
    ana = the.ana()
    the.a_payment(ana, "30.00", on="2026-10-01"), the.a_payment(ana, "50.00", on="2026-10-02")
    early, late = the.a_charge(ana, on="2026-10-05", fee="60.00"), the.a_charge(ana, on="2026-11-05", fee="60.00")
    assert credit.usable(ana.account) == 80_00

    assert credit.use(ana.account, the.stamp()) == 80_00
    assert (ledger.charge_figure(early).open, ledger.charge_figure(late).open) == (0, 40_00)
    assert credit.use(ana.account, the.stamp()) == 0


def test_the_receipt_given_before_posting_is_the_payments_receipt_afterwards(till):
    ana = the.ana()
    till.one(ana.user, the.a_charge(ana))

    payment = waiting.post(WaitingPayment.get(), the.stamp())

    assert Document.get().payment == payment
