"""Charged once, whatever breaks: doubled presses, lost answers, two tabs, a process that dies."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from billing import ledger, recovery
from billing.carts import Choice
from billing.discrepancies import discrepancies
from billing.errors import BillChanged, InProgress, NotPayable
from billing.outcomes import record_doubt, record_failure, record_result, record_success
from choices import AttemptState, Way
from gateways import Fact, Kind, Outcome, Result, Search, Standing
from models import Attempt, AttemptEvent, Message, Payment, Task, db
from tests import builders as the

SALE = "POST .*/transactions$"
SEARCH = "POST .*/advanced_search_ids$"


def in_threads(count, work):
    """Run `work` in threads of their own database connections, all at once; what each returned or raised."""
    results, ready = [], threading.Barrier(count)

    def run():
        ready.wait()
        with db.connection_context():
            try:
                results.append(work())
            except Exception as error:
                results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return results


def test_eight_posts_of_one_page_charge_once(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    order = till.order(ana.user, Choice(Way.ONE, (visit.key,)))

    attempts = in_threads(8, lambda: till.take(ana.user, order))

    assert {attempt.id for attempt in attempts} == {Attempt.get().id}
    assert (Payment.select().count(), till.sales(Attempt.get())) == (1, 1)


def test_two_tabs_cannot_both_pay_the_same_visit(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    orders = [till.order(ana.user, Choice(Way.ONE, (visit.key,))) for _ in range(2)]

    results = in_threads(2, lambda: till.take(ana.user, orders.pop()))

    refused = [result for result in results if isinstance(result, Exception)]
    assert [type(error) for error in refused] in ([InProgress], [BillChanged], [NotPayable])
    assert Payment.select().count() == 1


def test_eight_part_payments_at_once_never_exceed_what_is_open(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="100.00")
    orders = [till.order(ana.user, Choice(Way.ONE, (visit.key,)), amount=60_00) for _ in range(8)]

    in_threads(8, lambda: till.take(ana.user, orders.pop()))

    assert ledger.charge_figure(visit).open == 40_00
    assert sum(till.sales(attempt) for attempt in Attempt.select()) == 1


def test_the_key_of_somebody_elses_page_is_not_found(till):
    ana, noor = the.ana(), the.noor()
    order = till.order(ana.user, Choice(Way.ONE, (the.a_charge(ana).key,)))
    till.take(ana.user, order)

    with pytest.raises(Attempt.DoesNotExist):
        till.take(noor.user, order)


@pytest.mark.parametrize("action", ["apply_then_drop", "apply_then_status"])
def test_a_lost_answer_is_found_and_the_payment_adopted(till, faults, action):
    ana = the.ana()
    visit = the.a_charge(ana)
    faults(SALE, action, status=500)

    attempt = till.one(ana.user, visit)

    assert attempt.state == "succeeded"
    assert (till.sales(attempt), Payment.select().count()) == (1, 1)
    assert [event.after for event in AttemptEvent.select().order_by(AttemptEvent.id)] == [
        "sent",
        "unknown",
        "succeeded",
    ]
    assert {message.kind for message in Message.select()} == {"mail.unknown"}


def test_a_request_that_never_arrived_stays_unknown_and_reserves_the_visit(till, faults):
    ana = the.ana()
    visit = the.a_charge(ana, fee="150.00")
    faults(SALE, "drop")

    attempt = till.one(ana.user, visit, amount=100_00)

    assert attempt.state == "unknown"
    row = ledger.charge_figure(visit)
    assert (row.in_flight, row.payable, row.state) == (100_00, 50_00, "payable")
    assert Message.select().count() == 0


def test_unknown_is_searched_on_a_schedule_and_closed_after_a_day(till, faults):
    ana = the.ana()
    visit = the.a_charge(ana)
    faults(SALE, "drop")
    attempt = till.one(ana.user, visit)
    sent = attempt.sent_at
    times = []

    for minute in range(25 * 60):
        till.clock.at = sent + timedelta(minutes=minute)
        before = attempt.searched_at
        recovery.look(attempt, till.gateway, till.clock())
        if attempt.searched_at != before:
            times.append(minute)
        if not attempt.in_flight:
            break

    assert times[:6] == [1, 2, 5, 15, 75, 135]
    assert (attempt.state, attempt.decline_key) == ("closed", "dec.closed")
    assert till.clock.at - sent >= timedelta(hours=24)
    assert ledger.charge_figure(visit).payable == 150_00
    assert [task.kind for task in Task.select()] == ["task.closed"]
    assert [message.kind for message in Message.select()] == ["mail.unknown"]


def test_a_failed_search_proves_nothing(till, faults):
    ana = the.ana()
    visit = the.a_charge(ana)
    faults(SALE, "drop")
    attempt = till.one(ana.user, visit)
    till.clock.pass_(hours=25)
    faults(SEARCH, "status", status=503)

    assert recovery.look(attempt, till.gateway, till.clock()).state == "unknown"


def test_the_janitor_resolves_what_nobody_looks_at(till):
    ana = the.ana()
    visits = [the.a_charge(ana, fee=f"{n}.00") for n in (10, 20)]
    lose_answers_and_searches(till)
    attempts = [till.one(ana.user, visit) for visit in visits]
    assert {attempt.state for attempt in attempts} == {AttemptState.UNKNOWN}
    till.clock.pass_(minutes=2)

    assert recovery.resolve_unknown(till.gateway, till.clock()) == 2
    assert recovery.resolve_unknown(till.gateway, till.clock()) == 0
    assert Payment.select().count() == 2


def lose_answers_and_searches(till):
    """Both kinds of trouble at once: the sale's answer is lost, and so is the first search."""
    till.server.control(
        "faults",
        [
            {"match": SALE, "action": "apply_then_drop", "times": 2},
            {"match": SEARCH, "action": "status", "status": 503, "times": 2},
        ],
    )


