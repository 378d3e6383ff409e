"""The card form's script in loopback mode: button, test cards, and what it does when things go wrong."""

import re

import pytest
from playwright.sync_api import expect

from gateways.braintree import BraintreeAdapter
from models import Attempt
from tests import builders
from tests.sandbox.browser import PORTAL, from_portal
from tests.sandbox.fixtures import account_at


@pytest.fixture
def ana(practice):
    return builders.ana()


@pytest.fixture
def page(chromium, app, settings, sandbox_server, ana, sign_in):
    """The checkout of one visit of 150.00. `page.down`: the sandbox's own page does not load."""
    object.__setattr__(settings, "gateway_port", sandbox_server.port)
    app.extensions["gateway"] = BraintreeAdapter(account_at(sandbox_server.port))
    portal, context = sign_in(ana.user), chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.visit, page.down = builders.a_charge(ana, fee="150.00"), False

    def answer(route):
        if route.request.url.startswith(PORTAL):
            return from_portal(route, portal)
        return route.abort() if page.down else route.fulfill(response=route.fetch())

    context.route(re.compile("^http://"), answer)
    yield page
    context.unroute_all(behavior="ignoreErrors")
    context.close()


def open_checkout(page):
    page.goto(f"{PORTAL}/pay/checkout?way=one&charge={page.visit.key}")
    return page.locator("[data-pay-button]")


def pick(page, card):
    page.frame_locator("iframe").get_by_text(card).click()
    expect(page.locator("[data-card-chosen]")).to_have_text(card)


SHOWN = {"45": "$45.00", "$45.10": "$45.10", "0045": "$45.00", "1,200.00": "$1,200.00", "1234567": "$1,234,567.00"}
NO_AMOUNT = ["", "ten", "1.234", "1,20", "-5", "0", "0.99", "150.01"]


def test_the_button_names_the_amount_as_it_is_typed(page, ana):
    page.visit = builders.a_charge(ana, fee="2000000.00")
    button = open_checkout(page)

    for typed, shown in SHOWN.items():
        page.fill("[data-amount]", typed)
        expect(button).to_have_text(f"Pay {shown}")


def test_what_cannot_be_paid_is_not_named_on_the_button(page):
    button = open_checkout(page)

    for typed in NO_AMOUNT:
        page.fill("[data-amount]", typed)
        expect(button).to_have_text("Pay")


def test_a_test_card_pays(page, ana):
    button = open_checkout(page)
    pick(page, "Approved Visa")
    button.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Payment received")


def test_without_a_picked_card_nothing_is_sent(page):
    button = open_checkout(page)
    expect(page.frame_locator("iframe").get_by_text("Approved Visa")).to_be_visible()
    button.click()

    expect(page.get_by_text("Pick a card", exact=True)).to_be_visible()
    assert Attempt.select().count() == 0


def test_a_frame_that_does_not_load_is_explained_after_ten_seconds(page):
    page.clock.install()
    page.down = True
    open_checkout(page)
    expect(page.locator("[data-card-loading]")).to_be_visible()
    page.clock.fast_forward(10_000)

    expect(page.locator("[data-card-blocked]")).to_be_visible()


def test_a_nonce_from_another_window_is_not_taken(page):
    open_checkout(page)
    expect(page.locator("[data-card-loading]")).to_be_hidden()
    page.evaluate("window.postMessage({type: 'sandbox-nonce', nonce: 'forged', label: 'forged'}, '*')")
    page.wait_for_timeout(100)

    assert page.input_value("input[name=nonce]") == ""


def test_the_button_locks_at_the_first_press_and_unlocks_after_ten_seconds(page):
    page.clock.install()
    button = open_checkout(page)
    pick(page, "Approved Visa")
    page.evaluate("document.querySelector('[data-pay-form]').addEventListener('submit', e => e.preventDefault())")
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).not_to_have_text("Pay $150.00")
    page.clock.fast_forward(10_000)

    expect(button).not_to_have_attribute("aria-disabled", "true")
    expect(button).to_have_text("Pay $150.00")
