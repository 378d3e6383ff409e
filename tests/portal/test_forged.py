"""What a client's browser may ask that no page of ours would, or no longer."""

from choices import Right
from models import Link
from tests.builders import a_charge, an_attempt


def test_more_charges_than_anyone_ticks_pick_nothing(dana, reads):
    a_charge(dana)
    keys = "&".join(f"charge={number}" for number in range(2000))

    assert "Pick at least one visit to pay" in reads(dana).open(f"/pay/checkout?{keys}").problem


def test_a_declined_payment_is_still_shown_when_the_right_to_pay_is_gone(dana, reads):
    declined = an_attempt(dana, (a_charge(dana), "50.00"), state="declined", way="amount", decline_key="dec.funds")
    Link.update(rights=[str(Right.BALANCE)]).execute()

    page = reads(dana).open(f"/pay/{declined.key}")

    assert (page.status, page.h1) == (200, "Your payment did not go through")