DIE_AFTER_ASKING = """
import os, signal, sys
from models import db, open_database, User, Charge
from billing import carts, outcomes, payments
from tests.payments.conftest import SECRET, Till
from tests.conftest import Clock
from tests.sandbox.fixtures import account_at
from gateways.braintree import BraintreeAdapter

path, port, user_key, charge_key, nonce, moment = sys.argv[1:]
open_database(path)
db.connect()
gateway = BraintreeAdapter(account_at(int(port)))
charge = gateway.charge

def die(*facts, **more):
    if moment == "after":
        charge(*facts, **more)
    os.kill(os.getpid(), signal.SIGKILL)

gateway.charge = die
till = Till(None, gateway, Clock())
user = User.get(key=user_key)
choice = carts.Choice("one", (charge_key,))
till.take(user, till.order(user, choice, card=payments.NewCard(nonce)))
"""


@pytest.mark.parametrize(("moment", "end", "sales"), [("after", "succeeded", 1), ("before", "closed", 0)])
def test_a_process_killed_between_asking_and_recording(till, database, sandbox_server, moment, end, sales):
    ana = the.ana()
    visit = the.a_charge(ana)
    about = [str(database), str(sandbox_server.port), ana.user.key, visit.key, till.card().nonce, moment]

    died = subprocess.run([sys.executable, "-c", DIE_AFTER_ASKING, *about], env=os.environ | {"PYTHONPATH": "."})

    assert died.returncode == -signal.SIGKILL
    attempt = Attempt.get()
    assert (attempt.state, ledger.charge_figure(visit).payable) == ("sent", 0)
    till.clock.pass_(seconds=119)
    assert recovery.look(attempt, till.gateway, till.clock()).state == "sent"

    for hours in (1, 26):
        till.clock.pass_(hours=hours)
        recovery.resolve_unknown(till.gateway, till.clock())

    assert (Attempt.get().state, till.sales(attempt)) == (end, sales)
    assert Payment.select().count() == sales
    assert discrepancies() == []


def a_fact(attempt, **facts):
    about = {
        "id": f"tx{attempt.id}", "order_id": attempt.order_id, "kind": Kind.SALE, "status": "settled",
        "standing": Standing.APPROVED, "cents": attempt.amount, "currency": "USD", "account": "", "created_at": None,
    }  # fmt: skip
    return Fact(**(about | facts))


class Answering:
    """A processor that finds these facts: what the sandbox never does, a processor might."""

    merchant_account = ""

    def __init__(self, *facts):
        self.facts = facts

    def find_by_reference(self, order_id):
        return Search(True, self.facts)


@pytest.fixture
def doubted(till, faults):
    """An attempt that got no answer."""
    ana = the.ana()
    visit = the.a_charge(ana)
    faults(SALE, "drop")
    attempt = till.one(ana.user, visit)
    till.clock.pass_(minutes=5)
    return attempt


def test_of_two_charges_the_older_is_ours_and_staff_give_back_the_other(till, doubted):
    recovery.look(doubted, Answering(a_fact(doubted, id="older"), a_fact(doubted, id="newer")), till.clock())

    assert (doubted.state, doubted.transaction_id) == ("succeeded", "older")
    assert [task.kind for task in Task.select()] == ["task.two_charges"]


@pytest.mark.parametrize("other", [{"cents": 150_01}, {"cents": 149_99}, {"currency": "CAD"}], ids=str)
def test_another_amount_or_currency_is_never_adopted(till, doubted, other):
    recovery.look(doubted, Answering(a_fact(doubted, **other)), till.clock())

    assert doubted.state == "unknown"
    assert [task.kind for task in Task.select()] == ["task.wrong_amount"]


def test_a_payment_in_doubt_is_confirmed_though_payments_were_turned_off(till, doubted):
    the.the_practice(payments_on=False)

    recovery.look(doubted, Answering(a_fact(doubted)), till.clock())

    assert (doubted.state, Payment.select().count()) == ("succeeded", 1)


