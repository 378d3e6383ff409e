"""Charging through the adapter: what comes back for each way a card can behave."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from gateways import Kind, Nonce, Outcome, Reason, SavedCard, Standing
from gateways.braintree import BraintreeAdapter
from tests.sandbox.fixtures import account_at, fresh, test_card


def test_an_approved_charge_tells_what_was_taken(gateway, sandbox_server):
    order, key = fresh()

    result = gateway.charge(order, key, 125_00, test_card(sandbox_server))

    assert (result.outcome, result.reason, result.alert) == (Outcome.APPROVED, Reason.NONE, False)
    fact = result.fact
    assert (fact.order_id, fact.kind, fact.cents, fact.currency) == (order, Kind.SALE, 125_00, "USD")
    assert (fact.status, fact.standing) == ("submitted_for_settlement", Standing.APPROVED)
    assert (fact.account, fact.created_at.tzname()) == ("sandbox_credit_card", "UTC")
    assert (fact.card.brand, fact.card.last4, fact.card.token) == ("Visa", "1111", "")
    assert gateway.find(fact.id) == fact


@pytest.mark.parametrize(
    ("card", "reason", "code", "hard"),
    [
        ("funds", Reason.FUNDS, "2001", False),
        ("zip", Reason.ADDRESS, "avs", False),
        ("cvv", Reason.CARD_DETAILS, "cvv", False),
        ("expired", Reason.CARD_DETAILS, "2004", True),
        ("no", Reason.USE_OTHER, "2000", False),
        ("type", Reason.USE_OTHER, "2019", False),
        ("refused", Reason.REFUSED, "fraud", False),
        ("down", Reason.TRY_LATER, "3000", False),
    ],
)
def test_a_test_card_behaves_the_same_whatever_the_amount(gateway, sandbox_server, card, reason, code, hard):
    result = gateway.charge(*fresh(), 77_00, test_card(sandbox_server, card))

    assert (result.outcome, result.reason) == (Outcome.DECLINED, reason)
    assert (result.decline_code, result.hard_declined) == (code, hard)
    assert result.fact.decline_code == code
    assert code in result.staff_text


@pytest.mark.parametrize(
    ("cents", "outcome", "reason", "code"),
    [
        (1999_99, Outcome.APPROVED, Reason.NONE, ""),
        (2001_00, Outcome.DECLINED, Reason.FUNDS, "2001"),
        (2010_00, Outcome.DECLINED, Reason.CARD_DETAILS, "2010"),
        (2016_00, Outcome.UNKNOWN, Reason.USE_OTHER, "2016"),
        (2999_99, Outcome.DECLINED, Reason.USE_OTHER, "2999"),
        (3000_00, Outcome.DECLINED, Reason.TRY_LATER, "3000"),
        (3001_00, Outcome.APPROVED, Reason.NONE, ""),
        (5001_00, Outcome.DECLINED, Reason.SETUP, "application_incomplete"),
    ],
)
def test_published_amounts_bring_published_answers(gateway, cents, outcome, reason, code):
    result = gateway.charge(*fresh(), cents, Nonce("fake-valid-nonce"))

    assert (result.outcome, result.reason, result.decline_code) == (outcome, reason, code)
    assert result.alert is (reason is Reason.SETUP)


def test_the_same_request_key_is_charged_once(gateway, sandbox_server):
    order, key = fresh()
    nonce = test_card(sandbox_server)

    first = gateway.charge(order, key, 40_00, nonce)
    second = gateway.charge(order, key, 40_00, nonce)

    assert first == second
    assert len(gateway.find_by_reference(order).facts) == 1


@pytest.mark.parametrize("keys", [True, False])
def test_eight_threads_with_one_attempt_charge_once(sandbox_server, keys):
    gateway = BraintreeAdapter(account_at(sandbox_server.port, request_keys=keys))
    order, key = fresh()
    nonce = test_card(sandbox_server)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: gateway.charge(order, key, 40_00, nonce), range(8)))

    assert Outcome.APPROVED in {result.outcome for result in results}
    assert {result.outcome for result in results} <= {Outcome.APPROVED, Outcome.UNKNOWN}
    assert len(gateway.find_by_reference(order).facts) == 1


def test_a_used_nonce_is_unknown_until_searched(gateway, sandbox_server):
    nonce = test_card(sandbox_server)
    gateway.charge(*fresh(), 40_00, nonce)

    again = gateway.charge(*fresh(), 40_00, nonce)

    assert (again.outcome, again.decline_code) == (Outcome.UNKNOWN, "91564")


def test_a_nonce_nobody_knows_is_a_clear_no(gateway):
    result = gateway.charge(*fresh(), 40_00, Nonce("tokencc_bc_none"))

    assert (result.outcome, result.reason) == (Outcome.DECLINED, Reason.CARD_DETAILS)
    assert "Unknown or expired" in result.staff_text


def test_an_approval_of_another_amount_is_not_an_approval(gateway, sandbox_server, faults):
    other = gateway.charge(*fresh(), 99_00, test_card(sandbox_server)).fact
    body = f"<transaction><id>{other.id}</id><status>authorized</status><amount>99.00</amount></transaction>"
    faults("POST .*/transactions$", "status", status=201, body=body)

    result = gateway.charge(*fresh(), 40_00, test_card(sandbox_server))

    assert (result.outcome, result.alert) == (Outcome.UNKNOWN, True)


@pytest.mark.parametrize("card", ["", "<credit-card><last-4>1111</last-4></credit-card>"])
def test_the_smallest_answer_is_enough_for_an_approval(gateway, sandbox_server, faults, card):
    body = f"<transaction><id>a1</id><status>authorized</status><amount>40.00</amount>{card}</transaction>"
    faults("POST .*/transactions$", "status", status=201, body=body)

    result = gateway.charge(*fresh(), 40_00, test_card(sandbox_server))

    assert (result.outcome, result.fact.id, result.fact.cents) == (Outcome.APPROVED, "a1", 40_00)
    assert (result.fact.card.last4 if result.fact.card else "") == ("1111" if card else "")


def test_a_card_is_kept_with_an_approved_charge(gateway, sandbox_server):
    vault = f"c-{uuid4().hex[:8]}"

    result = gateway.charge(*fresh(), 40_00, test_card(sandbox_server, "hsa"), save_for=vault)

    (kept,) = gateway.cards(vault)
    assert kept.token == result.fact.card.token
    assert (kept.brand, kept.last4, kept.default, kept.healthcare, kept.prepaid) == ("Visa", "1010", True, True, True)
    assert gateway.charge(*fresh(), 15_00, SavedCard(kept.token), initiator="unscheduled").outcome is Outcome.APPROVED


def test_a_card_is_not_kept_with_a_declined_charge(gateway, sandbox_server):
    vault = f"c-{uuid4().hex[:8]}"

    gateway.charge(*fresh(), 40_00, test_card(sandbox_server, "funds"), save_for=vault)

    assert gateway.cards(vault) == ()


@pytest.mark.parametrize(("status", "reason", "alert"), [(500, Reason.TRY_LATER, False), (401, Reason.SETUP, True)])
def test_nothing_is_sent_when_the_vault_cannot_be_prepared(gateway, sandbox_server, faults, status, reason, alert):
    order, key = fresh()
    faults("/customers", "status", status=status)

    result = gateway.charge(order, key, 40_00, test_card(sandbox_server), save_for="c-broken")

    assert (result.outcome, result.reason, result.alert) == (Outcome.NOT_SENT, reason, alert)
    assert gateway.find_by_reference(order).facts == ()


def test_where_keys_are_not_allowed_the_charge_goes_out_once_more_without(sandbox_server):
    gateway = BraintreeAdapter(account_at(sandbox_server.port))
    order, key = fresh()
    sandbox_server.control("merchant", {"request_keys": False})
    try:
        result = gateway.charge(order, key, 40_00, test_card(sandbox_server))
    finally:
        sandbox_server.control("merchant", {"request_keys": True})

    assert (result.outcome, result.alert, gateway.can.request_keys) == (Outcome.APPROVED, True, False)
    assert len(gateway.find_by_reference(order).facts) == 1


def test_a_double_of_a_moment_ago_is_unknown_and_says_so(sandbox_server):
    gateway = BraintreeAdapter(account_at(sandbox_server.port, request_keys=False))
    order, key = fresh()
    sandbox_server.control("merchant", {"duplicate_checking": True})
    try:
        first = gateway.charge(order, key, 40_00, test_card(sandbox_server))
        second = gateway.charge(order, key, 40_00, test_card(sandbox_server))
    finally:
        sandbox_server.control("merchant", {"duplicate_checking": False})

    assert (first.outcome, second.outcome, second.decline_code) == (Outcome.APPROVED, Outcome.UNKNOWN, "duplicate")
    facts = gateway.find_by_reference(order).facts
    assert [fact.standing for fact in facts] == [Standing.APPROVED, Standing.UNKNOWN]
