"""What time alone does to transactions: 22:00, 06:00, two banking days, seven days."""

import time
from datetime import date, datetime, timedelta

import pytest

import banking_days
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import codes, sdk_of
from tests.sandbox.receiver import Receiver

S = braintree.TransactionSearch
MONDAY = "2026-03-09T15:00:00Z"
DAY = 86400


@pytest.fixture
def night(server):
    """The SDK, a sandbox on a Monday afternoon, and how to move its clock."""
    server.control("clock", {"set": MONDAY})
    return sdk_of(server), lambda instant: server.control("clock", {"set": instant})


def sell(sdk, amount="100.00", submit=True, **facts):
    params = {"amount": amount, "payment_method_nonce": "fake-valid-nonce", **facts}
    return sdk.transaction.sale(params | {"options": {"submit_for_settlement": submit}}).transaction.id


def history(transaction):
    return [(f"{event.timestamp:%m-%d %H:%M}", event.status) for event in transaction.status_history]


def test_a_submitted_sale_settles_overnight(night):
    sdk, move_to = night
    id, seen = sell(sdk), []
    for instant in ("2026-03-09T21:59:58Z", "2026-03-09T22:00:00Z", "2026-03-10T05:59:58Z", "2026-03-10T06:00:00Z"):
        move_to(instant)
        seen.append(sdk.transaction.find(id).status)

    assert seen == ["submitted_for_settlement", "settling", "settling", "settled"]
    assert codes(sdk.transaction.void(id)) == ["91504"]


def test_one_jump_of_the_clock_takes_every_step_at_its_own_time(night):
    sdk, move_to = night
    id = sell(sdk)
    move_to("2026-03-20T12:00:00Z")

    sale = sdk.transaction.find(id)

    steps = ("03-09 15:00", "03-09 15:00", "03-09 22:00", "03-10 06:00")
    assert history(sale) == list(
        zip(steps, ("authorized", "submitted_for_settlement", "settling", "settled"), strict=True)
    )
    assert sale.settlement_batch_id.startswith("2026-03-10_sandbox_credit_card_")
    paid = sale.disbursement_details
    assert (paid.disbursement_date, str(paid.settlement_amount), paid.success) == (date(2026, 3, 12), "100.00", True)


def test_time_that_passes_by_itself_settles_too(night):
    sdk, move_to = night
    id = sell(sdk)
    move_to("2026-03-09T21:59:59.700Z")
    time.sleep(0.4)

    assert sdk.transaction.find(id).status == "settling"


def test_an_unused_authorization_ends_after_seven_days(night):
    sdk, move_to = night
    id = sell(sdk, submit=False)
    expires_at = sdk.transaction.find(id).authorization_expires_at
    move_to("2026-03-16T14:59:50Z")
    assert sdk.transaction.find(id).status == "authorized"
    move_to("2026-03-18T00:00:00Z")

    sale = sdk.transaction.find(id)
    assert (sale.status, sale.status_history[-1].timestamp) == ("authorization_expired", expires_at)
    assert expires_at - sale.created_at == timedelta(days=7)
    assert codes(sdk.transaction.submit_for_settlement(id)) == ["91507"]


@pytest.mark.parametrize("amount", ["4001.00", "4002.50", "4500.00", "5001.02"])
def test_amounts_that_trouble_other_ways_of_paying_settle_on_cards(night, amount):
    sdk, move_to = night
    id = sell(sdk, amount)
    move_to("2026-03-10T06:00:00Z")

    assert sdk.transaction.find(id).status == "settled"


def test_what_was_voided_or_declined_stays_so(night):
    sdk, move_to = night
    voided, declined, pending = sell(sdk), sell(sdk, "2001.00"), sell(sdk)
    sdk.transaction.void(voided)
    sdk.testing.settlement_pending_transaction(pending)
    move_to("2026-04-09T15:00:00Z")

    found = [sdk.transaction.find(id).status for id in (voided, declined, pending)]
    assert found == ["voided", "processor_declined", "settlement_pending"]


def test_a_confirmed_settlement_and_a_part_of_a_sale_settle_like_the_rest(night):
    sdk, move_to = night
    confirmed, parent = sell(sdk), sell(sdk, submit=False)
    sdk.testing.settlement_confirm_transaction(confirmed)
    child = sdk.transaction.submit_for_partial_settlement(parent, "40.00").transaction.id
    move_to("2026-03-10T06:00:00Z")

    assert [sdk.transaction.find(id).status for id in (confirmed, child, parent)] == [
        "settled",
        "settled",
        "authorized",
    ]


def test_the_summary_of_a_day_counts_its_night(night):
    sdk, move_to = night
    first, second = sell(sdk), sell(sdk, "30.00")
    move_to("2026-03-10T12:00:00Z")
    sdk.transaction.refund(first, "10.00")
    sell(sdk, "7.00")
    move_to("2026-03-12T12:00:00Z")

    def summary(day):
        records = sdk.settlement_batch_summary.generate(day).settlement_batch_summary.records
        return [(record["kind"], record["count"], record["amount_settled"]) for record in records]

    assert summary("2026-03-09") == []
    assert summary("2026-03-10") == [("sale", "2", "130.00")]
    assert summary("2026-03-11") == [("credit", "1", "10.00"), ("sale", "1", "7.00")]
    assert sdk.transaction.find(first).settlement_batch_id == sdk.transaction.find(second).settlement_batch_id


