"""From Home to "Payment received" on a phone, with the fewest taps, in both languages, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from billing import ledger
from models import Attempt, SavedCard
from tests.builders import a_charge, ana, the_practice, tomas


@pytest.fixture
def dana(practice):
    return ana()


@pytest.fixture
def bill(dana):
    """She owes $185.00 for October 19 and $150.00 for November 2."""
    return [a_charge(dana, "2026-10-19", "185.00"), a_charge(dana, "2026-11-02", "150.00")]


def tap(page, name, role="link"):
    page.get_by_role(role, name=name, exact=True).first.click()


def pick_test_card(page, label):
    page.frame_locator("iframe").get_by_text(label, exact=True).click()
    expect(page.locator("[data-card-chosen]")).to_have_text(label)


def arrived(page, words="Payment received"):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)
    assert page.wrong == []


def test_one_visit_is_paid_in_part(phone, dana, bill, card_of):
    card_of(dana)
    page = phone(dana)

    page.goto("/")
    tap(page, "Make a payment")
    tap(page, "Pay this one")
    page.get_by_label("Amount to pay").fill("45")
    expect(page.locator("#go")).to_have_text("Pay $45.00")
    tap(page, "Pay $45.00", "button")

    arrived(page)
    expect(page.get_by_text("You still owe $290.00.")).to_be_visible()
    assert [ledger.charge_figure(charge).open for charge in bill] == [140_00, 150_00]


def test_each_way_to_pay_takes_three_taps(phone, dana, card_of):
    card_of(dana)
    page = phone(dana)
    ways = [
        ("Pay this one", "link", "Pay $185.00"),
        ("Pay all $335.00", "link", "Pay $335.00"),
        ("Pay a different amount", "link", "Pay $335.00"),
        ("Pay $335.00", "button", "Pay $335.00"),  # after ticking both
    ]
    for second, kind, last in ways:
        a_charge(dana, "2026-10-19", "185.00")
        if ledger.account_figure(dana.account).due < 335_00:
            a_charge(dana, "2026-11-02", "150.00")
        page.goto("/")

        tap(page, "Make a payment")
        if kind == "button":
            page.get_by_label("Check all").check()
        tap(page, second, kind)
        tap(page, last, "button")

        arrived(page)

    assert [attempt.amount for attempt in Attempt.select()] == [185_00, 335_00, 335_00, 335_00]
    assert ledger.account_figure(dana.account).due == 0


def test_check_all_has_three_states_and_a_total_from_the_server(phone, dana, bill, card_of):
    card_of(dana)
    page = phone(dana)
    page.goto("/pay")
    whole, first = page.get_by_label("Check all"), page.get_by_role("checkbox", name=re.compile("Oct 19, 2026"))
    total = page.get_by_role("status")

    first.check(force=True)
    expect(total).to_have_text("You picked 1. Total: $185.00")
    assert whole.evaluate("box => box.indeterminate")
    whole.check()
    expect(total).to_have_text("You picked 2. Total: $335.00")
    first.uncheck(force=True)
    expect(total).to_have_text("You picked 1. Total: $150.00")
    whole.check()
    expect(total).to_have_text("You picked 2. Total: $335.00")
    tap(page, "Pay $335.00", "button")
    expect(page.get_by_text("You picked 2 visits.")).to_be_visible()
    assert page.locator("#amount").count() == 0
    tap(page, "Pay $335.00", "button")

    arrived(page)
    expect(page.get_by_text("You do not owe anything now.")).to_be_visible()


def test_an_amount_toward_the_balance_shows_what_it_pays(phone, dana, bill, card_of):
    card_of(dana)
    page = phone(dana)
    page.goto("/")
    tap(page, "Make a payment")
    tap(page, "Pay a different amount")
    parts = page.locator("[data-part]:visible")

    expect(parts).to_have_text(["$185.00", "$150.00"])
    page.get_by_label("Amount to pay").fill("200.5")
    expect(parts).to_have_text(["$185.00", "$15.50"])
    page.get_by_label("Amount to pay").fill("100")
    expect(parts).to_have_text(["$100.00"])
    tap(page, "Pay $100.00", "button")

    arrived(page)
    assert ledger.account_figure(dana.account).due == 235_00


def test_each_line_may_have_its_own_amount(phone, dana, bill, card_of):
    the_practice(per_line_amounts=True)
    card_of(dana)
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay all $335.00")

    page.get_by_label("Amount for Oct 19, 2026").fill("10")
    expect(page.locator("[data-sum]")).to_have_text("$160.00")
    tap(page, "Pay $160.00", "button")

    arrived(page)


def test_a_new_card_is_saved_and_then_pays_in_three_taps(phone, dana, bill):
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay this one")
    pick_test_card(page, "Approved Visa")
    page.get_by_label("Save this card for next time").check()
    tap(page, "Pay $185.00", "button")
    arrived(page)
    assert SavedCard.get().last4 == "1111"

    page.goto("/")
    tap(page, "Make a payment")
    tap(page, "Pay all $150.00")
    tap(page, "Pay $150.00", "button")

    arrived(page)
    assert ledger.account_figure(dana.account).due == 0


def test_a_double_tap_is_one_payment(phone, dana, bill, card_of):
    card_of(dana)
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay this one")

    page.locator("#go").dblclick()

    arrived(page)
    assert Attempt.select().count() == 1


def test_two_pages_ask_first_and_pay_last(phone, dana, bill, card_of):
    the_practice(checkout_layout="two_page")
    card_of(dana)
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay this one")

    page.get_by_label("Amount to pay").fill("60")
    page.get_by_label("Note for your therapist").fill("Thank you")
    tap(page, "Next", "button")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check and pay")
    tap(page, "Change", "button")
    expect(page.get_by_label("Amount to pay")).to_have_value("60.00")
    tap(page, "Next", "button")
    page.get_by_label("Use a new card", exact=True).check()
    pick_test_card(page, "Approved Mastercard")
    tap(page, "Submit", "button")

    arrived(page)
    assert (Attempt.get().amount, Attempt.get().note, Attempt.get().card_last4) == (60_00, "Thank you", "4444")


def test_the_whole_way_in_spanish(phone, practice, card_of):
    person = tomas()
    a_charge(person, "2026-10-19", "185.00")
    card_of(person)
    page = phone(person)

    page.goto("/")
    tap(page, "Hacer un pago")
    tap(page, "Pagar esta")
    page.get_by_label("Cantidad a pagar").fill("45")
    tap(page, "Pagar $45.00", "button")

    arrived(page, "Pago recibido")
    assert page.locator("html").get_attribute("lang") == "es"


def test_the_whole_way_without_javascript(phone, dana, bill, card_of):
    card_of(dana)
    page = phone(dana, script=False)

    page.goto("/")
    tap(page, "Make a payment")
    page.get_by_label("Check all").check()
    tap(page, "Continue", "button")
    expect(page.get_by_text("You picked 2 visits.")).to_be_visible()
    tap(page, "Go back without paying")
    tap(page, "Pay this one")
    expect(page.locator("noscript p")).to_be_visible()
    page.get_by_label("Amount to pay").fill("45")
    tap(page, "Pay $185.00", "button")
    expect(page.get_by_text("You will pay $45.00.")).to_be_visible()
    tap(page, "Pay $45.00", "button")

    arrived(page)


def test_an_error_takes_the_focus_and_keeps_what_was_typed(phone, dana, bill, card_of):
    card_of(dana)
    page = phone(dana)
    page.goto("/pay")
    tap(page, "Pay this one")

    page.get_by_label("Amount to pay").fill("500")
    tap(page, "Pay", "button")
    expect(page).to_have_title(re.compile("^Error: Make a payment"))
    expect(page.locator("#problem")).to_be_focused()
    page.get_by_role("link", name="Amount to pay must be $185.00 or less").click()

    expect(page.get_by_label("Amount to pay")).to_be_focused()
    expect(page.get_by_label("Amount to pay")).to_have_value("500")
    expect(page.locator("#go")).to_have_text("Pay")
    page.get_by_label("Amount to pay").fill("45")
    expect(page.locator("#go")).to_have_text("Pay $45.00")


def test_without_javascript_and_without_a_card_there_is_a_reason_and_no_button(phone, dana, bill):
    page = phone(dana, script=False)

    for path in ("/cards/new", f"/pay/checkout?way=one&charge={bill[0].key}"):
        page.goto(path)
        expect(page.locator("noscript p")).to_contain_text("needs JavaScript")
        expect(page.locator("#go")).to_be_hidden()
