"""Signed out in the middle of paying: what was typed is there again for the same person, and for nobody else."""

import pytest

from models import Attempt, Charge, SavedCard, SignIn
from tests.builders import a_charge, a_paid, ben, the_practice

KEPT = "/pay/checkout?kept=1"
TYPED = {"amount": "45", "shown": "45", "note": "For October", "receipt_email": "aunt@example.com"}
TOLD = "We kept what you typed. You have not paid yet."


@pytest.fixture
def too_late(dana, reads, card_of, clock):
    """A reader who typed at the checkout, and sends it after the session ran out."""
    charge = a_charge(dana, fee="100.00")
    a_charge(dana, fee="60.00")
    card_of(dana)
    reader = reads(dana)

    def too_late(action="/pay", minutes=16, ended=False, **typed):
        sent = reader.open(f"/pay/checkout?way=one&charge={charge.key}").fields("/pay").to_dict() | TYPED | typed
        clock.pass_(minutes=minutes)
        SignIn.update(ended_at=clock() if ended else None).execute()
        reader.sent, reader.answer = sent, reader.browser.post(action, data=sent)
        return reader

    return too_late


def back(reader, person):
    reader.browser.enter(person.user)
    return reader.open(KEPT)


def test_what_was_typed_waits_and_is_paid_after_signing_in(too_late, dana, nothing_written):
    with nothing_written():
        reader = too_late(card="new", nonce="stands-for-a-card", save="1")
        out = reader.open(reader.answer.location)
        page = back(reader, dana)

    fields = page.fields("/pay")
    assert reader.answer.location == "/sign-in?next=/pay/checkout?kept%3D1"
    assert "You were signed out. We did not take any payment after you left." in out.text
    assert TOLD in page.text and "Pay $45.00" in page.buttons()
    assert {name: fields[name] for name in ("amount", "note", "receipt_email", "card")} == {
        "amount": "45", "note": "For October", "receipt_email": "aunt@example.com", "card": "new",
    }  # fmt: skip
    assert fields["attempt_key"] == reader.sent["attempt_key"], "what still is on its way is this very payment"
    assert fields["nonce"] == "" and "save" not in fields and "stands-for-a-card" not in page.html

    paid = reader.pay(page, card=SavedCard.get().key)
    assert "You paid $45.00" in paid.text and Attempt.get().note == "For October"


def test_someone_else_at_the_same_phone_sees_nothing_of_it(too_late):
    other = ben()
    a_charge(other)

    page = back(too_late(), other)

    assert page.h1 == "Choose what to pay" and "October" not in page.html


def test_a_page_that_leaves_by_itself_uses_up_no_word_of_the_end(too_late):
    reader = too_late("/pay/keep")

    assert reader.answer.status_code == 204
    assert "You were signed out. We did not take any payment after you left." in reader.open("/sign-in").text


def test_half_an_hour_later_it_is_gone(too_late, dana, clock):
    reader = too_late()

    clock.pass_(minutes=29)
    assert TOLD in back(reader, dana).text
    clock.pass_(minutes=1)
    assert back(reader, dana).h1 == "Choose what to pay"


def test_nothing_is_kept_of_a_session_that_somebody_ended(too_late, dana):
    reader = too_late(minutes=1, ended=True)

    assert reader.answer.location == "/sign-in"
    assert back(reader, dana).h1 == "Choose what to pay"


def test_more_than_a_page_can_send_is_not_kept(too_late, dana):
    assert back(too_late(note="n" * 64_000), dana).h1 == "Choose what to pay"


def test_each_of_two_pages_comes_back(dana, reads, card_of, clock):
    the_practice(checkout_layout="two_page")
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)
    first = reader.follow(reader.open("/pay"), "Pay this one")

    clock.pass_(minutes=16)
    reader.send(first, "/pay/checkout", amount="40", note="Thank you")
    first = back(reader, dana)
    second = reader.send(first, "/pay/checkout")
    clock.pass_(minutes=16)
    reader.pay(second, receipt_email="aunt@example.com")
    again = back(reader, dana)

    assert first.h1 == "Make a payment" and first.fields("/pay/checkout")["amount"] == "40"
    assert again.h1 == "Check and pay" and "$40.00" in again.text
    assert again.fields("/pay")["receipt_email"] == "aunt@example.com"
    assert "You paid $40.00" in reader.pay(again).text and Attempt.get().note == "Thank you"


def test_a_bill_paid_meanwhile_says_so(too_late, dana):
    reader = too_late()
    a_paid(Charge.select().order_by(Charge.id).get())

    assert "One of the visits you picked cannot be paid right now." in back(reader, dana).problem


@pytest.mark.parametrize("action", ["/pay", "/pay/keep"])
def test_a_payment_whose_answer_never_came_is_told_and_not_asked_for_again(action, dana, reads, card_of, clock):
    reader, charge = reads(dana), a_charge(dana, fee="100.00")
    card_of(dana)
    sent = reader.open(f"/pay/checkout?way=one&charge={charge.key}").fields("/pay").to_dict() | TYPED
    reader.browser.post("/pay", data=sent)
    clock.pass_(minutes=16)
    reader.browser.post(action, data=sent)

    assert "You paid $45.00" in back(reader, dana).text and Attempt.select().count() == 1


def test_once_paid_nothing_of_it_is_offered_again(too_late, dana, clock):
    reader = too_late()
    reader.pay(back(reader, dana), card=SavedCard.get().key)
    clock.pass_(minutes=11)

    assert reader.open(KEPT).h1 == "Choose what to pay"


def test_a_page_that_leaves_while_another_keeps_the_session_loses_nothing(too_late, dana, nothing_written):
    with nothing_written():
        reader = too_late(minutes=0, action="/pay/keep")
    assert reader.answer.status_code == 204
    assert reader.open(KEPT).fields("/pay")["note"] == "For October"
