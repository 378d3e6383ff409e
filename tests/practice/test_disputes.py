"""Answering a bank, from the list of disputes to the choice after a loss: real pages, adapter, SDK and sandbox."""

import re

import pytest

from billing.ledger import charge_figure
from billing.moneyback import charge_back, void
from models import AuditEntry, Charge, Dispute, Evidence, Task
from tests import builders as the
from tests.practice.bank import DX, LABEL, LABEL_ES, Bank
from tests.sandbox.fixtures import faults, gateway, sandbox_server

__all__ = ["faults", "gateway", "sandbox_server"]


@pytest.fixture
def bank(app, sandbox_server, gateway):
    app.extensions["gateway"] = gateway
    return Bank(sandbox_server, gateway)


@pytest.fixture
def rosa(browser):
    return browser("biller")


def page(dispute):
    return f"/practice/disputes/{dispute.key}"


def due(dispute, on):
    Dispute.update(evidence_due_on=the.day(on)).where(Dispute.id == dispute.id).execute()
    return dispute


def offered(text):
    """Key -> what the bank would read."""
    rows = re.findall(r'name="piece" value="(\w+)".*?<span>(.*?)</span>', text, re.DOTALL)
    return dict(rows)


def test_without_disputes_the_list_says_so(rosa):
    assert "No bank has questioned a payment." in rosa.get("/practice/disputes/").text


def test_the_payment_names_the_banks_reason_and_leads_to_the_dispute(rosa, bank):
    dispute = bank()

    text = rosa.get(f"/practice/transactions/{dispute.payment.key}").text

    assert "the card holder does not recognize it" in text and "not_recognized" not in text
    assert f'href="{page(dispute)}"' in text


def test_what_is_due_first_stands_first(rosa, bank):
    late = due(bank(the.ben()), "2026-12-30")
    soon = due(bank(the.ana()), "2026-11-21")
    today = due(bank(the.noor()), "2026-11-20")
    over = due(bank(the.walt()), "2026-11-19")
    won = bank(the.jade())
    bank.says(won, "won")

    text = rosa.get("/practice/disputes/").text

    places = [text.index(page(dispute)) for dispute in (over, today, soon, late, won)]
    assert places == sorted(places)
    for words in ("The due date has passed", "Last day today", "1 day left", "40 days left"):
        assert words in text


def test_a_dispute_is_told_in_plain_words(rosa, bank):
    text = rosa.get(page(bank(amount="20.00"))).text

    assert "took back $20.00 of a payment of $150.00" in text
    assert "reason: the card holder does not recognize it." in text
    assert "are open again, but on hold" in text
    assert "Do not send health facts." in text


def test_the_list_of_decisions_leads_to_those_to_answer_and_counts_none_twice(rosa, bank):
    bank()

    text = rosa.get("/practice/tasks/").text

    assert '<a href="/practice/disputes/">Disputes to answer: 1</a>' in text
    assert "Mark as done" not in text
    assert "To decide: " not in rosa.get("/practice/transactions/").text


def test_what_is_ticked_is_sent_to_the_letter_and_nothing_about_the_care(rosa, bank):
    dispute = bank()
    texts = offered(rosa.get(page(dispute)).text)
    assert len(texts) >= 3

    answer = rosa.submit(f"{page(dispute)}/evidence", {"piece": list(texts), "text": "Paid  on time,\nas agreed."})

    assert answer.status_code == 303
    sent = bank.reads(dispute)
    assert sorted(sent) == sorted([*texts.values(), "Paid on time, as agreed."])
    assert "Appointment kept on Nov 3, 2026." in sent
    told = " ".join(sent).casefold()
    for secret in (LABEL, LABEL_ES, DX, "counsel", "Delgado", "Talk therapy"):
        assert secret.casefold() not in told
    shown = rosa.get(page(dispute)).text
    assert offered(shown) == {}
    assert "There is nothing left to suggest." in shown


@pytest.mark.parametrize(
    "text", ["Came for F41.1", "See f411", "G0071 as billed", "Code 12345", f"She had a {LABEL.upper()}", "for therapy"]
)
def test_a_text_that_says_too_much_is_refused_and_kept_on_the_page(rosa, bank, text):
    dispute = bank()

    answer = rosa.submit(f"{page(dispute)}/evidence", {"text": text})

    assert answer.status_code == 422
    assert "Take out what says more than a bank needs to know" in answer.text
    assert text in answer.text
    assert (bank.reads(dispute), Evidence.select().count()) == ([], 0)


