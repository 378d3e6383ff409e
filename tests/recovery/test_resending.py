"""Sending the same attempt once more: at the client's tap, and never so that it could charge twice."""

from dataclasses import replace

import pytest

from billing import holds, ledger, payments, recovery, resending
from billing.carts import Choice
from billing.errors import PaidJustNow
from billing.refund_rules import Sale
from choices import Way
from gateways.braintree import BraintreeAdapter
from models import Attempt, AttemptEvent, Payment, Practice, SavedCard
from tests import builders as the
from tests.payments.given_back import Between
from tests.payments.test_once import in_threads
from tests.sandbox.fixtures import account_at

SALE = "POST .*/transactions$"
SEARCH = "POST .*/advanced_search_ids$"


@pytest.fixture
def ana(practice):
    return the.ana()


@pytest.fixture
def visit(ana):
    return the.a_charge(ana, fee="150.00")


@pytest.fixture
def page(world, ana, visit):
    """What a page posts whose first post never reached the processor."""
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)))
    world.faults(SALE, "status", status=401)
    assert world.take(ana.user, order).state == "not_sent"
    return order


def sales():
    return [event.what for event in AttemptEvent.select().order_by(AttemptEvent.id)]


def test_a_page_that_posts_again_sends_the_same_attempt(world, ana, page):
    first = Attempt.get()

    attempt = world.take(ana.user, page)

    assert (attempt.id, attempt.state, attempt.order_id) == (first.id, "succeeded", first.order_id)
    assert (Attempt.select().count(), world.sales(attempt), Payment.select().count()) == (1, 1, 1)
    assert "asked again" in sales()


def test_what_was_sent_again_later_is_just_paid_from_then_on(world, ana, visit):
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)), amount=50_00)
    world.faults(SALE, "status", status=401)
    world.take(ana.user, order)
    world.pass_(minutes=60)
    assert world.take(ana.user, order).state == "succeeded"

    with pytest.raises(PaidJustNow) as refused:
        world.one(ana.user, visit, amount=50_00)
    assert refused.value.values["time"] == "1:00 PM"


def test_pages_posted_again_try_no_more_cards_than_new_ones(world, ana, visit):
    orders = [world.order(ana.user, Choice(Way.ONE, (visit.key,))) for _ in range(6)]
    world.faults(SALE, "status", times=6, status=401)
    assert {world.take(ana.user, order).state for order in orders} == {"not_sent"}
    world.pass_(minutes=61)

    tried = [world.take(ana.user, replace(order, card=world.card("funds"))).state for order in orders]

    assert tried == [*["declined"] * 5, "not_sent"]


def test_a_page_posted_again_by_eight_hands_charges_once(world, ana, page):
    found = in_threads(8, lambda: world.take(ana.user, page))

    assert {each.id for each in found if isinstance(each, Attempt)} == {Attempt.get().id}
    assert (world.sales(Attempt.get()), Payment.select().count()) == (1, 1)


def test_what_did_reach_the_processor_is_adopted_and_not_asked_again(world, ana, visit):
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)))
    world.faults(SALE, "apply_then_status", status=401)
    world.take(ana.user, order)

    attempt = world.take(ana.user, order)

    assert (attempt.state, world.sales(attempt)) == ("succeeded", 1)
    assert "asked again" not in sales()


def test_a_used_nonce_is_never_told_as_a_failure(world, ana, visit):
    """The refusal was a mistake and the search lags: the second post meets the first one's nonce."""
    world.gateway = BraintreeAdapter(account_at(world.server.port, request_keys=False))
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)))
    world.faults(SALE, "search_lag", seconds=600)
    world.faults(SALE, "apply_then_status", status=401)
    assert world.take(ana.user, order).state == "not_sent"

    attempt = world.take(ana.user, order)
    assert (attempt.state, ledger.charge_figure(visit).payable) == ("unknown", 0)

    world.pass_(minutes=15)
    world.look()
    assert (Attempt.get().state, world.sales(attempt), Payment.select().count()) == ("succeeded", 1, 1)


