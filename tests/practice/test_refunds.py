"""Giving money back on the practice's screens: shown first, asked once, agreed by a second person, watched."""

import re

import pytest

from billing import ledger, moneyback, timeline
from billing.refund_outcomes import record_credit
from billing.refund_rules import sale_of
from choices import PostingMode
from gateways import Standing
from gateways.braintree.connection import connect
from models import Account, AuditEntry, MoneyBack, Payment, Practice, Task
from tests import builders as the
from tests.payments.conftest import till  # noqa: F401
from tests.payments.given_back import REFUND, credits_of
from tests.payments.test_refunds_once import a_credit
from tests.practice.conftest import plain
from tests.sandbox.fixtures import account_at, faults, gateway, sandbox_server  # noqa: F401

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def paid(app, till):  # noqa: F811
    """`paid("150.00")`: a visit of Ana's paid by card, settled at the processor unless said otherwise."""
    app.extensions["gateway"] = till.gateway
    testing = connect(account_at(till.server.port)).testing

    def paid(fee="150.00", settled=True):
        ana = the.ana()
        attempt = till.one(ana.user, the.a_charge(ana, fee=fee))
        if settled:
            testing.settle_transaction(attempt.transaction_id)
        return attempt

    return paid


def url(attempt, end="refund"):
    payment = Payment.get_or_none(attempt=attempt)
    return f"/practice/transactions/{(payment or attempt).key}/{end}".rstrip("/")


def confirmed(browser, attempt, **data):
    """Fill the first page, then press the button of the second."""
    page = browser.submit(url(attempt), {"whole": "full", "reason": "Visit cut short", **data})
    assert page.status_code == 200, plain(page.text)
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    hidden.pop("csrf_token")
    return page, browser.submit(url(attempt), hidden), hidden


def test_a_part_goes_back_after_the_page_said_what_the_client_will_owe(browser, paid, till):  # noqa: F811
    attempt, rosa = paid(), browser("biller")
    first = plain(rosa.get(url(attempt)).text)
    assert "You can give back up to $150.00" in first
    assert "To Visa ending in 1111" in first

    page, answer, hidden = confirmed(rosa, attempt, whole="part", amount="$50")
    assert "After this, the client owes $50.00." in plain(page.text)
    assert "$50.00 of this is owed again: Talk therapy, 45 min, Oct 5, 2026" in plain(page.text)
    again = rosa.submit(url(attempt), hidden)

    assert answer.status_code == again.status_code == 303
    assert answer.location == again.location
    assert credits_of(till, attempt) == [50_00]
    assert "Given back" in plain(rosa.get(answer.location).text)
    assert "What it pays" in plain(rosa.get(url(attempt, "")).text)


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(browser, paid):
    attempt, rosa = paid(), browser("biller")

    for data, sentence in (
        ({"whole": "part", "amount": "151", "reason": "Visit cut short"}, "You can give back up to $150.00"),
        ({"whole": "part", "amount": "x", "reason": "Visit cut short"}, "Enter how much goes back"),
        ({"whole": "part", "reason": "Visit cut short"}, "Enter how much goes back"),
        ({"whole": "full", "amount": "20", "reason": "Visit cut short"}, "Choose “A part” to give back this amount"),
        ({"whole": "full", "reason": " "}, "Write a reason"),
        ({"whole": "full", "reason": "4111 1111 1111 1111"}, "Take the card number out of this text"),
        ({"whole": "full", "reason": "x" * 201}, "Use 200 letters or fewer"),
    ):
        answer = rosa.submit(url(attempt), data)
        assert (answer.status_code, sentence in plain(answer.text)) == (422, True), data
    assert MoneyBack.select().count() == 0


def test_a_balance_that_moved_is_shown_once_more(browser, paid):
    attempt, rosa = paid(), browser("biller")
    data = {"whole": "part", "amount": "50", "reason": "Visit cut short", "shown": "0.00", "form_key": "one"}

    page = rosa.submit(url(attempt), data)

    assert "What the client owes changed while you looked" in plain(page.text)
    assert MoneyBack.select().count() == 0


def test_what_has_not_settled_is_voided(browser, paid):
    attempt, rosa = paid(settled=False), browser("biller")
    page = rosa.get(url(attempt)).text
    assert "This payment is not settled. Void it instead." in page
    assert 'name="amount"' not in page
    assert "Void $150.00" in plain(page) and "Continue" not in page

    page, answer, _ = confirmed(rosa, attempt)

    assert "Void $150.00" in plain(page.text)
    assert page.text.count("btn danger") == 1
    assert "Voided" in plain(rosa.get(answer.location).text)


def test_a_waiting_payment_is_given_back_from_its_own_page(browser, paid):
    the.the_practice(posting_mode=PostingMode.MANUAL)
    attempt, rosa = paid(), browser("biller")
    waits = plain(rosa.get(url(attempt, "")).text)
    assert "To post" in waits
    assert "What it will pay" in waits

    confirmed(rosa, attempt)

    moved = rosa.get(f"/practice/transactions/{attempt.key}")
    assert (moved.status_code, moved.location) == (303, url(attempt, ""))


