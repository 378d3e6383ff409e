"""Every client page, light and dark, in both languages: no accessibility finding, no sideways scroll, no strangers."""

import gzip
import re
from urllib.parse import urlsplit

import pytest

from billing.ledger import charge_figures
from choices import AttemptState, HoldKind, LinkRole
from models import Hold, Payment, SavedCard
from tests.builders import (
    NOW,
    TODAY,
    a_charge,
    a_client,
    a_fee,
    a_link,
    a_paid,
    a_payment,
    a_provider,
    a_saved_card,
    an_account,
    an_attempt,
    an_insured_charge,
    ana,
    the_practice,
)

NARROWEST = 320
LANGUAGES = ("es", pytest.param("en", marks=pytest.mark.slow))  # Spanish words are longer
CONTRAST = "axe.run({runOnly: ['color-contrast'], resultTypes: ['violations']}).then(found => found.violations)"
CARD_BOXES = ("declined", "add a card")
LIGHT = 14_000  # bytes of HTML and CSS, compressed
ALL_OF_IT = 40_000


@pytest.fixture
def dana(practice):
    """Someone with a bit of everything: two accounts, credit, holds, insurance, attempts in every state, cards."""
    person = ana()
    provider = a_provider()
    a_charge(person, "2026-10-19", "185.00", provider=provider)
    a_charge(person, "2026-11-02", "150.00", provider=provider, label="Family visit without the client, by video")
    a_fee(person)
    an_insured_charge(person)
    held = a_charge(person, "2026-09-01", "40.00")
    Hold.create(kind=HoldKind.REVIEW, account=person.account, charge=held, began_at=NOW)
    a_paid(a_charge(person, "2026-08-01", "75.00"), on="2026-08-02")
    a_payment(person, "30.00")
    other = an_account("Joint", a_client("Bartholomew Whitaker-Demo"))
    a_link(person.user, other, role=LinkRole.PARTNER)
    a_charge(other, fee="1234.50")
    a_saved_card(person.user)
    a_saved_card(person.user, main=False, last4="0004", exp_year=2025, healthcare=True)
    return person


def attempts(person):
    """One attempt in each state that has a page, by name."""
    ends = {
        "sending": {"state": AttemptState.SENT, "sent_at": NOW, "created_at": NOW},
        "unsure": {"state": AttemptState.UNKNOWN, "sent_at": NOW, "searched_at": NOW},
        "declined": {"state": AttemptState.DECLINED, "decline_key": "dec.funds"},
        "closed": {"state": AttemptState.CLOSED, "decline_key": "dec.closed"},
    }
    charge = a_charge(person, "2026-07-01", "500.00")
    return {name: an_attempt(person, (charge, "20.00"), **facts).key for name, facts in ends.items()}


def addresses(person):
    """What a client can open, with what each page needs in its address."""
    charge = next(row.charge for row in charge_figures([person.account]) if row.payable)
    account, card = person.account.key, SavedCard.get().key
    tried = attempts(person)
    return {
        "home": "/",
        "choose": "/pay",
        "nothing picked": "/pay/checkout?way=many",
        "one": f"/pay/checkout?way=one&charge={charge.key}",
        "many": f"/pay/checkout?way=many&all=1&account={account}",
        "amount": f"/pay/checkout?way=amount&account={account}",
        "declined": f"/pay/checkout?after={tried['declined']}&card=new",
        "sending": f"/pay/{tried['sending']}",
        "unsure": f"/pay/{tried['unsure']}",
        "closed": f"/pay/{tried['closed']}",
        "history": "/history",
        "payment": f"/history/{Payment.get().key}",
        "documents": "/documents",
        "superbill": "/documents/superbill",
        "cards": "/cards",
        "add a card": "/cards/new",
        "remove a card": f"/cards/{card}/remove",
        "account": "/account",
        "not found": "/no-such-page",
    }


def widest(page) -> int:
    return page.evaluate("document.documentElement.scrollWidth")