def test_nothing_ticked_and_something_changed_send_nothing(rosa, bank):
    dispute = bank()

    nothing = rosa.submit(f"{page(dispute)}/evidence", {})
    changed = rosa.submit(f"{page(dispute)}/evidence", {"piece": "0" * 16})

    assert (nothing.status_code, changed.status_code) == (422, 422)
    assert "Tick something or write a sentence." in nothing.text
    assert "What can be sent has changed." in changed.text
    assert bank.reads(dispute) == []


def test_a_piece_is_taken_back_while_the_dispute_is_open(rosa, bank):
    dispute = bank()
    rosa.submit(f"{page(dispute)}/evidence", {"text": "Paid on time."})
    piece = Evidence.get()

    answer = rosa.submit(f"{page(dispute)}/evidence/remove", {"id": piece.id})

    assert answer.status_code == 303
    assert bank.reads(dispute) == []
    assert Evidence.get().removed_at
    assert rosa.submit(f"{page(dispute)}/evidence/remove", {"id": piece.id + 1}).status_code == 404


def test_a_fight_goes_to_the_bank_which_decides(rosa, bank):
    dispute = bank()
    assert "Send at least one thing" in rosa.submit(f"{page(dispute)}/answer", {"do": "fight"}).text
    rosa.submit(f"{page(dispute)}/evidence", {"text": "Paid on time."})

    answer = rosa.submit(f"{page(dispute)}/answer", {"do": "fight"})

    assert (answer.status_code, bank.status(dispute)) == (303, "disputed")
    kept = Dispute.get()
    assert (kept.answer, kept.answered_at, kept.status) == ("fought", the.NOW, "disputed")
    text = rosa.get(page(dispute)).text
    assert "The bank has your answer." in text
    assert "Fought it" in text
    assert not Task.select().where(Task.done_at.is_null()).exists()
    late = rosa.submit(f"{page(dispute)}/evidence", {"text": "One more thing."})
    assert "The bank waits for no answer now." in late.text
    assert "The bank waits" in rosa.submit(f"{page(dispute)}/evidence/remove", {"id": Evidence.get().id}).text

    bank.says(dispute, "won")

    assert "It pays the visits again" in rosa.get(page(dispute)).text
    assert charge_figure(Charge.get()).state == "paid"


def test_accepting_takes_a_tick_and_leads_to_the_choice(rosa, bank):
    dispute = bank()
    untouched = rosa.submit(f"{page(dispute)}/answer", {"do": "accept"})
    assert (untouched.status_code, bank.status(dispute)) == (422, "open")
    assert "Tick the box to accept." in untouched.text

    answer = rosa.submit(f"{page(dispute)}/answer", {"do": "accept", "sure": "1"})

    assert (answer.status_code, bank.status(dispute)) == (303, "accepted")
    assert (Dispute.get().answer, Dispute.get().state) == ("accepted", "lost")
    text = rosa.get(page(dispute)).text
    assert "What now?" in text
    assert "Write off $150.00" in text


@pytest.mark.parametrize(
    ("do", "told", "due"),
    [("ask", "The client can be asked for the money again.", 150_00), ("write_off", "Written off.", 0)],
)
def test_after_a_loss_a_person_chooses_with_a_reason(rosa, bank, do, told, due):
    dispute = bank()
    bank.says(dispute, "lost")
    refused = rosa.submit(f"{page(dispute)}/end", {"do": do, "reason": " "})
    assert (refused.status_code, "What now?" in refused.text) == (422, True)

    answer = rosa.submit(f"{page(dispute)}/end", {"do": do, "reason": "She asked us to"}, follow_redirects=True)

    assert told in answer.text
    assert "She asked us to" in answer.text
    assert charge_figure(Charge.get()).payable == due
    assert AuditEntry.get(AuditEntry.what == f"dispute.{do}").detail == ""
    assert "Somebody has chosen already." in rosa.submit(f"{page(dispute)}/end", {"do": do, "reason": "Twice"}).text
    assert rosa.submit(f"{page(dispute)}/end", {"do": "burn", "reason": "No"}).status_code == 404


