"""The checklist's ticks and the test payment, by page."""

from dataclasses import replace
from uuid import uuid4

import pytest

from billing import settings as kept
from gateways import registry
from models import TestPayment as Dollar
from models import Tick
from tests import builders as the
from tests.practice.conftest import plain
from tests.sandbox.fixtures import faults, sandbox_server  # noqa: F401

CHECKS, TEST = "/practice/payments/", "/practice/payments/test/"


@pytest.fixture
def live(app, settings):
    """The portal as one that takes real money; nobody answers at its processor."""
    app.extensions["settings"] = replace(settings, braintree_environment="production")
    return app


@pytest.fixture
def card(app, settings, sandbox_server):  # noqa: F811
    """`card("visa")`: what the processor's boxes give the page for this test card."""
    here = replace(settings, gateway_port=sandbox_server.port)
    app.extensions.update(settings=here, gateway=registry.build(here))
    return sandbox_server.pick


@pytest.fixture
def page_key():
    """A page's own: the processor remembers those of other tests."""
    return uuid4().hex


def test_a_tick_is_put_with_its_day_and_name_and_taken_back(live, owner):
    owner.submit(f"{CHECKS}ticks/bank", {"on": "2026-11-05"})
    page = plain(owner.get(CHECKS).text)
    assert "Nov 5, 2026, Mara Ellison-Demo" in page

    owner.submit(f"{CHECKS}ticks/bank", {"undo": "1"})
    assert Tick.select().count() == 0


@pytest.mark.parametrize(("on", "sentence"), [
    ("", "Fill in this field"), ("soon", "Fill in this field"),
    ("2026-11-21", "Enter a day that is not in the future"),
])  # fmt: skip
def test_a_wrong_day_is_told_at_its_box(live, owner, on, sentence):
    answer = owner.submit(f"{CHECKS}ticks/saq", {"on": on})
    assert (answer.status_code, f'<a href="#on-saq">{sentence}</a>' in answer.text) == (422, True)
    assert 'id="on-saq"' in answer.text


def test_an_auditor_reads_ticks_and_puts_none(live, browser, owner):
    owner.submit(f"{CHECKS}ticks/scan", {"on": "2026-01-05"})
    page = browser("auditor").get(CHECKS).text
    assert "Out of date" in page
    assert "/ticks/" not in page.replace('action="/practice/payments/ticks/scan"', "")
    assert "Undo" not in page


def test_the_texts_are_named_with_their_versions(live, owner):
    assert "Privacy notice, version 2026-11." in owner.get(CHECKS).text
    kept.change_practice({"refund_policy": "Within 30 days."}, the.stamp())
    page = owner.get(CHECKS).text
    assert "Refund policy of Nov 20, 2026. Privacy notice, version 2026-11." in page


def test_the_owner_takes_a_dollar_and_reads_that_it_went_back(owner, card, page_key):
    page = owner.get(TEST).text
    assert 'data-mode="loopback"' in page and "moves play money" in page and "/static/app.js" not in page

    form = {"nonce": card("visa"), "form_key": page_key}
    assert [owner.submit(TEST, form).status_code for _ in range(2)] == [303, 303]

    assert "It works: $1.00 was taken and canceled" in owner.get(TEST).text
    assert Dollar.select().count() == 1


def test_what_was_declined_or_not_typed_is_said(owner, card, page_key):
    answer = owner.submit(TEST, {"nonce": "", "form_key": page_key})
    assert answer.status_code == 422 and "error" in answer.text

    owner.submit(TEST, {"nonce": card("funds"), "form_key": page_key})
    page = plain(owner.get(TEST).text)
    assert "The card was declined. Nothing was taken." in page and "2001 Insufficient Funds" in page


def test_what_nobody_answered_for_is_not_called_failed_and_looked_for(owner, card, page_key, faults):  # noqa: F811
    faults("POST .*/transactions$", "apply_then_drop")
    faults("POST .*/advanced_search_ids$", "status", status=503, times=2)
    owner.submit(TEST, {"nonce": card("visa"), "form_key": page_key})
    page = owner.get(TEST).text
    assert "We do not know yet whether the $1.00 was taken." in page and "Take $1.00" not in page

    busy = owner.submit(TEST, {"nonce": "another", "form_key": uuid4().hex})
    assert "It works" in owner.get(TEST).text
    assert busy.status_code == 422


def test_the_boxes_get_their_token_and_say_when_there_is_none(owner, card, faults):  # noqa: F811
    assert len(owner.get(f"{TEST}token").text) > 100
    faults("POST .*/client_token$", "status", status=503)
    assert owner.get(f"{TEST}token").status_code == 503


def test_a_sale_that_is_still_out_says_so(owner, card, page_key, faults):  # noqa: F811
    faults("PUT .*/void$", "drop", times=3)
    owner.submit(TEST, {"nonce": card("visa"), "form_key": page_key})
    assert "is not given back yet" in owner.get(TEST).text