def speak(person, language):
    person.user.language = language
    person.user.save()


def light_and_dark(page, axe):
    """Colors are all that differ in the dark; the checker is on the page already."""
    page.emulate_media(color_scheme="light")
    found = axe(page)
    page.emulate_media(color_scheme="dark")
    return found + [f"{page.url} in the dark: {each['nodes']}" for each in page.evaluate(CONTRAST)]


def look(page, path, axe, found):
    """Everything that is wrong with one page goes to `found`."""
    page.goto(path)
    found += light_and_dark(page, axe)
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    if widest(page) > NARROWEST:
        found.append(f"{path}: {widest(page)} px wide at {NARROWEST}")
    page.set_viewport_size({"width": 390, "height": 844})


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_finding_or_scrolls_sideways_or_asks_strangers(phone, dana, axe, language, site, sandbox_server):
    speak(dana, language)
    page, found, ours = phone(dana), [], urlsplit(site).netloc
    for name, path in addresses(dana).items():
        page.hosts.clear()
        look(page, path, axe, found)
        asked = {ours, f"127.0.0.1:{sandbox_server.port}"} if name in CARD_BOXES else {ours}
        assert page.hosts == asked, name

    assert found == []
    assert page.wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_layouts_have_no_finding_either(phone, dana, axe, language):
    speak(dana, language)
    the_practice(checkout_layout="two_page")
    page, found = phone(dana, width=1280), []
    paths = addresses(dana)
    for name in ("home", "choose", "one", "amount", "history", "cards", "account", "documents"):
        page.goto(paths[name])
        found += light_and_dark(page, axe)
    page.goto(paths["one"])
    page.locator("#pay button.btn").click()
    page.wait_for_selector("#go")
    found += light_and_dark(page, axe)
    the_practice(checkout_layout="one_page", per_line_amounts=True)
    look(page, paths["many"], axe, found)
    the_practice(payments_on=False, payments_off_message="We are moving house.")
    look(page, "/", axe, found)
    look(page, "/pay", axe, found)

    assert found == []


def test_a_new_card_asks_only_its_processor(phone, dana, site, sandbox_server):
    page = phone(dana)
    page.goto(addresses(dana)["one"])
    assert page.hosts == {urlsplit(site).netloc}

    page.get_by_label("Use a new card", exact=True).check()
    page.frame_locator("iframe").get_by_text("Approved Visa").wait_for()

    assert page.hosts == {urlsplit(site).netloc, f"127.0.0.1:{sandbox_server.port}"}


def test_the_balance_page_is_light(dana, sign_in):
    browser = sign_in(dana.user)

    def weight(path):
        with browser.get(path, headers={"Accept-Encoding": "br, gzip"}) as answer:
            return len(answer.data) if answer.headers.get("Content-Encoding") else len(gzip.compress(answer.data))

    html = browser.get("/").text
    parts = re.findall(r'<(?:link|script|img)[^>]+(?:href|src)="(/[^"]+)"', html)
    styles = [part for part in parts if ".css" in part]

    assert weight("/") + sum(map(weight, styles)) <= LIGHT
    assert weight("/") + sum(map(weight, parts)) <= ALL_OF_IT


def test_the_sticky_bar_never_hides_what_has_the_focus(phone, dana):
    for day in range(1, 29):
        a_charge(dana, f"2026-06-{day:02d}", "5.00")
    page = phone(dana, height=640)
    page.goto("/pay")

    for _ in range(40):
        page.keyboard.press("Tab")
        hidden = page.evaluate(
            """() => {
                const at = document.activeElement.getBoundingClientRect();
                if (!document.activeElement.closest("table")) return "";
                const top = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
                return top && top.closest(".paybar, .tabs") ? document.activeElement.outerHTML : "";
            }"""
        )
        assert hidden == ""


def test_today_is_the_day_of_the_practice(dana, sign_in):
    assert f"As of Nov {TODAY.day}, 2026" in sign_in(dana.user).get("/").text
