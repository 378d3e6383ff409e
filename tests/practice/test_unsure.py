"""What nobody answered for: listed after a while, and ended early only by a person with a reason."""

from datetime import timedelta

import pytest

from billing import outcomes, unsure
from billing.ledger import charge_figure
from choices import AttemptState
from models import Attempt, AuditEntry, Message, MoneyBack, Task
from tests import builders as the
from tests.practice.conftest import plain

LIST, CLOSE = "/practice/tasks/", "/practice/tasks/unsure"


@pytest.fixture
def ana(practice):
    return the.ana()


@pytest.fixture
def lost(ana, clock):
    """A payment sent an hour ago, of which nothing was heard."""
    sent = clock() - timedelta(hours=1)
    line = (the.a_charge(ana), "150.00")
    return the.an_attempt(ana, line, state="unknown", sent_at=sent, searched_at=clock() - timedelta(minutes=5))


@pytest.fixture
def refund(ana, staff, clock):
    """Money back sent an hour ago, of which nothing was heard."""
    sale = the.an_attempt(ana, (the.a_charge(ana), "80.00"), state="succeeded", transaction_id="sale")
    the.a_payment(ana, "80.00", source="portal", attempt=sale)
    return MoneyBack.create(
        form_key="form", order_id=f"{sale.order_id}-R1", request_key="key", attempt=sale, kind="refund", amount=80_00,
        reason="Paid twice", state="unknown", asked_by=staff["owner"], created_at=clock(),
        sent_at=clock() - timedelta(hours=1),
    )  # fmt: skip


def test_what_is_long_unsure_is_listed_oldest_first_and_a_fresh_one_is_not(browser, lost, refund, ana, clock):
    the.an_attempt(ana, (the.a_charge(ana), "9.00"), state="unknown", sent_at=clock() - timedelta(minutes=14))
    the.an_attempt(ana, (the.a_charge(ana), "8.00"), state="sent", sent_at=clock() - timedelta(hours=1))
    Attempt.update(sent_at=clock() - timedelta(hours=2)).where(Attempt.id == lost.id).execute()

    page = plain(browser("biller").get(LIST).text)

    assert [row.row.order_id for row in unsure.long_unsure(clock())] == [lost.order_id, refund.order_id]
    assert "Payment of $150.00" in page
    assert lost.order_id in page
    assert "Refund of $80.00" in page
    assert "$9.00" not in page
    assert "Nothing needs a decision." not in page


def test_a_closed_payment_frees_its_visits_and_tells_the_client(browser, lost, staff):
    [line] = lost.lines
    assert charge_figure(line.charge).payable == 0

    answer = browser("biller").submit(CLOSE, {"key": lost.key, "reason": "Not in the control panel"})

    assert answer.status_code == 303
    lost = Attempt.get_by_id(lost.id)
    assert (lost.state, lost.decline_key, lost.staff_text) == ("closed", "dec.closed", "Not in the control panel")
    assert charge_figure(line.charge).payable == 150_00
    assert Message.get().kind == "mail.unknown"
    noted = AuditEntry.get(AuditEntry.what == "unsure.close")
    assert (noted.by, noted.subject) == (f"staff:{staff['biller'].id}", f"attempt:{lost.id}")


def test_a_closed_refund_posts_nothing_and_leaves_a_task(browser, refund):
    browser("owner").submit(CLOSE, {"key": refund.key, "reason": "It is not there"})

    refund = MoneyBack.get_by_id(refund.id)
    assert (refund.state, refund.entry, refund.staff_text) == (AttemptState.CLOSED, None, "It is not there")
    assert Task.get().kind == "task.back_refused"


@pytest.mark.parametrize(
    ("reason", "told"), [(" ", "Write a reason"), ("Card 4111 1111 1111 1111 there", "card number")]
)
def test_without_a_good_reason_nothing_is_closed_and_what_was_typed_stays(browser, lost, reason, told):
    answer = browser("biller").submit(CLOSE, {"key": lost.key, "reason": reason})

    assert answer.status_code == 422
    assert told in plain(answer.text)
    assert f'id="reason-{lost.key}"' in answer.text
    assert "<details open>" in answer.text
    assert Attempt.get_by_id(lost.id).state == "unknown"


def test_what_found_its_end_meanwhile_stays_as_it_is(browser, lost):
    outcomes.record_failure(lost, AttemptState.DECLINED, "dec.generic", the.NOW)

    answer = browser("biller").submit(CLOSE, {"key": lost.key, "reason": "Not there"})

    assert answer.status_code == 422
    assert "This is not open any more." in plain(answer.text)
    assert Attempt.get_by_id(lost.id).state == "declined"
    assert AuditEntry.get_or_none(AuditEntry.what == "unsure.close") is None


def test_an_auditor_sees_it_and_cannot_close_it(browser, lost):
    auditor = browser("auditor")

    assert lost.order_id in auditor.get(LIST).text
    assert "I looked at the processor myself" not in auditor.get(LIST).text
    assert auditor.submit(CLOSE, {"key": lost.key, "reason": "x"}).status_code == 404
    assert browser("owner").submit(CLOSE, {"key": "nobody", "reason": "x"}).status_code == 404