def test_nothing_is_offered_while_the_bank_has_the_money_or_nothing_is_left(browser, paid):
    attempt, rosa = paid(), browser("biller")
    payment = Payment.get()
    the.postings.settle(payment, the.stamp())
    dispute = moneyback.charge_back(payment, the.stamp(), reason="fraud")

    page = plain(rosa.get(url(attempt)).text)
    assert "The bank already took this money back. A refund would pay twice." in page
    assert rosa.submit(url(attempt), {"whole": "full"}).status_code == 422

    moneyback.win_chargeback(dispute, the.stamp())
    confirmed(rosa, attempt)
    assert "All of this payment went back already." in plain(rosa.get(url(attempt)).text)
    assert "Give money back" not in plain(rosa.get(url(attempt, "")).text)


def test_above_the_limit_another_person_agrees(browser, paid, till):  # noqa: F811
    attempt, rosa, mara = paid("900.00"), browser("biller"), browser("owner")
    page, answer, _ = confirmed(rosa, attempt)
    assert "Ask to give $900.00 back" in plain(page.text)
    waits = rosa.get(answer.location)
    assert "A second person must agree before it goes out." in plain(waits.text)
    assert "Agree and give" not in waits.text
    assert "Reference at the processor" not in waits.text
    assert rosa.submit(f"{answer.location}/approve").status_code == 422

    assert "To decide: 1" in plain(mara.get("/practice/transactions/").text)
    listed = mara.get("/practice/tasks/").text
    assert answer.location in listed
    assert "Asked for by Rosa Quill-Demo" in plain(listed)
    assert "Agree and give $900.00 back" in mara.get(answer.location).text
    assert mara.submit(f"{answer.location}/approve").location == answer.location

    assert credits_of(till, attempt) == [900_00]
    assert "Agreed by Mara Ellison-Demo" in plain(rosa.get(answer.location).text)
    assert "Nothing needs a decision." in plain(mara.get("/practice/tasks/").text)


def test_alone_the_page_says_when_it_goes_out_and_it_can_be_canceled(browser, staff, paid):
    for role in ("biller", "auditor", "therapist"):
        staff[role].disabled_at = the.NOW
        staff[role].save()
    attempt, mara = paid("900.00"), browser("owner")
    *_, answer, _ = confirmed(mara, attempt)
    assert "so it goes out on Nov 21, 2026, 12:00" in plain(mara.get(answer.location).text)

    mara.submit(f"{answer.location}/cancel")

    assert "Canceled" in plain(mara.get(answer.location).text)
    assert "Money back canceled" in plain(mara.get(url(attempt, "")).text)
    assert [row.what for row in AuditEntry.select().where(AuditEntry.what.startswith("refund"))] == [
        "refund.ask",
        "refund.cancel",
    ]


def test_an_answer_that_is_out_is_asked_for_again_until_it_is_there(browser, paid, till, clock, faults):  # noqa: F811
    attempt, rosa = paid(), browser("biller")
    faults(REFUND, "drop")
    *_, answer, _ = confirmed(rosa, attempt)
    page = rosa.get(answer.location).text
    for elsewhere, said in (("refund", "going back already"), ("", "Sent to the processor – not sure yet")):
        shown = rosa.get(url(attempt, elsewhere)).text
        assert said in plain(shown) and f'href="{answer.location}"' in shown
    assert f'data-hx-get="{answer.location}"' in page
    assert '<meta http-equiv="refresh" content="5">' in page

    row = MoneyBack.get()
    till.gateway.refund(attempt.transaction_id, row.order_id, row.request_key, row.amount)
    clock.pass_(seconds=5)
    part = rosa.get(answer.location, headers=FRAGMENT).text

    assert part.lstrip().startswith("<section")
    assert "Given back" in plain(part)
    assert "data-hx-get" not in part


def test_when_the_bank_refuses_the_page_leads_to_a_check(browser, paid, till):  # noqa: F811
    the.the_practice(refund_limit=5000_00)
    attempt, rosa = paid("4000.00"), browser("biller")

    *_, answer, _ = confirmed(rosa, attempt, whole="part", amount="2004.00")
    page = rosa.get(answer.location).text
    assert "The processor refused. No money went back and nothing was posted." in plain(page)
    assert "Give it back by check" in page
    assert "Reference at the processor" in page
    task = rosa.get("/practice/tasks/").text
    assert '<dd>$2,004.00 <span class="soft" lang="en">' in task
    assert rosa.submit(url(attempt), {"whole": "full", "reason": "r", "way": "check"}).status_code == 422

    page, answer, _ = confirmed(rosa, attempt, whole="part", amount="2004.00", way="check", number="1042")

    assert "By check 1042" in plain(page.text)
    assert "By check 1042" in plain(rosa.get(answer.location).text)
    assert ledger.payment_figure(Payment.get()).refunded == 2004_00


