"""The first page after sign-in and the inbox, on a phone: quiet, whole, and put away without losing one's place."""

from datetime import timedelta

from billing import inbox
from choices import StaffRole
from tests import builders as the
from tests.browser.test_pages import NARROWEST, light_and_dark, widest
from tests.builders import NOW


def test_news_are_put_away_in_place_and_without_scripts_too(phone, axe, practice):
    ana, owner = the.ana(), the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER, language="es")
    the.a_paid(the.a_charge(ana), "100.00")
    for hours, kind in enumerate(("notice.payment", "notice.superbill", "notice.late")):
        inbox.put(kind, NOW - timedelta(hours=hours), account=ana.account, amount=100_00)
    page = phone(owner, width=NARROWEST)

    page.goto("/practice/")
    found = light_and_dark(page, axe)
    assert widest(page) <= NARROWEST
    page.get_by_role("link", name="Todas las novedades").click()
    page.wait_for_url("**/practice/inbox/")
    found += light_and_dark(page, axe)
    page.get_by_role("button", name="Marcar como leído").first.click()
    page.get_by_text("Sin leer: 2").wait_for()
    assert page.evaluate("document.activeElement.textContent") == "Sin leer: 2"
    assert "2" in page.locator(".open .count").inner_text()
    assert widest(page) <= NARROWEST
    page.locator(".open").click()
    page.locator("summary", has_text="Consultorio").click()
    found += axe(page)
    assert page.get_by_role("link", name="Equipo").is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Marcar todo").click()
    page.get_by_text("Usted ya leyó todo.").wait_for()
    assert not page.locator(".open .count").is_visible()
    assert (page.wrong, found) == ([], [])

    inbox.put("notice.payment", NOW, account=ana.account)
    plain = phone(owner, script=False)
    plain.goto("/practice/inbox/")
    plain.get_by_role("button", name="Marcar como leído").click()
    plain.get_by_text("Usted ya leyó todo.").wait_for()
