"""The first visit on a phone: from the letter to the bill, and with a passkey on to a payment."""

import re

import pytest
from playwright.sync_api import expect

from identity import second_step
from identity.second_step import Factor
from models import Link, Message, User
from tests import builders as the
from tests.browser.test_passkeys import browse, here  # noqa: F401
from tests.browser.test_paying import arrived, pick_test_card, tap
from tests.identity.newcomer import CHOSEN, Newcomer, an_invite


@pytest.fixture
def invite(practice, app):
    """`invite("es")`: María, who owes $150.00."""

    def invite(language="en"):
        account = the.an_account("María Delgado-Demo", the.a_client("María Delgado-Demo"))
        the.a_charge(account)
        rosa = the.a_staff_member(email="rosa@example.com")
        return Newcomer(app.test_client(), an_invite(account, rosa, language=language))

    return invite


@pytest.fixture
def look(axe):
    """What is wrong with the page that is shown."""

    def look(page):
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth") * ["scrolls sideways"]
        return [*axe(page), *wide, *page.wrong]

    return look


def go_on(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def test_from_the_letter_to_a_payment_with_a_passkey(invite, browse, look):  # noqa: F811
    maria, found = invite(), []
    page = browse()

    page.goto(Message.get(Message.kind == "mail.invite").values["join_url"])
    found += look(page)
    page.get_by_label(re.compile("^Your email, your initials")).fill("0142")
    page.get_by_label("6-digit code from your practice").fill(maria.invited.code)
    go_on(page, "Continue")
    page.get_by_label("Code from the email").fill(maria.mailed_code())
    found += look(page)
    go_on(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("How do you want to sign in?")
    found += look(page)
    page.get_by_role("button", name="Use a passkey").click()
    go_on(page, "Show my backup codes")
    expect(page.locator(".backups li")).to_have_count(10)
    found += look(page)
    go_on(page, "I saved my codes")
    page.get_by_label("I read this notice").check()
    found += look(page)
    go_on(page, "Finish")
    expect(page.get_by_role("status")).to_contain_text("You are ready. Here is your bill.")
    assert second_step.ways(maria.user) == [Factor.PASSKEY, Factor.CODES]

    tap(page, "Make a payment")
    tap(page, "Pay all $150.00")
    pick_test_card(page, "Approved Visa")
    tap(page, "Pay $150.00", "button")
    arrived(page)
    assert found == []


def test_in_spanish_with_a_password_and_a_code_app_on_a_small_dark_phone(invite, browse, look):  # noqa: F811
    maria, found = invite("es"), []
    page = browse(language="es", width=320)
    page.emulate_media(color_scheme="dark")

    for path in ("/start", "/join/nobodys", maria.link):
        page.goto(path)
        found += look(page)
    page.get_by_label(re.compile("^Su correo, sus iniciales")).fill("MD")
    page.get_by_label("Código de 6 números de su consultorio").fill(maria.invited.code)
    go_on(page, "Continuar")
    page.get_by_label("Código del correo").fill(maria.mailed_code())
    go_on(page, "Continuar")
    page.get_by_label("Cree una contraseña").fill("corta")
    go_on(page, "Continuar")
    expect(page.get_by_role("alert").first).to_contain_text("Use de 12 a 128 caracteres")
    found += look(page)
    page.get_by_label("Cree una contraseña").fill(CHOSEN)
    go_on(page, "Continuar")
    page.get_by_label("Escriba los 6 números que muestra la aplicación").fill(maria.app_code())
    found += look(page)
    go_on(page, "Continuar")
    go_on(page, "Mostrar mis códigos de respaldo")
    go_on(page, "Ya guardé mis códigos")
    go_on(page, "Terminar")
    found += look(page)
    page.get_by_label("Leí este aviso").check()
    go_on(page, "Terminar")

    expect(page.get_by_role("heading", level=1)).to_have_text("Saldo por pagar")
    assert found == []
    assert Link.get().user == User.get()
