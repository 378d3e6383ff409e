"""A service between two visits: by keyboard alone, and nothing has to be looked up."""

from billing.ledger import charge_figure
from choices import StaffRole
from models import Charge, Fee
from tests import builders as the


def test_a_service_is_entered_by_keyboard_alone(phone, axe, practice):
    ana = the.ana()
    the.ben()
    for key, amount in (("FIRST", 225_00), ("TALK30", 110_00), ("TALK45", 150_00)):
        Fee.create(fee_key=key, label="Talk therapy", code="H0004", amount=amount)
    page = phone(the.a_staff_member("Mara Ellison-Demo", StaffRole.OWNER), width=1280)
    page.goto("/practice/services/")
    pressed = 0

    def press(*keys):
        nonlocal pressed
        for key in keys:
            page.keyboard.press(key)
            pressed += 1

    press(*"ana", "Tab", *"talk4", "Tab", "Enter")
    page.get_by_role("status").filter(has_text="Saved").wait_for()
    assert pressed == 11
    press(*"talk3", "Tab", "Enter")  # the day and the client are still there
    page.get_by_text("$110.00", exact=True).wait_for()

    assert pressed == 18
    charges = list(Charge.select().order_by(Charge.id))
    assert [(row.client, charge_figure(row).open) for row in charges] == [(ana.client, 150_00), (ana.client, 110_00)]
    press("Tab", "Shift+Tab", *"talk4")
    page.get_by_text("Fee schedule: $150.00").wait_for()
    assert page.get_by_label("Amount").input_value() == "150.00"
    page.locator(".act summary").first.click()
    assert (page.wrong, axe(page)) == ([], [])
