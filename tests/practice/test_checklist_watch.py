"""What breaks after payments went on: one bad look is none, staff are told once, three breaks turn payments off."""

from dataclasses import replace
from datetime import timedelta

import pytest

from billing.checklist import Processor, ProcessorFacts
from billing.checklist_watch import look
from billing.stamp import Stamp
from billing.switch import closed
from jobs import watch_checklist
from models import Account, AuditEntry, BrokenCheck, Notice, Practice, User
from tests import builders as the
from tests.practice.conftest import plain
from tests.practice.test_checklist import COMPLETE, EVERYTHING, LIVE, PAGE, a_dollar, vouch
from tests.visitor import HASH

SILENT, DEAF, PLAIN = replace(LIVE, answers=False), replace(LIVE, heard=False), replace(LIVE, https=False)


@pytest.fixture
def on(practice, provider):
    """A practice that takes real money, with everything done."""
    the.ana()
    User.update(password_hash=HASH).execute()
    a_dollar()
    vouch(*EVERYTHING)
    return the.the_practice(**COMPLETE, refund_policy="Within 30 days.")


def looks(facts, clock, count, **time):
    """So many looks, so far apart, the first one now."""
    for _ in range(count):
        look(facts, Stamp.of("system", clock(), the.ZONE))
        clock.pass_(**time or {"minutes": 15})


def told():
    return [row.kind for row in Notice.select().order_by(Notice.id)]


def test_while_all_is_well_nothing_happens(on, clock):
    looks(LIVE, clock, 3)
    assert (told(), BrokenCheck.select().count(), Practice.the().payments_on) == ([], 0, True)


@pytest.mark.parametrize(("facts", "row", "still_on", "every"), [
    (SILENT, "pr.check.processor", 4, {"minutes": 15}),
    (DEAF, "pr.check.webhook", 3, {"hours": 1}),
    (PLAIN, "pr.safe.https", 1, {"minutes": 15}),
])  # fmt: skip
def test_three_breaks_turn_payments_off_once_they_last(on, clock, facts, row, still_on, every):
    looks(facts, clock, still_on, **every)
    if facts is DEAF:
        BrokenCheck.update(since=clock() - timedelta(days=5, hours=23)).execute()
        looks(facts, clock, 1, **every)
    assert Practice.the().payments_on

    looks(facts, clock, 3, **every)

    assert (Practice.the().payments_on, Practice.the().payments_off_reason) == (False, f"system:{row}")
    assert closed(Practice.the(), None, clock()) == "home.off"
    assert told() == ([] if row == "pr.safe.https" else ["notice.check"]) + ["notice.payments_off"]
    off = AuditEntry.get(what="payments.off")
    assert (off.by, off.detail, BrokenCheck.select().count()) == ("system", row, 0)


def test_looks_that_differ_turn_nothing_off(on, clock):
    for _ in range(6):
        looks(SILENT, clock, 2)
        looks(LIVE, clock, 1)
    assert Practice.the().payments_on
    assert set(told()) == {"notice.check"}


def test_clients_read_it_where_they_would_pay_and_no_longer_than_it_lasts(on, clock, sign_in):
    the.a_charge(Account.get())

    def told():
        return "We cannot reach the card company right now." in sign_in(User.get()).get("/pay").text

    looks(SILENT, clock, 1)
    assert not told()
    looks(SILENT, clock, 1)
    assert told()
    clock.pass_(minutes=45, seconds=1)
    assert not told()
    looks(SILENT, clock, 2)
    looks(LIVE, clock, 1)
    assert not told()


def test_a_server_that_slept_counts_anew(on, clock):
    looks(SILENT, clock, 2)
    clock.pass_(hours=9)
    looks(SILENT, clock, 4)
    assert Practice.the().payments_on


def test_a_weekend_without_news_is_no_news(on, clock):
    looks(DEAF, clock, 2, hours=1)
    BrokenCheck.update(since=clock() - timedelta(hours=47)).execute()
    looks(DEAF, clock, 1, hours=1)
    assert told() == []
    looks(DEAF, clock, 1, hours=1)
    assert told() == ["notice.check"]


@pytest.mark.parametrize("broken", [
    {"show_balance": False}, {"city": ""}, {"refund_policy": ""}, {"descriptor": "ABC", "posting_chosen": False},
])  # fmt: skip
def test_what_else_breaks_is_told_once_and_stops_nobody(on, clock, broken):
    the.the_practice(**broken)
    looks(LIVE, clock, 1)
    assert told() == []
    looks(LIVE, clock, 9)
    assert (told(), Practice.the().payments_on) == (["notice.check"], True)


def test_a_second_break_is_told_too_and_one_that_was_mended_again(on, clock):
    the.the_practice(show_balance=False)
    looks(LIVE, clock, 2)
    the.the_practice(city="")
    looks(replace(LIVE, restored=False), clock, 2)
    assert told() == ["notice.check"] * 2
    the.the_practice(show_balance=True, city="Exampleton")
    looks(LIVE, clock, 1)
    the.the_practice(city="")
    looks(LIVE, clock, 2)
    assert told() == ["notice.check"] * 3


def test_what_is_off_or_play_money_is_not_watched(on, clock):
    looks(ProcessorFacts(Processor.BUILT_IN, heard=False, https=False), clock, 3)
    the.the_practice(payments_on=False)
    looks(PLAIN, clock, 3)
    assert (told(), BrokenCheck.select().count()) == ([], 0)


def test_a_pay_page_outside_goes_off_without_https_and_asks_nothing_of_a_processor(on, clock):
    the.the_practice(**PAGE)
    outside = ProcessorFacts(Processor.BUILT_IN, answers=False, heard=False)
    looks(outside, clock, 9)
    assert (told(), Practice.the().payments_on) == ([], True)
    looks(replace(outside, https=False), clock, 2)
    assert not Practice.the().payments_on


def test_the_job_asks_the_processor_and_the_page_says_what_broke(app, on, browser, settings, clock):
    app.extensions["settings"] = replace(settings, braintree_environment="sandbox")  # nobody answers there
    the.a_notification(clock())
    for _ in range(5):
        assert watch_checklist(app, clock()) == 1
        clock.pass_(minutes=15)

    assert not Practice.the().payments_on
    page = plain(browser("owner").get("/practice/payments/").text)
    assert "Evenly turned payments off by itself" in page and "Card processor is approved and connected." in page