def test_payouts_are_found_by_their_day(night):
    sdk, move_to = night
    monday = sell(sdk)
    move_to("2026-03-10T15:00:00Z")
    tuesday = sell(sdk)
    move_to("2026-03-20T00:00:00Z")

    on = datetime.fromisoformat("2026-03-13")
    assert list(sdk.transaction.search(S.disbursement_date == on).ids) == [tuesday]
    assert list(sdk.transaction.search(S.disbursement_date <= on).ids) == [tuesday, monday]
    assert list(sdk.transaction.search(S.settled_at <= on - timedelta(days=3)).ids) == []
    assert list(sdk.transaction.search(S.settled_at <= on - timedelta(days=2)).ids) == [monday]


@pytest.mark.parametrize(
    ("day", "count", "paid"),
    [
        ("2026-03-10", 2, "2026-03-12"),
        ("2026-03-13", 2, "2026-03-17"),  # over a weekend
        ("2026-11-25", 2, "2026-11-30"),  # Thanksgiving and a weekend
        ("2026-07-02", 1, "2026-07-03"),  # the Fourth on a Saturday closes no Friday
        ("2027-07-02", 1, "2027-07-06"),  # the Fourth on a Sunday closes the Monday
        ("2026-05-22", 1, "2026-05-26"),  # Memorial Day
        ("2026-12-31", 1, "2027-01-04"),
    ],
)
def test_banks_rest_on_weekends_and_holidays(day, count, paid):
    assert banking_days.after(date.fromisoformat(day), count) == date.fromisoformat(paid)
    assert banking_days.before(date.fromisoformat(paid), count) <= date.fromisoformat(day)


@pytest.fixture
def post(night, server):
    """`post()` gives the notifications that came since."""
    receiver = Receiver()
    server.control("webhooks", {"url": receiver.url})

    def post():
        assert server.control("webhooks", {"wait": 10})["idle"]
        return sorted(receiver.read(night[0]), key=lambda event: event.timestamp)

    yield post
    receiver.stop()


def test_a_payout_is_the_sum_of_a_day_and_account(night, post):
    sdk, move_to = night
    sold = [sell(sdk), sell(sdk, "30.00"), sell(sdk, "5.00", merchant_account_id="sandbox_credit_card_non_default")]
    move_to("2026-03-12T11:59:50Z")
    assert post() == []
    back = sdk.transaction.refund(sold[0], "25.00").transaction.id
    move_to("2026-03-17T12:00:00Z")

    usual, other, taken = post()

    payout = usual.disbursement
    assert (str(usual.timestamp), payout.disbursement_date) == ("2026-03-12 12:00:00", date(2026, 3, 12))
    assert (str(payout.amount), payout.disbursement_type) == ("130.00", "credit")
    assert sorted(payout.transaction_ids) == sorted(sold[:2])
    assert (str(other.disbursement.amount), other.disbursement.merchant_account.id) == (
        "5.00", "sandbox_credit_card_non_default",
    )  # fmt: skip
    payout = taken.disbursement
    assert (str(payout.amount), payout.disbursement_type, payout.transaction_ids) == ("25.00", "debit", [back])


def test_a_payout_fails_when_that_was_ordered(night, post, server):
    sdk, move_to = night
    id = sell(sdk)
    server.control("webhooks", {"exception": "insufficient_funds"})
    move_to("2026-03-12T12:00:00Z")

    (event,) = post()

    assert (event.kind, event.disbursement.exception_message) == ("disbursement_exception", "insufficient_funds")
    assert sdk.transaction.find(id).disbursement_details.success is False
    again = sell(sdk)
    move_to("2026-03-20T12:00:00Z")
    assert [event.kind for event in post()] == ["disbursement"]
    assert sdk.transaction.find(again).disbursement_details.success is True


def test_a_refund_whose_settlement_is_declined_is_announced(night, post):
    sdk, move_to = night
    id = sell(sdk)
    move_to("2026-03-10T06:00:00Z")
    back = sdk.transaction.refund(id, "25.00").transaction.id
    move_to("2026-03-11T06:00:00Z")
    sdk.testing.settlement_decline_transaction(back)
    sdk.testing.settlement_decline_transaction(sell(sdk))

    (event,) = post()

    assert (event.kind, event.transaction.id) == ("refund_failed", back)
    assert event.transaction.status == sdk.transaction.find(back).status == "settlement_declined"


def test_a_past_that_was_planted_goes_on(server):
    card = {"brand": "Visa", "last4": "1111", "exp_month": 5, "exp_year": 2030}
    sale = {"id": "old1", "order_id": "P1", "cents": 20_00, "at": "2026-01-02T12:00:00Z", "card": card}
    server.seed({"sales": [sale]})

    past = sdk_of(server).transaction.find("old1")

    assert history(past)[-2:] == [("01-02 22:00", "settling"), ("01-03 06:00", "settled")]
    assert past.disbursement_details.disbursement_date == date(2026, 1, 6)
