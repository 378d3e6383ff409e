"""Going live by hand in a browser: the ticks of the checklist, and a dollar from the owner's own card."""

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from choices import StaffRole
from models import TestPayment as Dollar
from models import Tick
from tests import builders as the
from tests.browser.test_paying import pick_test_card, tap

CHECKS, TEST = "/practice/payments/", "/practice/payments/test/"


@pytest.fixture
def mara(practice):
    return the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER)


def test_a_dollar_is_taken_from_a_card_of_the_owners_and_given_back(phone, axe, mara):
    page = phone(mara)
    page.goto(CHECKS)
    tap(page, "Try a $1.00 test payment")
    pick_test_card(page, "Approved Visa")
    assert axe(page) == []
    tap(page, "Take $1.00 and give it back", "button")

    expect(page.get_by_role("status").first).to_contain_text("It works: $1.00 was taken and canceled")
    assert (Dollar.get().back, axe(page), page.wrong) == ("void", [], [])


@pytest.mark.parametrize("width", [390, 1280])
def test_a_row_is_ticked_with_its_day_without_scripts(phone, axe, app, mara, width):
    app.extensions["settings"] = replace(app.extensions["settings"], braintree_environment="production")
    page = phone(mara, width=width, script=False)
    page.goto(CHECKS)
    box = page.get_by_label("Day: The processor accepted our business, tax and bank details")
    assert box.input_value() == the.TODAY.isoformat()
    page.get_by_role("button", name="Tick").first.click()

    expect(page.get_by_text("Nov 20, 2026, Mara Ellison-Demo")).to_be_visible()
    assert Tick.get().row == "bank"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