@pytest.mark.parametrize(
    "change",
    [{"minutes": 180}, {"search": True}, {"card": ""}, {"amount": 100_00}],
    ids=["the nonce is too old", "the search fails", "no card", "another amount"],
)
def test_what_may_not_be_sent_again_keeps_its_answer(world, ana, page, change):
    world.clock.pass_(minutes=change.get("minutes", 0))
    if "search" in change:
        world.faults(SEARCH, "status", status=503)
    card = {"card": change["card"]} if "card" in change else {}
    amount = {"amount": change["amount"], "shown": change["amount"]} if "amount" in change else {}

    attempt = world.take(ana.user, replace(page, **card, **amount))

    assert (attempt.state, world.sales(attempt), Attempt.select().count()) == ("not_sent", 0, 1)


def test_a_bill_that_changed_meanwhile_is_not_sent_again(world, ana, visit, page):
    the.a_paid(visit, "20.00")

    assert (world.take(ana.user, page).state, Payment.select().where(Payment.attempt.is_null(False)).count()) == (
        "not_sent",
        0,
    )


@pytest.mark.parametrize(("before", "now"), [(True, False), (False, True)])
def test_a_card_is_kept_only_as_the_box_said_when_it_was_first_posted(world, ana, visit, before, now):
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)), card=world.card(keep=before))
    world.faults("", "status", status=401)
    assert world.take(ana.user, order).state == "not_sent"

    attempt = world.take(ana.user, replace(order, card=world.card(keep=now)))

    assert (attempt.state, world.sales(attempt), SavedCard.select().count()) == ("not_sent", 0, 0)


@pytest.fixture
def kept(world, ana, saved):
    return saved(ana.user)


def unheard(world, ana, visit, kept, fault="drop", status=500):
    """A payment with a kept card that nobody answered for, and that no search found."""
    world.faults(SALE, fault, status=status)
    return world.one(ana.user, visit, card=kept.key)


def again(world, attempt):
    return payments.send_again(attempt, gateway=world.gateway, clock=world.clock)


@pytest.mark.parametrize(("fault", "state"), [("drop", "unknown"), ("status", "not_sent")])
def test_a_kept_card_is_sent_again_at_a_tap(world, ana, visit, kept, fault, state):
    attempt = unheard(world, ana, visit, kept, fault, 401)
    assert attempt.state == state
    attempt = Attempt.get()

    assert payments.may_send_again(attempt, world.gateway, world.clock())
    assert again(world, attempt).state == "succeeded"
    assert (again(world, attempt).state, world.sales(attempt), Payment.select().count()) == ("succeeded", 1, 1)


def test_a_payment_is_of_the_day_of_its_last_tap(world, ana, visit, kept):
    unheard(world, ana, visit, kept, "status", 401)
    world.pass_(days=3)

    again(world, Attempt.get())

    assert Payment.get().paid_at == world.clock()
    assert Sale(Attempt.get(), None).paid_at == world.clock()  # nor is what waits to be posted older


def test_what_was_sent_again_is_searched_ten_minutes_after_that(world, ana, visit, page):
    world.pass_(minutes=60)
    world.faults(SALE, "search_lag", seconds=300)
    world.faults(SALE, "apply_then_status", status=401)
    world.take(ana.user, page)
    world.look()
    assert Attempt.get().state == "not_sent"

    world.pass_(minutes=10)
    world.look()

    assert Attempt.get().state == "succeeded"


def test_even_when_the_search_lags_a_kept_card_is_charged_once(world, ana, visit, kept):
    world.faults(SALE, "search_lag", seconds=600)
    unheard(world, ana, visit, kept, "apply_then_drop")

    attempt = again(world, Attempt.get())

    assert attempt.state == "succeeded"
    world.pass_(minutes=15)
    assert world.sales(attempt) == 1


@pytest.mark.parametrize("fault", [{"action": "status", "status": 401}, {"action": "drop"}], ids=["refused", "dropped"])
def test_a_second_failure_says_nothing_of_the_first_request(world, ana, visit, kept, fault):
    world.faults(SALE, "search_lag", seconds=600)
    unheard(world, ana, visit, kept, "apply_then_drop")
    world.faults(SALE, **fault)

    attempt = again(world, Attempt.get())
    assert (attempt.state, ledger.charge_figure(visit).payable) == ("unknown", 0)

    world.pass_(minutes=15)
    world.look()
    assert (Attempt.get().state, world.sales(attempt)) == ("succeeded", 1)