def test_an_answer_nobody_confirmed_is_not_taken_for_one(rosa, bank, sandbox_server):
    dispute = bank()
    rosa.submit(f"{page(dispute)}/evidence", {"text": "Paid on time."})
    down = {"match": ".*/disputes/", "action": "drop", "times": 9}
    sandbox_server.control("faults", [down])

    unsure = rosa.submit(f"{page(dispute)}/answer", {"do": "fight"}, follow_redirects=True).text
    twice = rosa.submit(f"{page(dispute)}/answer", {"do": "fight"}).text
    looked = rosa.submit(f"{page(dispute)}/look", {}, follow_redirects=True).text
    sandbox_server.control("faults", [])

    assert "We sent an answer and do not know yet whether it arrived." in unsure
    assert "The bank waits for no answer now" in twice
    assert "The processor does not answer." in looked
    again = rosa.submit(f"{page(dispute)}/look", {}, follow_redirects=True).text
    assert "This is how the processor has it now." in again
    assert "Fight it" in again
    assert rosa.submit(f"{page(dispute)}/answer", {"do": "fight"}).status_code == 303
    assert bank.status(dispute) == "disputed"


def test_an_answer_that_did_not_arrive_can_be_given_again(rosa, bank, faults):
    dispute = bank()
    faults("PUT .*/accept$", "drop")

    text = rosa.submit(f"{page(dispute)}/answer", {"do": "accept", "sure": "1"}, follow_redirects=True).text

    assert "The answer did not arrive. Send it again." in text
    assert "Accept it" in text


def test_evidence_nobody_confirmed_is_shown_as_unsure(rosa, bank, sandbox_server):
    dispute = bank()
    lost = {"match": ".*/disputes/", "action": "apply_then_drop", "times": 9}
    sandbox_server.control("faults", [lost])
    unsure = rosa.submit(f"{page(dispute)}/evidence", {"text": "Paid on time."}, follow_redirects=True).text
    sandbox_server.control("faults", [])
    assert "We do not know yet whether this arrived." in unsure

    rosa.submit(f"{page(dispute)}/look", {})

    assert bank.reads(dispute) == ["Paid on time."]
    assert Evidence.get().processor_id
    assert "We do not know yet" not in rosa.get(page(dispute)).text


def test_a_piece_that_stays_with_the_processor_is_said_to(rosa, bank, faults):
    dispute = bank()
    rosa.submit(f"{page(dispute)}/evidence", {"text": "Paid on time."})
    faults("DELETE .*/evidence/", "drop")

    text = rosa.submit(f"{page(dispute)}/evidence/remove", {"id": Evidence.get().id}, follow_redirects=True).text

    assert "It is still with the processor." in text
    assert bank.reads(dispute) == ["Paid on time."]


def test_a_dispute_that_was_never_the_processors_is_answered_by_hand(rosa, bank):
    ana = the.ana()
    dispute = charge_back(the.a_settled(the.a_charge(ana)), the.stamp(), reason="")

    text = rosa.get(page(dispute)).text

    assert "cannot be answered from here" in text
    assert "No due date" in text
    assert rosa.submit(f"{page(dispute)}/answer", {"do": "accept", "sure": "1"}).status_code == 422


def test_a_payment_given_back_before_is_told_as_that(rosa, bank):
    ana = the.ana()
    charge = the.a_charge(ana)
    payment = bank.paid(ana, charge)
    void(payment, "Wrong day", the.stamp())
    given = {"transaction_id": payment.attempt.transaction_id}
    bank.tell(bank.server.control("disputes", given)["id"])

    text = rosa.get(page(Dispute.get())).text

    assert "That money had gone back already" in text


def test_readers_see_everything_and_answer_nothing(browser, bank):
    dispute = bank()
    auditor = browser("auditor")

    text = auditor.get(page(dispute)).text

    assert "took back $150.00" in text
    assert f"{page(dispute)}/" not in text
    for step in ("evidence", "evidence/remove", "answer", "look", "end"):
        assert auditor.submit(f"{page(dispute)}/{step}", {"do": "accept", "sure": "1"}).status_code == 404
    assert bank.status(dispute) == "open"
    therapist = browser("therapist")
    assert therapist.get("/practice/disputes/").status_code == 404
    assert therapist.get(page(dispute)).status_code == 404


def test_a_long_list_comes_in_pages(rosa, bank):
    person = the.ana()
    for _ in range(51):
        payment = the.a_settled(the.a_charge(person, fee="1.00"))
        Dispute.create(payment=payment, opened_on=the.TODAY)
    Dispute.update(state="won", evidence_due_on=the.TODAY).where(Dispute.id > 50).execute()

    assert rosa.get("/practice/disputes/").text.count("No due date") == 50
    won = rosa.get("/practice/disputes/?page=2").text
    assert "Dispute of $0.00" in won and "No due date" not in won and "Nov 20" not in won
    assert rosa.get("/practice/disputes/?page=99").status_code == 200
