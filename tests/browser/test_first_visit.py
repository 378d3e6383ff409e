"""The first visit on a phone, from the letter to a payment; the second one; and what is asked again before a change."""

import re

import pyotp
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


def headed(page, words):
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def test_from_the_letter_to_a_payment_with_a_passkey_and_back_with_one_tap(invite, browse, look, clock):  # noqa: F811
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
    headed(page, "How do you want to sign in?")
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
    found += look(page)
    assert second_step.ways(maria.user) == [Factor.PASSKEY, Factor.CODES]

    tap(page, "Make a payment")
    tap(page, "Pay all $150.00")
    pick_test_card(page, "Approved Visa")
    found += look(page)
    tap(page, "Pay $150.00", "button")
    arrived(page)
    found += look(page)

    go_on(page, "Sign out")
    headed(page, "Sign in to pay your bill")
    found += look(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    headed(page, "Balance due")
    clock.pass_(minutes=5)
    page.goto("/account/phone")
    headed(page, "Show us it is still you")
    found += look(page)
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_label("Mobile phone").fill("(312) 555-0177")
    found += look(page)
    go_on(page, "Save")
    headed(page, "Your account")
    assert maria.user.phone == "(312) 555-0177"
    assert found == []


def test_by_the_page_for_all_with_a_code_app_and_back_with_paper(invite, browse, look, clock):  # noqa: F811
    """In Spanish, on the smallest phone, in the dark."""
    maria, found = invite("es"), []
    page = browse(language="es", width=320)
    page.emulate_media(color_scheme="dark")

    for path in (maria.link, "/join/nobodys", "/start"):
        page.goto(path)
        found += look(page)
    page.get_by_label("Correo electrónico o celular").fill("312 555 0142")
    page.get_by_label("Sus iniciales").fill("md")
    page.get_by_label("Código de 6 números de su consultorio").fill(maria.invited.code)
    go_on(page, "Continuar")
    page.get_by_label("Código del correo").fill(maria.mailed_code())
    found += look(page)
    go_on(page, "Continuar")
    page.get_by_label("Cree una contraseña").fill("corta")
    go_on(page, "Continuar")
    expect(page.get_by_role("alert").first).to_contain_text("Use de 12 a 128 caracteres")
    found += look(page)
    page.get_by_label("Cree una contraseña").fill(CHOSEN)
    go_on(page, "Continuar")
    page.locator("summary").click()
    secret = page.locator(".key").inner_text().replace(" ", "")
    page.get_by_label("Escriba los 6 números que muestra la aplicación").fill(pyotp.TOTP(secret).at(clock()))
    found += look(page)
    go_on(page, "Continuar")
    go_on(page, "Mostrar mis códigos de respaldo")
    paper = page.locator(".backups li").last.inner_text()
    found += look(page)
    go_on(page, "Ya guardé mis códigos")
    go_on(page, "Terminar")
    found += look(page)
    page.get_by_label("Leí este aviso").check()
    go_on(page, "Terminar")
    headed(page, "Saldo por pagar")
    assert Link.get().user == User.get()

    go_on(page, "Cerrar sesión")
    page.get_by_label("Correo electrónico").fill("maria@example.com")
    page.get_by_label("Contraseña", exact=True).fill(CHOSEN)
    go_on(page, "Iniciar sesión")
    tap(page, "Usar un código de respaldo")
    page.get_by_label("Código de respaldo").fill(paper)
    found += look(page)
    go_on(page, "Continuar")
    expect(page.get_by_role("status")).to_contain_text("Códigos que le quedan: 9.")
    found += look(page)

    page.goto("/account/phone")
    page.get_by_label("Celular").fill("312 555 0177")
    clock.pass_(minutes=5)  # while she was typing
    go_on(page, "Guardar")
    headed(page, "Confirme que sigue siendo usted")
    page.get_by_label("Contraseña", exact=True).fill("no es esta")
    go_on(page, "Continuar")
    expect(page.get_by_role("alert").first).to_contain_text("Esa contraseña no es correcta.")
    found += look(page)
    page.get_by_label("Contraseña", exact=True).fill(CHOSEN)
    go_on(page, "Continuar")
    headed(page, "Su cuenta")
    found += look(page)
    assert maria.user.phone == "(312) 555-0177"
    assert found == []