@pytest.mark.parametrize("known", [False, True], ids=["found out by asking", "known by then"])
def test_a_kept_card_is_never_asked_for_again_without_its_key(world, ana, visit, kept, monkeypatch, known):
    """The processor stops taking keys between the two requests, so it would not know the second for a double."""
    world.faults(SALE, "search_lag", seconds=600)
    unheard(world, ana, visit, kept, "apply_then_drop")
    world.server.control("merchant", {"request_keys": False})
    if known:
        without = BraintreeAdapter(account_at(world.server.port, request_keys=False))
        monkeypatch.setattr(world.gateway, "charge", without.charge)

    assert again(world, Attempt.get()).state == "unknown"

    world.pass_(minutes=15)
    world.look()
    assert (Attempt.get().state, world.sales(Attempt.get()), world.gateway.can.request_keys) == ("succeeded", 1, known)


def test_the_janitor_never_closes_what_was_sent_again_while_it_searched(world, ana, visit, kept):
    unheard(world, ana, visit, kept)
    world.pass_(hours=25)

    class Slow(Between):
        def find_by_reference(self, order_id):
            found = self.gateway.find_by_reference(order_id)
            resending.claim(Attempt.get(), world.clock())  # a tap, whose request is on its way
            return found

    recovery.resolve_unknown(Slow(world.gateway), world.clock())

    assert (Attempt.get().state, ledger.charge_figure(visit).payable) == ("sent", 0)


def test_eight_taps_charge_once(world, ana, visit, kept):
    unheard(world, ana, visit, kept)

    in_threads(8, lambda: again(world, Attempt.get()))

    assert (Attempt.get().state, world.sales(Attempt.get()), Payment.select().count()) == ("succeeded", 1, 1)


@pytest.mark.parametrize("why", ["no request keys", "card removed", "card expired", "payments off", "search fails"])
def test_a_tap_where_it_is_not_safe_changes_nothing(world, ana, visit, kept, why):
    unheard(world, ana, visit, kept)
    if why == "no request keys":
        world.gateway = BraintreeAdapter(account_at(world.server.port, request_keys=False))
    if why.startswith("card"):
        SavedCard.update({"removed_at": the.NOW} if why == "card removed" else {"exp_year": 2020}).execute()
    if why == "payments off":
        Practice.update(payments_on=False).execute()
    if why == "search fails":
        world.faults(SEARCH, "status", status=503)

    assert payments.may_send_again(Attempt.get(), world.gateway, world.clock()) == (why == "search fails")
    assert (again(world, Attempt.get()).state, world.sales(Attempt.get())) == ("unknown", 0)


def test_a_new_card_is_not_sent_again_by_a_tap(world, ana, visit):
    world.faults(SALE, "drop")
    attempt = world.one(ana.user, visit)

    assert again(world, attempt).state == "unknown"


@pytest.mark.parametrize(
    "change", [lambda visit: the.a_paid(visit, "20.00"), lambda visit: holds.hold(visit, "Look", the.stamp())]
)
def test_what_was_paid_otherwise_or_held_meanwhile_is_not_sent_again(world, ana, visit, kept, change):
    unheard(world, ana, visit, kept, "status", 401)
    change(visit)

    assert again(world, Attempt.get()).state == "not_sent"


def test_a_kept_cards_page_posted_again_needs_request_keys(world, ana, visit, kept):
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)), card=kept.key)
    world.faults(SALE, "status", status=401)
    world.take(ana.user, order)
    with_keys, world.gateway = world.gateway, BraintreeAdapter(account_at(world.server.port, request_keys=False))
    assert world.take(ana.user, order).state == "not_sent"

    world.gateway = with_keys
    assert world.take(ana.user, order).state == "succeeded"
    assert world.sales(Attempt.get()) == 1


def test_a_kept_card_is_not_asked_where_the_page_picks_another(world, ana, visit, kept, saved):
    order = world.order(ana.user, Choice(Way.ONE, (visit.key,)), card=kept.key)
    world.faults(SALE, "status", status=401)
    world.take(ana.user, order)

    again = world.take(ana.user, replace(order, card=saved(ana.user, main=False).key))

    assert (again.state, world.sales(again)) == ("not_sent", 0)
