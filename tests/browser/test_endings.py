"""Declines, answers that are out, and payments that are off, as a phone shows them."""

import pytest
from playwright.sync_api import expect

from choices import AttemptState
from models import Attempt
from tests.browser.test_paying import arrived, bill, dana, pick_test_card, tap  # noqa: F401
from tests.builders import the_practice

DECLINES = {
    "Not enough money": ("there is not enough money on this card", "Try again"),
    "Wrong ZIP": ("The ZIP code does not match your card.", "Try again"),
    "Wrong security code": ("The security code is not right.", "Try again"),
    "Network not answering": ("We cannot reach the card company right now.", "Try again"),
    "Expired card": ("This card is out of date.", "Use a different card"),
    "Bank said no": ("Your bank said no and did not tell us why.", "Use a different card"),
    "Kind of card not taken": ("We cannot take this kind of card.", "Use a different card"),
    "Card refused here": ("This card cannot be used here.", "Use a different card"),
}


# The words of each are read on the page in tests/portal/test_results.py; here, one of each kind of way out.
NEAR = ("Not enough money", "Bank said no")


@pytest.mark.parametrize(
    "card", [card if card in NEAR else pytest.param(card, marks=pytest.mark.slow) for card in DECLINES]
)
def test_each_decline_says_why_and_what_to_do_first(phone, dana, bill, card):  # noqa: F811
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay this one")
    page.get_by_label("Note for your therapist").fill("Thank you")
    pick_test_card(page, card)
    tap(page, "Pay $185.00", "button")

    reason, first = DECLINES[card]
    problem = page.locator("#problem")
    expect(problem).to_contain_text(reason)
    expect(problem).to_contain_text("not take any money")
    expect(problem).to_be_focused()
    expect(problem.locator(".inline").get_by_role("link").first).to_have_text(first)
    expect(page.get_by_label("Note for your therapist")).to_have_value("Thank you")
    assert Attempt.get().state == AttemptState.DECLINED


def test_not_sure_yet_resolves_by_itself(phone, dana, bill, clock, sandbox_server):  # noqa: F811
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay this one")
    pick_test_card(page, "No answer")
    tap(page, "Pay $185.00", "button")
    arrived(page, "We are sending your payment")

    clock.pass_(seconds=31)
    arrived(page, "We are checking on your payment")
    expect(page.get_by_text("Do not pay again.")).to_be_visible()
    sandbox_server.control("clock", {"advance": 60})
    clock.pass_(seconds=30)

    arrived(page)
    expect(page).to_have_title("Payment received – Harbor Fern")


def test_payments_off_shows_the_sentence_and_no_button(phone, dana, bill):  # noqa: F811
    the_practice(payments_on=False)
    page = phone(dana)

    for path in ("/", "/pay"):
        page.goto(path)
        expect(page.get_by_text("Online payment is off.")).to_be_visible()
        assert page.get_by_role("link", name="Make a payment").count() == 0
        assert page.locator(".paybar, main [type=checkbox]").count() == 0
    page.goto("/documents")
    expect(page.get_by_role("heading", level=1)).to_have_text("Bills and papers")


def test_the_same_payment_again_is_stopped_until_it_is_wanted(phone, dana, bill, card_of):  # noqa: F811
    card_of(dana)
    page = phone(dana)
    for _ in range(2):
        page.goto("/pay")
        tap(page, "Pay this one")
        page.get_by_label("Amount to pay").fill("20")
        tap(page, "Pay $20.00", "button")

    expect(page.get_by_text("You just paid $20.00")).to_be_visible()
    tap(page, "I want to make another payment", "button")

    arrived(page)
    assert Attempt.select().count() == 2


def test_a_card_is_added_and_removed(phone, dana):  # noqa: F811
    page = phone(dana)
    page.goto("/cards")
    tap(page, "Add a card")
    pick_test_card(page, "Approved Visa")
    page.get_by_label("Save this card for next time").check()
    tap(page, "Save", "button")
    expect(page.get_by_text("We saved your card.")).to_be_visible()

    tap(page, "Remove this card")
    tap(page, "Remove this card", "button")
    expect(page.get_by_text("We removed your card.")).to_be_visible()
