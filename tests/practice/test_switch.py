"""Turning payments on and off, by rule and by page."""

import re
from dataclasses import replace

import pytest

import sandbox
from billing.checklist import Processor, ProcessorFacts
from billing.errors import ReasonMissing
from billing.formats import FieldsRefused
from billing.switch import NotReady, turn_off, turn_on
from gateways import registry
from models import AuditEntry, ForgedWebhooks, Practice, User
from tests import builders as the
from tests.practice.conftest import plain
from tests.practice.test_checklist import BUILT_IN, COMPLETE
from tests.visitor import HASH


@pytest.fixture
def ready(practice):
    the.ana()
    User.update(password_hash=HASH).execute()
    the.a_notification()
    return the.the_practice(**COMPLETE, payments_on=False)


def log():
    rows = AuditEntry.select().where(AuditEntry.what.startswith("payments")).order_by(AuditEntry.id)
    return [(row.by, row.what, row.detail, row.ip) for row in rows]


def test_on_and_off_are_written_down(ready):
    turn_on(BUILT_IN, the.stamp(by="staff:7"), "10.0.0.1")
    assert Practice.the().payments_on

    turn_off(" Holiday ", "Back on Monday.", the.stamp(by="staff:8"))
    found = Practice.the()
    assert (found.payments_on, found.payments_off_reason) == (False, "Holiday")
    assert found.payments_off_message == "Back on Monday."
    assert log() == [("staff:7", "payments.on", "", "10.0.0.1"), ("staff:8", "payments.off", "", "")]


def test_turning_on_forgets_why_it_was_off(ready):
    the.the_practice(payments_off_reason="Holiday", payments_off_message="Back on Monday.")
    turn_on(BUILT_IN, the.stamp())
    assert (Practice.the().payments_off_reason, Practice.the().payments_off_message) == ("", "")


def test_doing_it_twice_is_doing_it_once(ready):
    turn_on(BUILT_IN, the.stamp())
    turn_on(BUILT_IN, the.stamp())
    turn_off("Holiday", "", the.stamp())
    turn_off("Another reason", "", the.stamp())
    assert (len(log()), Practice.the().payments_off_reason) == (2, "Holiday")


def test_it_stays_off_while_something_required_is_not_done(ready):
    the.the_practice(show_balance=False, city="")
    with pytest.raises(NotReady) as refused:
        turn_on(ProcessorFacts(Processor.LIVE, answers=False), the.stamp())
    keys = [row.key for row in refused.value.rows]
    by_hand = ["bank", "test", "receipts", "practice", "policy"]
    assert keys == [f"pr.check.{key}" for key in ("balance", "processor", *by_hand)]
    assert (Practice.the().payments_on, log()) == (False, [])


@pytest.mark.parametrize(
    ("reason", "message", "error"),
    [
        ("  ", "Hello", ReasonMissing), ("x" * 301, "", FieldsRefused), ("Holiday", "x" * 301, FieldsRefused),
        ("Card 4111 1111 1111 1111", "", FieldsRefused), ("Holiday", "Call 4111-1111-1111-1111", FieldsRefused),
    ],
)  # fmt: skip
def test_turning_off_takes_a_reason_and_texts_that_are_short_and_hold_no_card(practice, reason, message, error):
    with pytest.raises(error):
        turn_off(reason, message, the.stamp())
    assert (Practice.the().payments_on, log()) == (True, [])


def test_a_card_number_for_clients_to_read_is_told_at_its_field(owner):
    typed = {"reason": "Holiday", "message": "Use 4111 1111 1111 1111"}
    answer = owner.submit("/practice/payments/off", typed)
    assert answer.status_code == 422
    sentence = "Message to your clients (optional): Take the card number out of this text"
    assert f'<a href="#message">{sentence}</a>' in answer.text
    assert Practice.the().payments_on


