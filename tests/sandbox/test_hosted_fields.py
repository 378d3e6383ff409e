"""The real card boxes of Braintree's library, on the real page, in Chromium.

The library's hosts are answered here: the boxes by our own page, their calls by the sandbox.
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

import sandbox
from billing import cards
from config import Settings
from gateways.braintree import BraintreeAdapter
from tests import builders
from tests.sandbox.browser import PORTAL, from_portal
from tests.sandbox.fixtures import account_at

FRAME = (Path(__file__).parents[1] / "frame" / "hosted-fields-frame.html").read_text("utf-8")
GOOD = {"number": "4111 1111 1111 1111", "expirationDate": "12/30", "cvv": "123", "postalCode": "60606"}


@pytest.fixture(scope="module")
def processor(tmp_path_factory):
    """A sandbox that hands out Braintree's own host names."""
    server = sandbox.start(tmp_path_factory.mktemp("hosted") / "s.sqlite", browser_hosts="braintree")
    yield server
    server.stop()


@pytest.fixture
def settings(database):
    """As with keys of Braintree's own trial; the gateway behind them is the sandbox."""
    keys = {f"braintree_{name}": "practice" for name in ("merchant_id", "public_key", "private_key")}
    return Settings(mode="test", database=database, public_url=PORTAL, braintree_environment="sandbox", **keys)


@pytest.fixture
def ana(practice):
    return builders.ana()


@pytest.fixture
def page(chromium, app, processor, ana, sign_in):
    """A signed-in client's phone. `page.blocked`: hosts that never answer; `page.refused`: what the policy stopped."""
    app.extensions["gateway"] = BraintreeAdapter(account_at(processor.port))
    portal, context = sign_in(ana.user), chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.blocked, page.refused, page.outside = [], [], []
    page.on("console", lambda line: "Content Security Policy" in line.text and page.refused.append(line.text))

    def answer(route):
        host = re.match(r"https?://([^/]+)", route.request.url).group(1)
        if host == "localhost":
            return from_portal(route, portal)
        page.outside.append(host)
        if host in page.blocked:
            return route.abort()
        if host == "assets.braintreegateway.com":
            return route.fulfill(body=FRAME, content_type="text/html")
        address = route.request.url.partition(host)[2]
        return route.fulfill(response=route.fetch(url=processor.url + address))

    context.route(re.compile("^https?://"), answer)
    yield page
    context.unroute_all(behavior="ignoreErrors")
    context.close()


def open_boxes(page):
    page.goto(f"{PORTAL}/cards/new")
    expect(page.locator("iframe")).to_have_count(4)
    expect(page.locator("[data-card-loading]")).to_be_hidden()


def type_card(page, **changes):
    for name, value in (GOOD | changes).items():
        page.frame(name=f"braintree-hosted-field-{name}").fill("#box", value)


def save(page):
    page.get_by_label("Save this card").check()
    page.get_by_role("button", name="Save").click()


def test_a_card_typed_into_the_boxes_is_kept(page, ana):
    open_boxes(page)
    type_card(page)
    save(page)

    expect(page.get_by_text("We saved your card.")).to_be_visible()
    assert [card.last4 for card in cards.cards(ana.user)] == ["1111"]


def test_a_card_the_bank_refuses_is_not_kept(page, ana):
    open_boxes(page)
    type_card(page, number="4000111111111115")
    save(page)

    expect(page.locator("h1")).to_be_visible()
    assert cards.cards(ana.user) == []


@pytest.mark.parametrize("typed", [{}, {"number": "4111"}, {"number": "4242424242424242"}])
def test_boxes_that_are_empty_or_wrong_say_so(page, typed):
    open_boxes(page)
    if typed:
        type_card(page, **typed)
    save(page)

    expect(page.get_by_text("Check the card boxes")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).not_to_have_attribute("aria-disabled", "true")


def test_boxes_that_stay_silent_are_explained_after_ten_seconds(page):
    page.clock.install()
    page.blocked.append("assets.braintreegateway.com")
    page.goto(f"{PORTAL}/cards/new")
    expect(page.locator("[data-card-loading]")).to_be_visible()
    page.clock.fast_forward(10_000)

    expect(page.locator("[data-card-blocked]")).to_be_visible()
    expect(page.locator("[data-card-loading]")).to_be_hidden()


def test_the_page_cannot_look_into_a_box(page):
    open_boxes(page)
    type_card(page)

    with pytest.raises(Exception, match=r"Blocked a frame|cross-origin"):
        page.evaluate("window.frames[0].document.body.innerHTML")
    assert "4111" not in page.content()


def test_the_policy_stops_the_usage_report_and_nothing_else(page):
    open_boxes(page)
    type_card(page)
    save(page)
    expect(page.get_by_text("We saved your card.")).to_be_visible()

    assert [line for line in page.refused if "www.paypal.com" not in line] == []
    assert set(page.outside) <= {
        "assets.braintreegateway.com", "api.sandbox.braintreegateway.com", "payments.sandbox.braintree-api.com",
    }  # fmt: skip


def test_a_label_leads_into_its_box(page):
    open_boxes(page)
    page.get_by_text("Security code", exact=True).click()

    box = page.frame(name="braintree-hosted-field-cvv").locator("#box")
    expect(box).to_be_focused()


def test_a_new_card_pays_at_checkout(page, ana):
    visit = builders.a_charge(ana, fee="150.00")
    page.goto(f"{PORTAL}/pay/checkout?way=one&charge={visit.key}")
    expect(page.locator("iframe")).to_have_count(4)
    expect(page.locator("[data-card-loading]")).to_be_hidden()
    type_card(page)
    page.get_by_role("button", name="Pay $150.00").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Payment received")
