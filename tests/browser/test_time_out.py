"""Nobody is at the phone any more: asked two minutes before, kept in as often as they like, and then out for good."""

import re
from datetime import timedelta
from time import sleep

import pytest
from playwright.sync_api import expect

from models import SignIn
from tests.builders import a_charge, ana, the_practice, tomas

KEPT = """async () => ({
    shelves: [...Object.entries(localStorage), ...Object.entries(sessionStorage)],
    databases: (await indexedDB.databases()).length,
    caches: window.caches ? (await caches.keys()).length : 0,
})"""
OUT = re.compile(r"/sign-in\?next=")
WARNED = {
    "en": ("You will be signed out in 2 minutes", "Stay signed in", "You were signed out. We did not take any payment"),
    "es": ("Cerraremos su sesión en 2 minutos", "Seguir conectado", "Se cerró su sesión. No cobramos nada"),
}


@pytest.fixture
def opened(phone, clock):
    """`opened(dana, "/")`: a page whose own time stands still; `page.wait(60)` passes it, and the server's."""

    def opened(person, path, **about):
        a_charge(person, fee="185.00")
        page = phone(person, **about)
        page.clock.install()
        page.goto("/account")
        page.goto(path)

        def wait(seconds):
            clock.pass_(seconds=seconds)
            page.clock.fast_forward(seconds * 1000)

        page.wait = wait
        return page

    return opened


@pytest.mark.parametrize(
    ("who", "path", "about"),
    [(ana, "/", {}), (tomas, "/pay", {"width": 320, "dark": True})],
    ids=["on a phone", "in Spanish on a small dark phone"],
)
def test_whoever_left_is_asked_and_kept_in_and_then_signed_out(practice, opened, axe, clock, who, path, about):
    dana = who()
    page = opened(dana, path, **about)
    asks, stay, told = WARNED[dana.user.language]
    question, button = page.locator("#idle"), page.get_by_role("button", name=stay)

    page.wait(12 * 60 + 55)
    expect(question).to_be_hidden()
    page.wait(10)
    expect(question).to_contain_text(asks)
    expect(button).to_be_focused()
    assert axe(page) == []
    for _ in range(11):
        with page.expect_response("**/stay") as answer:
            button.click()
        assert answer.value.ok and SignIn.get().seen_at == clock()
        expect(question).to_be_hidden()
        page.wait(13 * 60 + 5)
        expect(question).to_be_visible()

    page.wait(2 * 60)
    page.wait_for_url(OUT)
    expect(page.get_by_role("status")).to_contain_text(told)
    assert axe(page) == []
    page.go_back()
    page.wait_for_url(OUT)
    assert page.evaluate(KEPT) == {"shelves": [], "databases": 0, "caches": 0}
    for personal in (dana.user.name, dana.user.email, "185.00"):
        assert personal not in page.content()
    assert page.wrong == []


@pytest.mark.parametrize("layout", ["one_page", "two_page"])
def test_what_was_typed_is_there_again_after_signing_in(practice, opened, sign_in, site, layout):
    the_practice(checkout_layout=layout)
    dana = ana()
    page = opened(dana, "/pay")
    page.get_by_role("link", name="Pay this one").click()
    page.get_by_label("Amount to pay").fill("45")
    page.get_by_label("Note for your therapist").fill("For October")
    page.wait(15 * 60 + 3)
    page.wait_for_url(OUT)
    assert "45" not in page.url.removeprefix(site) and "October" not in page.content()

    again = sign_in(dana.user).get_cookie("session")
    page.context.add_cookies([{"name": "session", "value": again.value, "url": site}])
    page.goto("/pay/checkout?kept=1")

    expect(page.get_by_label("Amount to pay")).to_have_value("45")
    expect(page.get_by_label("Note for your therapist")).to_have_value("For October")
    expect(page.get_by_role("status").first).to_contain_text("We kept what you typed.")
    assert page.wrong == []


def test_on_a_slow_network_what_was_typed_is_there_before_it_is_asked_for(practice, opened):
    """Another page keeps this person signed in meanwhile, so nobody has to type a password first."""
    page = opened(ana(), "/pay")
    page.get_by_role("link", name="Pay this one").click()
    page.get_by_label("Amount to pay").fill("45")
    page.route("**/pay/keep", lambda route: (sleep(0.3), route.continue_()))

    page.clock.fast_forward((15 * 60 + 3) * 1000)
    page.wait_for_url("**/pay/checkout?kept=1")
    expect(page.get_by_label("Amount to pay")).to_have_value("45")
    assert page.wrong == []


def test_after_twelve_hours_staying_is_not_offered_again(practice, opened, clock):
    page = opened(ana(), "/")
    SignIn.update(began_at=clock() - timedelta(hours=11, minutes=50)).execute()
    page.reload()

    page.wait(8 * 60 + 1)
    expect(page.locator("#idle")).to_be_visible()
    with page.expect_response("**/stay"):
        page.get_by_role("button", name="Stay signed in").click()
    page.wait(60)
    expect(page.locator("#idle")).to_be_hidden()
    page.wait(65)

    page.wait_for_url(OUT)
    expect(page.get_by_role("status")).to_contain_text("You were signed out.")


def test_a_phone_that_slept_through_the_end_shows_nothing_when_it_wakes(practice, opened, clock):
    page = opened(ana(), "/history")
    clock.pass_(minutes=16)
    page.evaluate("const now = Date.now(); Date.now = () => now + 16 * 60 * 1000")  # and not one timer went off

    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    page.wait_for_url(OUT)
    assert page.wrong == []