def test_a_refund_the_bank_sent_back_is_closed_with_a_check(browser, paid, till):  # noqa: F811
    attempt, rosa = paid(), browser("biller")
    *_, answer, _ = confirmed(rosa, attempt)
    row = MoneyBack.get()
    record_credit(a_credit(attempt, id=row.transaction_id, standing=Standing.REVERSED, status="failed"), till.clock())
    assert "Sent back by the bank" in plain(rosa.get(answer.location).text)
    assert "Money back sent back by the bank" in plain(rosa.get(url(attempt, "")).text)
    refused = rosa.submit(f"{answer.location}/check", {"number": "1" * 21})
    assert refused.status_code == 422 and 'href="#number"' in refused.text and "1" * 21 in refused.text

    for number in ("1042", "1043"):
        rosa.submit(f"{answer.location}/check", {"number": number})

    assert "By check 1042" in plain(rosa.get(answer.location).text)
    assert Task.select().where(Task.done_at.is_null()).count() == 0


def test_cash_goes_back_by_hand_and_a_wrong_entry_is_undone(browser):
    cash, wrong = (the.a_paid(the.a_charge(the.ana()), method="cash") for _ in range(2))
    rosa = browser("biller")

    for payment, data, said in (
        (cash, {"way": "cash"}, "Record $150.00 as given back"),
        (wrong, {"way": "mistake"}, "Void $150.00"),
    ):
        page = rosa.submit(f"/practice/transactions/{payment.key}/refund", {"whole": "full", "reason": "r", **data})
        assert said in plain(page.text)
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        back = rosa.submit(f"/practice/transactions/{payment.key}/refund", hidden).location
        assert rosa.get(back).status_code == 200

    assert [row.entry.kind for row in MoneyBack.select().order_by(MoneyBack.id)] == ["refund", "void"]


def test_the_page_of_a_payment_tells_what_happened_to_whoever_may_see_it(browser, paid, provider):
    attempt = paid()
    confirmed(browser("biller"), attempt, whole="part", amount="50")

    page = plain(browser("auditor").get(url(attempt, "")).text)

    for words in ("Asked for", "Taken", "Posted", "Settled", "Refunded", "Money back asked for", "RCT-2026-000001"):
        assert words in page, words
    assert "Rosa Quill-Demo: Visit cut short" in page
    who = {step.what: step.by for step in timeline.detail(sale_of(Payment.get())).steps}
    assert (who["settlement"], who["refund"]) == ("", "Rosa Quill-Demo")
    assert browser("therapist").get(url(attempt, "")).status_code == 404
    client = ledger.allocations_newest_first(Payment.get())[0][0].client
    client.provider = provider
    client.save()
    assert browser("therapist").get(url(attempt, "")).status_code == 200


def test_an_attempt_that_took_no_money_has_no_page(browser):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="declined")

    assert browser("owner").get(f"/practice/transactions/{attempt.key}").status_code == 404


def test_a_page_of_cash_and_of_a_chargeback_names_who_did_it(browser, staff):
    payment = the.a_settled(the.a_charge(the.ana()), method="check", check_number="17")
    moneyback.charge_back(payment, the.stamp(by="system"), reason="fraud")
    page = plain(browser("owner").get(f"/practice/transactions/{payment.key}").text)

    assert "Check 17" in page
    assert "Taken back by the client’s bank" in page


def test_the_limit_is_a_setting_that_is_logged(browser):
    mara = browser("owner")
    assert "$500.00" in plain(mara.get("/practice/settings/").text)
    assert mara.submit("/practice/settings/refunds", {"refund_limit": ""}).status_code == 422

    mara.submit("/practice/settings/refunds", {"refund_limit": "$250"})

    assert Practice.the().refund_limit == 250_00
    assert AuditEntry.get(AuditEntry.what == "practice.refund_limit").detail == "50000 -> 25000"


def test_credit_leads_to_the_payment_that_holds_it(browser, paid):
    attempt, rosa = paid(), browser("biller")
    payment = Payment.get()
    charge = ledger.allocations_newest_first(payment)[0][0]
    the.postings.release(payment, charge, 60_00, "adjustment", the.stamp())
    the.charges.adjust(charge, 60_00, "courtesy", "Kindness", the.stamp())

    link = re.search(r'href="(/practice/transactions/[^"]+amount=6000)"', rosa.get("/practice/credits/").text)[1]
    assert 'value="60.00"' in rosa.get(link).text
    the.the_practice(refund_limit=0)
    page, waits, _ = confirmed(rosa, attempt, whole="part", amount="60")
    listed = rosa.get("/practice/credits/").text
    assert "Waits for a second person" in plain(listed) and waits.location in listed and "/refund?amount" not in listed
    browser("owner").submit(f"{waits.location}/approve")

    assert "$60.00 comes out of the client’s credit." in plain(page.text)
    assert ledger.account_figure(Account.get()).credit == 0
