"""The second step by hand: set up with an app, sign in with a code and with paper, and prove it again."""

import re
from datetime import timedelta

import pytest

from demo.codes import code_now
from models import SignIn, Totp, User
from tests.builders import a_staff_member, ana
from tests.visitor import HASH, PASSWORD, equipped

NARROWEST = 320


def press(page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def give_password(page, email: str, words: tuple[str, str, str]) -> None:
    page.get_by_label(words[0], exact=True).fill(email)
    page.get_by_label(words[1], exact=True).fill(PASSWORD)
    press(page, words[2])


@pytest.mark.parametrize("script", [True, False], ids=["with scripts", "without"])
def test_a_client_sets_up_an_app_and_signs_in_with_it_and_with_paper(practice, phone, axe, clock, script):
    user = ana().user
    User.update(password_hash=HASH, language="es").execute()
    page = phone(width=NARROWEST, script=script)
    sound = (lambda: axe(page)) if script else list
    page.goto("/sign-in?language=es")
    words = ("Correo electrónico", "Contraseña", "Iniciar sesión")
    give_password(page, user.email, words)
    press(page, "Usar una aplicación de códigos")
    assert sound() == []
    assert page.get_by_role("img", name="Imagen para su aplicación de códigos").is_visible()

    page.get_by_label("Escriba los 6 números que muestra la aplicación").fill(code_now(user, clock()))
    press(page, "Continuar")
    assert sound() == []
    paper = page.locator(".backups li").first.inner_text()
    press(page, "Ya guardé mis códigos")
    assert page.get_by_role("heading", level=1).inner_text() == "Saldo por pagar"

    press(page, "Cerrar sesión")
    give_password(page, user.email, words)
    clock.pass_(minutes=1)
    code = code_now(user, clock())
    page.get_by_label("Código de 6 números").fill(f"{code[:3]} {code[3:]}")
    assert sound() == []
    press(page, "Continuar")
    press(page, "Cerrar sesión")
    give_password(page, user.email, words)
    page.get_by_role("link", name="Usar un código de respaldo").click()
    page.get_by_label("Código de respaldo").fill(paper)
    assert sound() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    press(page, "Continuar")
    assert "Códigos que le quedan: 9." in page.locator("main").inner_text()
    assert page.wrong == []


def test_staff_proves_it_again_without_losing_what_was_typed(practice, phone, axe, clock):
    mara = equipped(a_staff_member("Mara Ellison-Demo", "owner", password_hash=HASH))
    page = phone(mara, width=1280)
    page.goto("/practice/settings/refunds")
    limit = page.locator("input[name=refund_limit]")
    limit.fill("321.00")
    SignIn.update(stepped_up_at=clock() - timedelta(minutes=5)).execute()  # while she was typing
    page.locator("main form button[type=submit]").first.click()

    page.get_by_role("heading", name="Show us it is still you").wait_for()
    assert axe(page) == []
    press(page, "Use my code app")
    Totp.update(last_step=0).execute()
    page.get_by_label("6-digit code").fill(code_now(mara, clock()))
    press(page, "Continue")
    assert re.search(r"/practice/settings/?$", page.url)
    practice = type(practice).the()
    assert practice.refund_limit == 321_00
    assert page.wrong == []