@pytest.mark.parametrize("facts", [{"kind": Kind.CREDIT}, {"order_id": "another"}])
def test_a_fact_about_something_else_is_not_ours(till, doubted, facts):
    recovery.look(doubted, Answering(a_fact(doubted, **facts)), till.clock())

    assert doubted.state == "unknown"


def test_a_sale_older_than_the_attempt_is_not_ours(till, doubted):
    old = doubted.sent_at - timedelta(minutes=6)

    recovery.look(doubted, Answering(a_fact(doubted, created_at=old)), till.clock())

    assert doubted.state == "unknown"


def test_only_declined_ones_decline_the_attempt_after_a_minute(till, doubted):
    declined = a_fact(doubted, standing=Standing.DECLINED)
    Attempt.update(searched_at=None).execute()
    doubted = Attempt.get()

    recovery.look(doubted, Answering(declined), doubted.sent_at + timedelta(seconds=59))
    assert doubted.state == "unknown"

    recovery.look(doubted, Answering(declined), doubted.sent_at + timedelta(seconds=61))
    assert (doubted.state, doubted.decline_key) == ("declined", "dec.generic")


def test_one_that_is_still_being_authorized_is_waited_for(till, doubted):
    recovery.look(doubted, Answering(a_fact(doubted, standing=Standing.UNKNOWN)), till.clock())

    assert doubted.state == "unknown"


def test_one_that_was_reversed_does_not_end_the_wait_for_another(till, doubted):
    facts = a_fact(doubted, id="gone", standing=Standing.REVERSED), a_fact(doubted, standing=Standing.UNKNOWN)

    recovery.look(doubted, Answering(*facts), till.clock())

    assert doubted.state == "unknown"


def test_money_that_was_reversed_at_the_processor_is_not_taken_for_paid(till, doubted):
    recovery.look(doubted, Answering(a_fact(doubted, standing=Standing.REVERSED)), till.clock())

    assert (doubted.state, Payment.select().count()) == ("closed", 0)


@pytest.mark.parametrize("state", ["declined", "not_sent", "closed", "canceled", "expired"])
def test_a_success_after_a_failure_was_told_is_credit_and_a_task(till, state):
    ana = the.ana()
    visit = the.a_charge(ana)
    attempt = the.an_attempt(ana, (visit, "150.00"), state=state)

    record_success(attempt, a_fact(attempt), till.clock())

    assert attempt.state == "succeeded"
    assert ledger.account_figure(ana.account).credit == 150_00
    assert ledger.charge_figure(visit).open == 150_00
    assert [task.kind for task in Task.select()] == ["task.late_success"]


def test_what_was_not_sent_is_searched_once_after_ten_minutes(till):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="not_sent", sent_at=till.clock())
    found = Answering(a_fact(attempt))

    assert recovery.resolve_unknown(found, till.clock()) == 0
    till.clock.pass_(minutes=11)
    assert recovery.resolve_unknown(Answering(), till.clock()) == 0
    assert recovery.resolve_unknown(found, till.clock()) == 0, "once"
    assert Attempt.get().state == "not_sent"


def test_what_was_not_sent_but_is_found_counts(till):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="not_sent", sent_at=till.clock())
    till.clock.pass_(minutes=11)

    assert recovery.resolve_unknown(Answering(a_fact(attempt)), till.clock()) == 1


def test_late_repeated_and_out_of_order_news_changes_nothing(till):
    ana = the.ana()
    attempt = till.one(ana.user, the.a_charge(ana))
    before = (Payment.select().count(), Message.select().count(), AttemptEvent.select().count())

    record_success(attempt, a_fact(attempt), till.clock())
    record_failure(attempt, AttemptState.DECLINED, "dec.funds", till.clock())
    record_result(attempt, Result(Outcome.UNKNOWN), till.clock())
    record_result(attempt, Result(Outcome.NOT_SENT), till.clock())

    assert attempt.state == "succeeded"
    assert (Payment.select().count(), Message.select().count(), AttemptEvent.select().count()) == before


def test_an_event_begins_where_the_attempt_stood_and_not_where_it_was_last_read(till):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), sent_at=the.NOW)
    read_by_another = Attempt.get()
    record_doubt(read_by_another, till.clock())

    record_success(attempt, a_fact(attempt), till.clock())

    steps = AttemptEvent.select(AttemptEvent.before, AttemptEvent.after).order_by(AttemptEvent.id).tuples()
    assert list(steps) == [("", "sent"), ("sent", "unknown"), ("unknown", "succeeded")]


@pytest.mark.parametrize(("way", "source"), [(Way.AUTOPAY, "autopay"), (Way.PLAN, "plan"), (Way.MANY, "portal")])
def test_a_payment_says_who_started_it(till, way, source):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), way=way)

    record_success(attempt, a_fact(attempt), till.clock())

    assert Payment.get().source == source
