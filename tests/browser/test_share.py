"""The share kit in a browser: one press copies a text, and without a script it can be copied by hand."""

from choices import StaffRole
from tests import builders as the


def test_a_press_copies_and_says_so(phone, axe, practice):
    page = phone(the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/practice/share/")

    page.get_by_role("button", name="Copy: Note for paper bills, Español").click()
    page.get_by_role("status").filter(has_text="Copied").wait_for()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Ahorre una estampilla.") and copied == page.locator("#billnote-es").input_value()
    assert page.locator(".handout img").evaluate("picture => picture.naturalWidth") > 400
    assert (page.wrong, axe(page)) == ([], [])


def test_papers_made_by_hand_are_accessible(phone, axe, practice):
    ana = the.ana()
    the.a_charge(ana)
    page = phone(the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER), width=1280)

    found = []
    for path in ("papers/", f"papers/accounts/{ana.account.key}"):
        page.goto(f"/practice/{path}")
        found += axe(page)
    page.get_by_role("link", name="October 2026").click()
    page.get_by_role("button", name="Make this statement").click()
    page.get_by_text("Statement STM-2026-000001 was made.").wait_for()

    assert (page.wrong, found + axe(page)) == ([], [])