def test_the_page_turns_payments_off_with_a_reason(owner):
    answer = owner.submit("/practice/payments/off", {"reason": "Holiday", "message": "Back on Monday."})
    assert answer.status_code == 303

    page = plain(owner.get("/practice/payments/").text)
    assert "Payments are off" in page
    assert "Reason for staff: Holiday" in page
    assert log()[0][1:3] == ("payments.off", "")


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_refused_reason_keeps_what_was_typed(owner, reason):
    answer = owner.submit("/practice/payments/off", {"reason": reason, "message": "<b>Back</b> on Monday."})
    assert answer.status_code == 422
    assert "&lt;b&gt;Back&lt;/b&gt; on Monday." in answer.text
    assert 'href="#reason"' in answer.text
    assert Practice.the().payments_on


def test_the_button_is_disabled_and_says_why(owner):
    the.the_practice(payments_on=False)
    page = owner.get("/practice/payments/").text
    assert "At least one client can sign in" in plain(page).split("Before you can turn payments on:")[1]
    button = re.search(r'<button[^>]* id="switch"[^>]*>', page)[0]
    assert " disabled" in button
    assert 'aria-describedby="why"' in button


def test_pressing_the_button_anyway_is_refused_with_the_rows(owner):
    the.the_practice(payments_on=False)
    answer = owner.submit("/practice/payments/on")
    assert answer.status_code == 422
    assert "Payments stay off until every required row is done" in answer.text
    assert not Practice.the().payments_on


def test_silence_and_forgeries_stand_on_the_page(owner, clock):
    ForgedWebhooks.create(day=clock().date(), count=4)

    page = plain(owner.get("/practice/payments/").text)

    assert "No signed news came in the last 24 hours." in page
    assert "4 messages came since yesterday that the processor had not signed." in page


def test_the_page_turns_payments_on_when_all_is_done(owner, ready):
    assert "Everything required is done." in owner.get("/practice/payments/").text
    assert owner.submit("/practice/payments/on").status_code == 303
    assert Practice.the().payments_on
    assert "Payments are on. Clients can pay now." in owner.get("/practice/payments/").text


def test_a_go_live_day_to_come_is_named(owner):
    the.the_practice(go_live_on=the.day("2026-12-01"))
    assert "Clients can pay from Dec 1, 2026 on" in owner.get("/practice/payments/").text


def test_each_row_says_its_state_in_a_word_and_leads_to_its_fix(owner):
    the.the_practice(show_balance=False)
    page = owner.get("/practice/payments/").text
    row = next(part for part in page.split("<li") if "Show balance is on" in part and "To do" in part)
    assert "<svg" in row
    assert 'href="/practice/settings/#checkout"' in row
    assert "Required" in row


def test_the_go_live_row_says_what_it_checks(owner):
    page = owner.get("/practice/payments/").text
    row = next(part for part in page.split("<li") if "Go-live date is set" in part)
    assert "It is set in Settings, under “How clients pay”." in row
    assert 'href="/practice/settings/#checkout"' in row


def test_the_menu_calls_the_switch_as_its_page_does_and_apart_from_the_list_of_payments(owner):
    page = owner.get("/practice/payments/").text
    menu = plain(page.split("<nav")[1].split("</nav>")[0])
    assert "<h1>Client payments</h1>" in page
    assert menu.count("Client payments") == 1 and menu.count("Transactions") == 1


def test_an_auditor_reads_the_checklist_and_no_button(browser):
    page = browser("auditor").get("/practice/payments/").text
    assert "Checklist" in page
    assert "Turn payments off" not in page


def test_a_processor_that_does_not_answer_is_a_problem(app, settings, owner):
    # The built-in sandbox does not run in this test, so whoever asks it hears nothing.
    app.extensions["settings"] = replace(settings, braintree_environment="production")
    page = plain(owner.get("/practice/payments/").text)
    assert "The processor does not take our keys or does not answer." in page
    assert "The processor’s own receipt emails are off" in page


def test_a_processor_on_trial_says_that_no_real_money_moves(app, settings, owner, tmp_path):
    running = sandbox.start(tmp_path / "sandbox.sqlite")
    trial = replace(settings, gateway_port=running.port)
    app.extensions.update(gateway=registry.build(trial), settings=replace(trial, braintree_environment="sandbox"))
    page = owner.get("/practice/payments/").text
    running.stop()
    assert "The processor answers in trial mode. No real money moves." in page
