"""The real card boxes of Braintree's library, on the real pages, in Chromium.

The library's hosts are answered here: the boxes by our own page, their calls by the sandbox.
"""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, expect

import sandbox
from billing import cards
from config import Settings
from gateways.braintree import BraintreeAdapter
from models import Attempt, Payment
from tests import builders
from tests.sandbox.browser import PORTAL, from_portal
from tests.sandbox.fixtures import account_at
from views import scripts

FRAME = (Path(__file__).parents[1] / "frame" / "hosted-fields-frame.html").read_text("utf-8")
CHECKOUT, ADD = "/pay/checkout", "/cards/new"
GOOD = {"number": "4111 1111 1111 1111", "expirationDate": "12/30", "cvv": "123", "postalCode": "60606"}
REFUSED = "4000111111111115"
FRAMES = "assets.braintreegateway.com"
CALLS = ("api.sandbox.braintreegateway.com", "payments.sandbox.braintree-api.com")
NAMES = ["Card number", "Expiry date", "Security code", "ZIP code"]
WRONG = [
    "Enter the whole number on your card",
    "Enter the month and year on your card, like 12/30",
    "Enter the 3 or 4 numbers of the security code",
    "Enter the ZIP code of the card’s bill",
]
REPORT = (
    """addEventListener("securitypolicyviolation", (event) => refused(event.effectiveDirective, event.blockedURI))"""
)


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
    """A signed-in client's phone.

    `page.blocked`: hosts that never answer. `page.reports`: what the policy stopped, as (directive, address).
    `page.outside`: hosts that were asked. `page.scripts`: our scripts that were loaded.
    """
    app.extensions["gateway"] = BraintreeAdapter(account_at(processor.port))
    portal, context = sign_in(ana.user), chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.blocked, page.reports, page.outside, page.scripts = [], [], [], []
    page.expose_function("refused", lambda directive, address: page.reports.append((directive, address)))
    page.add_init_script(REPORT)

    def answer(route):
        host, address = re.match(r"https?://([^/]+)(.*)", route.request.url).groups()
        if host == "localhost":
            if route.request.resource_type == "script":
                page.scripts.append(address.partition("?")[0])
            return from_portal(route, portal)
        page.outside.append(host)
        if host in page.blocked:
            return route.abort()
        if host == FRAMES:
            return route.fulfill(body=FRAME, content_type="text/html")
        return route.fulfill(response=route.fetch(url=processor.url + address))

    context.route(re.compile("^https?://"), answer)
    yield page
    context.unroute_all(behavior="ignoreErrors")
    context.close()


@pytest.fixture
def visit(ana):
    return builders.a_charge(ana, fee="150.00")


@pytest.fixture(params=[CHECKOUT, ADD])
def form(request, visit):
    """The pages with card boxes: (address, words on the button, what the page that follows says)."""
    if request.param == ADD:
        return ADD, "Save", "We saved your card."
    return f"{CHECKOUT}?way=one&charge={visit.key}", "Pay $150.00", "Payment received"


def open_boxes(page, address=ADD):
    page.goto(PORTAL + address)
    expect(page.locator("[data-card-area]")).to_have_attribute("data-state", "ready")


def box(page, name):
    """What a screen reader finds under this name, in the frame of the same name."""
    return page.frame_locator(f'iframe[title="{name}"]').get_by_role("textbox", name=name, exact=True)


def type_card(page, **changes):
    for name, text in zip(NAMES, (GOOD | changes).values(), strict=True):
        box(page, name).fill(text)


def send(page, button):
    if button == "Save":
        page.get_by_label("Save this card").check()
    page.get_by_role("button", name=button).click()


def test_a_card_typed_into_the_boxes_is_taken_and_the_policy_stops_only_the_usage_report(page, ana, form):
    address, button, sentence = form
    open_boxes(page, address)
    assert sorted(page.scripts) == sorted(
        f"/{script.file}" for script in scripts.inventory() if script.pages not in ("plain", "passkey")
    )
    type_card(page)
    send(page, button)

    expect(page.get_by_text(sentence)).to_be_visible()
    assert {host for _, host in page.reports if "www.paypal.com" not in host} == set()
    assert {directive for directive, _ in page.reports} == {"connect-src"}
    assert set(page.outside) <= {FRAMES, *CALLS}
    if button == "Save":
        assert [card.last4 for card in cards.cards(ana.user)] == ["1111"]
    else:
        assert [(payment.amount, payment.card_last4) for payment in Payment.select()] == [(150_00, "1111")]


def test_a_card_the_bank_refuses_is_not_kept(page, ana):
    open_boxes(page)
    type_card(page, number=REFUSED)
    send(page, "Save")

    expect(page.locator("#problem")).to_be_visible()
    assert cards.cards(ana.user) == []


def test_a_declined_payment_comes_back_with_fresh_boxes_and_pays_at_the_second_try(page, ana):
    visit = builders.a_charge(ana, fee="2001.00")  # an amount the sandbox declines for lack of funds
    open_boxes(page, f"{CHECKOUT}?way=one&charge={visit.key}")
    type_card(page)

    send(page, "Pay $2,001.00")

    expect(page.get_by_text("there is not enough money on this card")).to_be_visible()
    assert Payment.select().count() == 0
    expect(page.locator("[data-card-area]")).to_have_attribute("data-state", "ready")
    expect(box(page, "Card number")).to_have_value("")
    page.get_by_label("Amount to pay").fill("20")
    type_card(page)
    send(page, "Pay $20.00")
    expect(page.get_by_text("Payment received")).to_be_visible()


