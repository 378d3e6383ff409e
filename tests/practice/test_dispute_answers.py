"""Steps in a dispute between us and the processor: what one of them lost, refused or did alone."""

import threading
from datetime import timedelta

import pytest

from billing import disputes
from billing.disputes import look_again, sweep
from billing.disputes_answer import NotTaken, NotWaiting, accept, fight, hand_in, handed_in, take_back
from choices import DisputeAnswer
from gateways import Capabilities, GatewayUnavailable
from models import AuditEntry, Dispute, Evidence, Task, db
from tests import builders as the
from tests.practice.bank import Bank
from tests.sandbox.fixtures import faults, gateway, sandbox_server

__all__ = ["faults", "gateway", "sandbox_server"]

TEXT = "Paid on time."


@pytest.fixture
def bank(practice, sandbox_server, gateway):
    return Bank(sandbox_server, gateway)


@pytest.fixture
def dispute(bank):
    return bank()


def rosas():
    return the.stamp(by="staff:1")


def test_the_same_text_is_handed_in_once(bank, dispute, gateway):
    for text in (TEXT, f" {TEXT}\n"):
        hand_in(dispute, "", text, gateway, rosas())

    assert bank.reads(dispute) == [TEXT]
    assert [row.what for row in AuditEntry.select()] == ["dispute.evidence"]


@pytest.mark.parametrize("action", ["drop", "apply_then_drop"])
def test_a_piece_whose_answer_was_lost_is_read_again(bank, dispute, gateway, faults, action):
    faults("POST .*/evidence$", action)

    hand_in(dispute, "GENERAL", TEXT, gateway, rosas())

    assert [row.text for row in handed_in(dispute)] == bank.reads(dispute)
    assert all(row.processor_id for row in handed_in(dispute))


def test_a_piece_the_processor_refuses_is_not_kept(bank, dispute, gateway, sandbox_server):
    sandbox_server.control("disputes", {"id": dispute.processor_id, "status": "under_review"})

    with pytest.raises(NotTaken) as refused:
        hand_in(dispute, "", TEXT, gateway, rosas())

    assert "Evidence can only be attached to disputes that are in an Open state" in refused.value.values["text"]
    assert handed_in(dispute) == []
    assert Dispute.get().status == "under_review"


def test_a_fight_the_processor_refuses_can_be_put_right(bank, gateway):
    charge = the.a_charge(person := the.ana(), fee="83.00")
    payment = bank.paid(person, charge)
    bank.tell(bank.server.control("disputes", {"transaction_id": payment.attempt.transaction_id})["id"])
    dispute = Dispute.get()
    hand_in(dispute, "", TEXT, gateway, rosas())

    with pytest.raises(NotTaken):
        fight(dispute, gateway, rosas())

    assert (bank.status(dispute), Dispute.get().answered_at) == ("open", None)
    hand_in(dispute, "GENERAL", "The receipt was sent.", gateway, rosas())
    assert fight(dispute, gateway, rosas()).answer == DisputeAnswer.FOUGHT


def test_an_answer_given_on_the_processors_screen_counts(bank, dispute, gateway, sandbox_server):
    hand_in(dispute, "", TEXT, gateway, rosas())
    sandbox_server.control("disputes", {"id": dispute.processor_id, "status": "disputed"})

    assert fight(dispute, gateway, rosas()).status == "disputed"
    with pytest.raises(NotWaiting):
        accept(dispute, gateway, rosas())


@pytest.mark.parametrize("path", ["accept", "finalize"])
def test_an_answer_that_arrived_without_a_word_is_found(bank, dispute, gateway, faults, path):
    hand_in(dispute, "", TEXT, gateway, rosas())
    faults(f"PUT .*/{path}$", "apply_then_drop")

    kept = (accept if path == "accept" else fight)(dispute, gateway, rosas())

    assert (kept.state, kept.answer) == (("lost", None) if path == "accept" else ("open", "fought"))
    assert kept.status == bank.status(dispute)


