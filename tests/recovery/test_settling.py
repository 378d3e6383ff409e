"""What becomes of booked card payments at the processor, found by asking."""

from dataclasses import replace
from datetime import timedelta

import pytest

from billing import ledger, moneyback, postings, settling, waiting
from billing.refund_outcomes import record_credit
from choices import AttemptState, BackKind, EntryKind, PostingMode
from gateways import Standing
from models import Attempt, Entry, Message, MoneyBack, Notice, Payment, Task, WaitingPayment
from tests import builders as the


@pytest.fixture
def paid(world):
    return world.paid()


def follow(world):
    world.pass_(hours=12)
    return settling.follow(world.gateway, world.clock())


def kinds():
    return [str(entry.kind) for entry in Entry.select().where(Entry.payment.is_null(False)).order_by(Entry.id)]


def tasks():
    return [task.kind for task in Task.select().order_by(Task.id)]


def mails():
    return [message.kind for message in Message.select().where(Message.kind != "mail.receipt")]


def test_a_payment_settles_once_and_is_not_asked_about_again(world, paid):
    world.settled(paid)

    assert (follow(world), follow(world)) == (1, 0)

    assert kinds() == ["payment", "allocation", "settlement"]
    assert (tasks(), mails()) == ([], [])


def test_only_what_is_old_enough_is_asked_about_and_once_an_hour(world, paid):
    asked = []
    for minutes in (11 * 60, 60, 59, 1):
        world.clock.pass_(minutes=minutes)  # only ours: at the processor, no night passes
        asked.append(settling.follow(world.gateway, world.clock()))

    assert asked == [0, 1, 0, 1]
    assert kinds() == ["payment", "allocation"]


def test_the_longest_unasked_come_first_and_silence_ends_the_round(world):
    ana = the.ana()
    first, second = world.paid(ana), world.paid(ana, again=True)
    Attempt.update(searched_at=world.clock() - timedelta(days=1)).where(Attempt.id == first.id).execute()
    world.settled(first), world.settled(second)
    world.pass_(hours=12)

    assert settling.follow(world.gateway, world.clock(), limit=1) == 1
    assert Entry.get(kind=EntryKind.SETTLEMENT).payment.attempt == second

    world.faults("GET .*/transactions/", "status", status=503)
    assert settling.follow(world.gateway, world.clock()) == 0
    world.pass_(hours=1)
    assert settling.follow(world.gateway, world.clock()) == 1


@pytest.mark.parametrize("waits", [False, True], ids=["posted", "waiting"])
def test_money_that_did_not_arrive_is_owed_again(world, waits):
    the.the_practice(posting_mode=PostingMode.MANUAL if waits else PostingMode.AUTO)
    ana = the.ana()
    paid = world.paid(ana)
    world.testing.settlement_decline_transaction(paid.transaction_id)

    assert (follow(world), follow(world)) == (1, 0)

    assert kinds() == ["payment", "allocation", "release", "return"]
    assert Entry.get(kind=EntryKind.RETURN).category == "settlement_declined"
    assert ledger.account_figure(ana.account).due == 150_00
    assert (tasks(), mails()) == (["task.returned"], ["mail.problem"])
    assert Notice.select().order_by(Notice.id.desc()).get().kind == "notice.not_arrived"
    assert waits == bool(WaitingPayment.select().where(WaitingPayment.payment.is_null(False)).exists())


def test_an_authorization_that_ran_out_is_returned_under_its_own_code(world, paid):
    fact = replace(world.gateway.find(paid.transaction_id), status="authorization_expired", standing=Standing.REVERSED)

    for _ in range(2):
        settling.learn(paid, fact, world.clock())

    assert Entry.get(kind=EntryKind.RETURN).category == "authorization_expired"
    assert tasks() == ["task.returned"]


def test_what_was_canceled_on_the_processors_own_screen_is_void_here(world, paid):
    world.gateway.void(paid.transaction_id, "by hand")

    assert (follow(world), follow(world)) == (1, 0)

    assert kinds() == ["payment", "allocation", "release", "void"]
    assert (tasks(), mails()) == (["task.voided"], ["mail.unknown"])


@pytest.mark.parametrize("state", [AttemptState.SENT, AttemptState.UNKNOWN])
def test_a_void_of_ours_is_left_to_whoever_asked_for_it(world, paid, state):
    world.gateway.void(paid.transaction_id, "ours")
    MoneyBack.create(
        form_key="f", order_id="o", request_key="r", attempt=paid, kind=BackKind.VOID, amount=150_00, reason="r",
        state=state, created_at=world.clock(), sent_at=world.clock(), asked_by=the.a_staff_member(),
    )  # fmt: skip

    follow(world)

    assert kinds() == ["payment", "allocation"]


def test_a_canceled_payment_that_had_settled_here_is_for_a_person(world, paid):
    postings.settle(Payment.get(), the.stamp())
    fact = replace(world.gateway.find(paid.transaction_id), status="voided", standing=Standing.REVERSED)

    settling.learn(paid, fact, world.clock())

    assert (kinds()[-1], tasks()) == ("settlement", ["task.not_taken"])


def test_a_sale_that_never_arrived_though_a_part_went_back_is_for_a_person(world, paid):
    """A part was given back while the sale was settling, and then its settlement was declined."""
    world.pass_(hours=5)
    record_credit(world.gateway.refund(paid.transaction_id, "by-hand", "key", 40_00).fact, world.clock())
    world.testing.settlement_decline_transaction(paid.transaction_id)

    for _ in range(2):
        settling.learn(paid, world.gateway.find(paid.transaction_id), world.clock())

    assert (kinds()[-2:], tasks()) == (["release", "refund"], ["task.back_found", "task.not_taken"])


def test_a_booked_payment_found_declined_is_for_a_person(world, paid):
    fact = replace(world.gateway.find(paid.transaction_id), status="processor_declined", standing=Standing.DECLINED)

    for _ in range(2):
        settling.learn(paid, fact, world.clock())

    assert (kinds(), tasks()) == (["payment", "allocation"], ["task.not_taken"])


def test_a_payment_that_waits_settles_after_it_was_posted(world):
    the.the_practice(posting_mode=PostingMode.MANUAL)
    world.settled(world.paid())
    assert (follow(world), kinds()) == (1, [])

    waiting.post(WaitingPayment.get(), the.stamp())
    world.pass_(hours=1)

    assert (settling.follow(world.gateway, world.clock()), kinds()[-1]) == (1, "settlement")


def test_what_went_back_here_does_not_settle(world, paid):
    moneyback.void(Payment.get(), "typing mistake", the.stamp())

    settling.learn(paid, world.gateway.find(world.settled(paid).transaction_id), world.clock())

    assert kinds()[-1] == "void"


def test_what_the_processor_has_forgotten_changes_nothing(world, paid):
    world.server.control("reset", {})

    assert (follow(world), kinds()) == (1, ["payment", "allocation"])