SLOW = pytest.mark.slow  # the same on the other of the two pages
EMPTY = dict.fromkeys(GOOD, "")
FAULTS = [
    (ADD, EMPTY, WRONG),
    pytest.param(CHECKOUT, EMPTY, WRONG, marks=SLOW),
    pytest.param(ADD, {"number": "4242 4242 4242 4241", "cvv": "1"}, [WRONG[0], WRONG[2]], marks=SLOW),
    (CHECKOUT, {"expirationDate": "13/30", "postalCode": ""}, [WRONG[1], WRONG[3]]),
]


@pytest.mark.parametrize(("form", "typed", "wrong"), FAULTS, indirect=["form"])
def test_each_box_that_is_empty_or_wrong_says_so_itself(page, form, typed, wrong):
    address, button, _ = form
    open_boxes(page, address)
    type_card(page, **typed)
    send(page, button)

    expect(page.get_by_role("alert")).to_have_text("Check the card boxes")
    for name, sentence in zip(NAMES, WRONG, strict=True):
        expect(page.get_by_text(sentence)).to_be_visible(visible=sentence in wrong)
        expect(box(page, name)).to_have_accessible_description(sentence if sentence in wrong else "")
        if sentence in wrong:
            expect(box(page, name)).to_have_attribute("aria-invalid", "true")
    expect(box(page, NAMES[WRONG.index(wrong[0])])).to_be_focused()
    expect(page.get_by_role("button", name=button)).not_to_have_attribute("aria-disabled", "true")
    assert Attempt.select().count() == 0


def test_a_card_the_processor_cannot_read_blames_no_box(page):
    open_boxes(page)
    type_card(page, number="4242 4242 4242 4242")
    send(page, "Save")

    expect(page.get_by_role("alert")).to_have_text("Check the card boxes")
    for sentence in WRONG:
        expect(page.get_by_text(sentence)).to_be_hidden()
    assert Axe().run(page).response["violations"] == []


def test_a_box_put_right_is_blamed_no_more_and_the_card_is_taken(page):
    open_boxes(page)
    type_card(page, cvv="1")
    send(page, "Save")
    expect(page.get_by_text(WRONG[2])).to_be_visible()

    box(page, "Security code").fill("123")

    expect(page.get_by_text(WRONG[2])).to_be_hidden()
    expect(box(page, "Security code")).to_have_accessible_description("")
    expect(box(page, "Security code")).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("We saved your card.")).to_be_visible()


@pytest.mark.parametrize("form", [ADD, pytest.param(CHECKOUT, marks=SLOW)], indirect=True)
def test_boxes_that_stay_silent_are_explained_after_ten_seconds(page, form):
    page.clock.install()
    page.blocked.append(FRAMES)
    page.goto(PORTAL + form[0])
    expect(page.locator("[data-card-area]")).to_have_attribute("data-state", "waiting")
    page.clock.fast_forward(9_000)
    expect(page.locator("[data-card-blocked]")).to_be_hidden()
    page.clock.fast_forward(1_000)

    expect(page.get_by_text("The card boxes did not load. Turn off your ad blocker for this page")).to_be_visible()
    expect(page.locator("[data-card-loading]")).to_be_hidden()


@pytest.mark.parametrize("form", [CHECKOUT], indirect=True)
def test_a_card_that_cannot_be_sent_is_explained_and_nothing_is_charged(page, form):
    open_boxes(page, form[0])
    type_card(page)
    page.blocked += CALLS
    send(page, form[1])

    expect(page.locator("[data-card-blocked]")).to_be_visible()
    expect(page.get_by_role("button", name=form[1])).not_to_have_attribute("aria-disabled", "true")
    assert Attempt.select().count() == 0


def test_the_page_cannot_look_into_a_box(page):
    open_boxes(page)
    type_card(page)

    for reach in ("document.body.innerHTML", "box.value", "store"):
        with pytest.raises(Error, match=r"Blocked a frame|cross-origin"):
            page.evaluate(f"window.frames[0].{reach}")
    assert "4111" not in page.content()


def test_a_label_leads_into_its_box_which_shows_the_focus(page):
    open_boxes(page)
    page.get_by_text("Security code", exact=True).click()

    expect(box(page, "Security code")).to_be_focused()
    expect(page.locator("#card-cvv")).to_have_css("outline-style", "solid")
    expect(page.locator("#card-number")).to_have_css("outline-style", "none")


@pytest.mark.parametrize("form", [pytest.param(ADD, marks=SLOW), CHECKOUT], indirect=True)
def test_the_keyboard_goes_through_the_boxes_in_the_order_they_are_read(page, form):
    open_boxes(page, form[0])
    page.get_by_text(NAMES[0], exact=True).click()

    for name in NAMES:
        expect(box(page, name)).to_be_focused()
        page.keyboard.press("Tab")
    expect(page.get_by_label("Save this card")).to_be_focused()


def test_the_boxes_are_named_in_the_language_of_the_page(page, ana):
    ana.user.language = "es"
    ana.user.save()
    open_boxes(page)

    for name in ("Número de tarjeta", "Fecha de vencimiento", "Código de seguridad", "Código postal"):
        expect(box(page, name)).to_be_visible()


def test_a_saved_card_needs_no_box_and_asks_nobody_outside(page, ana, visit):
    builders.a_saved_card(ana.user)
    page.goto(f"{PORTAL}{CHECKOUT}?way=one&charge={visit.key}")
    expect(page.get_by_role("button", name="Pay $150.00")).to_be_visible()

    assert (page.outside, page.scripts) == ([], ["/static/idle.js", "/static/pay.js"])
    page.get_by_label("Use a new card").check()
    expect(page.locator("[data-card-area]")).to_have_attribute("data-state", "ready")
    page.get_by_label("Visa ending in 1111").check()
    expect(page.locator("iframe")).to_have_count(0)