def test_of_two_answers_at_once_one_is_sent(bank, dispute, gateway, sandbox_server):
    hand_in(dispute, "", TEXT, gateway, rosas())
    sandbox_server.control("faults", [{"match": "PUT .*/disputes/", "action": "delay", "times": 2, "seconds": 0.2}])
    outcomes = []

    def answer(step):
        with db.connection_context():
            try:
                outcomes.append(step(dispute, gateway, rosas()).answer)
            except NotWaiting:
                outcomes.append("refused")

    people = [threading.Thread(target=answer, args=(step,)) for step in (fight, accept)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    sandbox_server.control("faults", [])

    assert len({"refused"} & set(outcomes)) == 1
    assert bank.status(dispute) in ("disputed", "accepted")


@pytest.mark.parametrize("action", ["drop", "apply_then_drop"])
def test_a_piece_taken_back_without_an_answer_is_read_again(bank, dispute, gateway, faults, action):
    hand_in(dispute, "", TEXT, gateway, rosas())
    faults("DELETE .*/evidence/", action)

    take_back(Evidence.get(), gateway, rosas())

    assert [row.text for row in handed_in(dispute)] == bank.reads(dispute)


def test_a_piece_that_never_arrived_is_taken_back_by_looking(dispute, gateway):
    row = Evidence.create(dispute=dispute, category="", text=TEXT, by="staff:1", at=the.NOW)

    take_back(row, gateway, rosas())

    assert handed_in(dispute) == []


def test_a_piece_removed_on_the_processors_screen_is_gone_here(dispute, gateway):
    hand_in(dispute, "", TEXT, gateway, rosas())
    gateway.remove_evidence(dispute.processor_id, Evidence.get().processor_id)

    assert look_again(dispute, gateway, the.NOW)

    assert handed_in(dispute) == []


def test_a_dispute_the_processor_does_not_know_cannot_be_looked_up(dispute, gateway):
    dispute.processor_id = "nosuchdispute"

    assert not look_again(dispute, gateway, the.NOW)


def test_a_sweep_finds_what_no_notification_told(bank, gateway, sandbox_server):
    dispute = bank()
    ben = the.ben()
    unheard = bank.paid(ben, the.a_charge(ben))
    sandbox_server.control("disputes", {"transaction_id": unheard.attempt.transaction_id})
    sandbox_server.control("disputes", {"id": dispute.processor_id, "status": "won"})
    day = gateway.find_dispute(dispute.processor_id).opened_on

    read = sweep(gateway, day, day, the.NOW)

    assert read >= 2
    assert Dispute.get(Dispute.payment == unheard).state == "open"
    assert Dispute.get_by_id(dispute.id).state == "won"


def test_a_sweep_reads_older_ones_that_are_still_open(bank, dispute, gateway, sandbox_server):
    sandbox_server.control("disputes", {"id": dispute.processor_id, "status": "lost"})
    long_ago = the.TODAY - timedelta(days=4000)

    assert sweep(gateway, long_ago, long_ago, the.NOW) == 1

    assert Dispute.get().state == "lost"
    assert [task.kind for task in Task.select().where(Task.done_at.is_null())] == ["task.dispute_lost"]


def test_a_sweep_passes_over_what_the_processor_forgot(gateway, practice):
    payment = the.a_settled(the.a_charge(the.ana()))
    Dispute.create(payment=payment, opened_on=the.TODAY, processor_id="nosuchdispute")
    long_ago = the.TODAY - timedelta(days=4000)

    assert sweep(gateway, long_ago, long_ago, the.NOW) == 0


def test_a_sweep_of_a_silent_processor_says_so(dispute, gateway, faults):
    faults(".*/disputes/", "drop")

    with pytest.raises(GatewayUnavailable):
        sweep(gateway, the.TODAY, the.TODAY, the.NOW)


def test_a_processor_without_disputes_is_not_asked(gateway):
    gateway.can = Capabilities()

    assert disputes.sweep(gateway, the.TODAY, the.TODAY, the.NOW) == 0
