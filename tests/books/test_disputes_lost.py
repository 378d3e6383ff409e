"""After a lost dispute: asked again or written off, and what a late win does."""

import pytest

from billing import papers
from billing.charges import adjust, transfer
from billing.disputes_lost import AlreadyChosen, ask_again, still_owed, write_off
from billing.errors import Busy, ReasonMissing
from billing.formats import FieldRefused
from billing.history import history
from billing.ledger import account_figure, charge_figure
from billing.moneyback import charge_back, lose_chargeback, refund
from choices import EntryKind
from models import AuditEntry, Dispute, Document, DocumentPayment, Entry, Hold
from tests.books.bank import LOST, OPENED, WON, a_disputed, a_lost, a_sale, hear, news, tasks
from tests.books.expect import refused
from tests.builders import (
    a_charge,
    a_settled,
    an_attempt,
    an_insured_charge,
    ana,
    stamp,
)

pytestmark = pytest.mark.usefixtures("practice")


def test_a_win_after_a_loss_is_money_again_and_staff_hear_of_it():
    person = ana()
    charge = a_charge(person)
    dispute = a_lost(person, charge)
    write_off(dispute, "Not worth it", stamp())

    hear(news(WON))

    assert (Dispute.get().state, account_figure(person.account).credit) == ("won", 150_00)
    assert tasks() == ["task.dispute_won_late"]


def test_a_dispute_is_lost_once():
    person = ana()
    dispute = a_lost(person, a_charge(person))

    with refused():
        lose_chargeback(dispute, stamp())


def test_asking_again_ends_the_hold_with_a_reason_in_the_log():
    person = ana()
    charge = a_charge(person)
    dispute = a_lost(person, charge)
    with refused(ReasonMissing):
        ask_again(dispute, " ", stamp())

    ask_again(dispute, "She will pay by check", stamp(), "10.0.0.1")

    assert (charge_figure(charge).payable, account_figure(person.account).due) == (150_00, 150_00)
    noted = AuditEntry.get()
    assert (noted.what, noted.subject, noted.by) == ("dispute.ask", f"dispute:{dispute.id}", "staff:1")
    assert (noted.detail, noted.ip, Hold.get().reason) == ("", "10.0.0.1", "She will pay by check")
    assert tasks() == []


def test_writing_off_gives_up_what_the_bank_took_and_no_more():
    person = ana()
    charge = a_charge(person, fee="200.00")
    payment = a_sale(person, charge, cents=200_00)
    refund(payment, 50_00, "Kindness", stamp())
    hear(OPENED, news(LOST))
    dispute = Dispute.get()
    assert still_owed(dispute) == [(charge, 150_00)]

    write_off(dispute, "Not worth it", stamp())

    figures = charge_figure(charge)
    assert (figures.adjusted, figures.open, figures.payable) == (150_00, 50_00, 50_00)
    entry = Entry.get(Entry.kind == EntryKind.ADJUSTMENT)
    assert (entry.category, entry.reason) == ("write_off", "Not worth it")
    assert AuditEntry.get().what == "dispute.write_off"


def test_what_was_lowered_meanwhile_is_not_written_off_again():
    person = ana()
    charge = a_charge(person)
    dispute = a_lost(person, charge)
    adjust(charge, 150_00, "courtesy", "Kindness", stamp())

    write_off(dispute, "Not worth it", stamp())

    assert (still_owed(dispute), charge_figure(charge).adjusted) == ([], 150_00)
    assert Hold.get().ended_at


def test_the_clients_part_of_an_insured_visit_is_written_off_too():
    person = ana()
    charge = an_insured_charge(person)
    for amount, reason in ((30_00, "copay"), (20_00, "coinsurance"), (10_00, "deductible")):
        transfer(charge, amount, reason, stamp())
    payment = a_settled(charge, "25.00")
    dispute = charge_back(payment, stamp(), reason="fraud")
    lose_chargeback(dispute, stamp())

    write_off(dispute, "Not worth it", stamp())

    figures = charge_figure(charge)
    assert (figures.open, figures.adjusted, figures.pending) == (35_00, 25_00, 90_00)


def test_what_somebody_is_paying_just_now_is_not_written_off():
    person = ana()
    charge = a_charge(person)
    dispute = a_lost(person, charge)
    an_attempt(person, (charge, "20.00"))

    with refused(Busy):
        write_off(dispute, "Not worth it", stamp())

    assert Hold.get().ended_at is None


@pytest.mark.parametrize("reason", ["4111 1111 1111 1111", "x" * 301], ids=["card", "long"])
def test_a_reason_is_short_and_without_card_numbers(reason):
    person = ana()
    dispute = a_lost(person, a_charge(person))

    with refused(FieldRefused) as told:
        ask_again(dispute, reason, stamp())

    assert told.value.field == "reason"


@pytest.mark.parametrize("choose", [ask_again, write_off])
def test_only_a_lost_dispute_is_chosen_upon_and_once(choose):
    person = ana()
    charge = a_charge(person)
    payment = a_disputed(person, charge)
    with refused(AlreadyChosen):
        choose(Dispute.get(Dispute.payment == payment), "Too soon", stamp())
    hear(news(LOST))
    ask_again(Dispute.get(), "She will pay", stamp())

    with refused(AlreadyChosen):
        choose(Dispute.get(), "Once more", stamp())


def test_two_visits_are_shown_oldest_first():
    person = ana()
    late, early = a_charge(person, on="2026-10-12"), a_charge(person, on="2026-10-05")
    dispute = a_lost(person, late, early)

    assert [charge for charge, _ in still_owed(dispute)] == [early, late]


def state(person):
    return history(person.user).items[0].state


def test_the_client_reads_under_review_until_somebody_has_chosen():
    person = ana()
    a_disputed(person, a_charge(person))
    assert state(person) == "review"
    hear(news(LOST))
    assert state(person) == "review"

    ask_again(Dispute.get(), "She will pay by check", stamp())
    assert state(person) == "returned"

    hear(news(WON))
    assert state(person) == "paid"


def test_a_superbill_that_counts_the_payment_is_told_to_staff():
    person = ana()
    payment = a_sale(person, a_charge(person))
    about = {"type": "superbill", "year": 2026, "serial": 1, "account": person.account, "issued_at": stamp().at}
    paper = Document.create(**about, client=person.client, data={}, data_sha256=papers.digest({}))
    DocumentPayment.create(document=paper, payment=payment)

    hear(OPENED)

    assert tasks() == ["task.dispute", "task.superbill"]
