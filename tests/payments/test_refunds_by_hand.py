"""Money that goes back without the processor: cash, a check, another site, or an entry that was wrong."""

import pytest

from billing import refunds
from billing.errors import NotAllowed
from billing.refund_rules import ByHand
from billing.refund_words import NeedsNumber
from choices import Method
from models import Message
from tests import builders as the
from tests.payments.given_back import credits_of, sums, tasks


@pytest.fixture
def cash(practice):
    """$150.00 of cash for a visit, written down by staff."""
    return the.a_paid(the.a_charge(the.ana(), fee="150.00"), method="cash")


def test_cash_goes_back_as_cash_or_by_check_with_its_number(till, cash, back):
    first = back(cash, 50_00, by_hand=ByHand(Method.CASH))
    second = back(cash, 100_00, by_hand=ByHand(Method.CHECK, " 1042 "))

    assert [(row.state, row.order_id) for row in (first, second)] == [
        ("succeeded", f"H-{cash.key}-R1"), ("succeeded", f"H-{cash.key}-R2"),
    ]  # fmt: skip
    assert (second.entry.reference, second.entry.category, first.entry.category) == ("1042", "check", "cash")
    assert (sums("settlement"), sums("refund"), Message.select().count()) == ([150_00], [50_00, 100_00], 0)


def test_a_wrong_entry_is_undone_until_it_is_banked(cash, back):
    other = the.a_settled(the.a_charge(the.noor()))
    with pytest.raises(NotAllowed):
        back(other, by_hand=ByHand(Method.CHECK, mistake=True))

    assert back(cash, by_hand=ByHand(Method.CASH, mistake=True)).entry.kind == "void"


def test_by_hand_the_way_must_be_open_and_a_check_has_a_number(cash, settled, back):
    with pytest.raises(NotAllowed):
        back(cash, by_hand=ByHand(Method.EXTERNAL))
    with pytest.raises(NotAllowed):
        back(cash)
    with pytest.raises(NotAllowed):
        back(settled, by_hand=ByHand(Method.CHECK, "1042"))
    with pytest.raises(NeedsNumber):
        back(cash, by_hand=ByHand(Method.CHECK, " "))


def test_what_came_through_another_site_goes_back_there(back):
    payment = the.a_paid(the.a_charge(the.ana()), method="external", source="import", site="Square")

    assert back(payment, by_hand=ByHand(Method.EXTERNAL)).entry.category == "external"


def test_a_large_sum_by_hand_waits_for_the_second_person_too(till, back, mara, rosa):
    payments = [the.a_paid(the.a_charge(person, fee="900.00")) for person in (the.ana(), the.noor())]
    first = back(payments[0], 900_00, by_hand=ByHand(Method.CHECK, "7"))
    assert (first.state, sums("refund"), [row.payment.account for row in refunds.waiting()]) == (
        "created", [], [payments[0].account],
    )  # fmt: skip

    first = refunds.approve(first, mara, gateway=till.gateway, clock=till.clock)
    assert (first.state, sums("refund")) == ("succeeded", [900_00])

    mara.disabled_at = the.NOW
    mara.save()
    back(payments[1], 900_00, by_hand=ByHand(Method.CASH))
    till.clock.pass_(hours=24)
    assert (refunds.send_due(till.gateway, till.clock), sums("refund")) == (1, [900_00, 900_00])


def test_when_the_bank_refuses_a_check_takes_its_place(till, back, settle, rosa):
    ana = the.ana()
    the.the_practice(refund_limit=5000_00)
    attempt = till.one(ana.user, the.a_charge(ana, fee="4000.00"))
    settle(attempt)

    refused = back(attempt, 2004_00)
    assert (refused.state, sums("refund"), tasks()) == ("declined", [], ["task.send_check"])
    assert refused.staff_text == "2004 Expired Card"

    check = back(attempt, 2004_00, by_hand=ByHand(Method.CHECK, "1042"))

    assert (check.state, sums("refund"), tasks()) == ("succeeded", [2004_00], [])
    assert credits_of(till, attempt) == []


def test_what_the_processor_itself_refuses_may_be_asked_of_it_again(till, settled, back):
    """No bank was asked: somebody gave a part back at the processor's own screen, and the rest still goes that way."""
    till.gateway.refund(settled.transaction_id, "by-hand", settled.key, 40_00)

    assert (back(settled, 150_00).state, tasks()) == ("declined", ["task.back_refused"])
    with pytest.raises(NotAllowed):
        back(settled, 110_00, by_hand=ByHand(Method.CHECK, "1042"))
    assert (back(settled, 110_00).state, credits_of(till, settled)) == ("succeeded", [40_00, 110_00])
