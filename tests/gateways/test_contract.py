"""What every adapter promises, whatever processor is behind it. A new one adds a line to `benches`."""

import socket
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from inspect import signature
from uuid import uuid4

import pytest

from gateways import (
    BadSignature,
    CardNotFound,
    Gateway,
    GatewayUnavailable,
    Kind,
    Nonce,
    Outcome,
    SavedCard,
    Search,
    Standing,
    registry,
)
from gateways.disputes import Disputes, DisputeStanding, disputes_of
from tests.gateways.benches import BENCHES
from tests.sandbox.fixtures import fresh


def methods(port):
    return [name for name in vars(port) if not name.startswith("_")]


@pytest.fixture(params=sorted(BENCHES))
def bench(request, sandbox_server, faults):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield BENCHES[request.param](sandbox_server, faults, closed.getsockname()[1])


def test_every_registered_adapter_is_tested_here():
    assert set(registry.ADAPTERS) == set(BENCHES)


@pytest.mark.parametrize("method", [getattr(port, name) for port in (Gateway, Disputes) for name in methods(port)])
def test_an_adapter_takes_what_the_port_names(bench, method):
    if method.__qualname__.startswith("Disputes") and not bench.gateway.can.disputes:
        return
    asked = list(signature(method).parameters)[1:]

    assert list(signature(getattr(bench.gateway, method.__name__)).parameters) == asked


# Each act prepares its world, and gives the call and a way to see whether it was done.


def charge(bench, good):
    order, card = fresh(), bench.card(good)
    return lambda gateway: gateway.charge(*order, 12_34, card), lambda: _approved(bench, order[0])


def charge_saved(bench, good):
    vault, order = f"c-{uuid4().hex[:8]}", fresh()
    token = bench.gateway.save_card(vault, bench.card()).card.token
    if not good:
        bench.gateway.delete_card(token)
    return lambda gateway: gateway.charge(*order, 12_34, SavedCard(token)), lambda: _approved(bench, order[0])


def refund(bench, good):
    sale, order = bench.settled(), fresh()
    cents = 4_00 if good else sale.cents + 1
    return lambda gateway: gateway.refund(sale.id, *order, cents), lambda: _approved(bench, order[0])


def _approved(bench, order_id):
    search = bench.gateway.find_by_reference(order_id)
    assert search.ok and len(search.facts) <= 1
    return [fact.standing for fact in search.facts] == [Standing.APPROVED]


def void(bench, good):
    sale = bench.sale() if good else bench.settled()
    return lambda gateway: gateway.void(sale.id, fresh()[1]), lambda: bench.gateway.find(sale.id).voided


def save_card(bench, good):
    vault, card = f"c-{uuid4().hex[:8]}", bench.card(good)
    return lambda gateway: gateway.save_card(vault, card), lambda: len(bench.gateway.cards(vault)) == 1


def add_evidence(bench, good):
    return step(bench, good, lambda gateway, fact: gateway.add_evidence(fact.id, "Policy, version 3", "GENERAL"))


def remove_evidence(bench, good):
    return step(bench, good, lambda gateway, fact: gateway.remove_evidence(fact.id, fact.evidence[0].id))


def accept_dispute(bench, good):
    return step(bench, good, lambda gateway, fact: gateway.accept_dispute(fact.id))


def fight_dispute(bench, good):
    return step(bench, good, lambda gateway, fact: gateway.fight_dispute(fact.id))


def step(bench, good, call):
    id = bench.dispute()
    if not good:
        bench.gateway.accept_dispute(id)
    before = bench.gateway.find_dispute(id)
    return lambda gateway: call(gateway, before), lambda: bench.gateway.find_dispute(id) != before


STEPS = (add_evidence, remove_evidence, accept_dispute, fight_dispute)
# What an adapter must be able to do for this; "" is what every one does.
NEEDS = {charge: "", charge_saved: "vault", refund: "refund", void: "void", save_card: "vault"}
ACTS = NEEDS | dict.fromkeys(STEPS, "disputes")
DONE = {Outcome.APPROVED: True, Outcome.DECLINED: False, Outcome.NOT_SENT: False, Outcome.UNKNOWN: True}


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_an_outcome_says_what_was_done_and_unknown_can_be_looked_up(bench, act, outcome):
    if ACTS[act] and not getattr(bench.gateway.can, ACTS[act]):
        return
    call, seen = act(bench, good=outcome is not Outcome.DECLINED)
    if outcome is Outcome.UNKNOWN:
        bench.lose_answer("charge" if act is charge_saved else act.__name__)

    result = call(bench.unreachable if outcome is Outcome.NOT_SENT else bench.gateway)

    assert (result.outcome, seen()) == (outcome, DONE[outcome])
    assert is_plain(result)


QUESTIONS = {
    "find": ("", lambda gateway: gateway.find("abc")),
    "created": (
        "",
        lambda gateway: gateway.created(datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC)),
    ),
    "cards": ("vault", lambda gateway: gateway.cards("c-1")),
    "delete_card": ("vault", lambda gateway: gateway.delete_card("abc")),
    "make_default": ("vault", lambda gateway: gateway.make_default("abc")),
    "client_token": ("embedded", lambda gateway: gateway.client_token()),
    "settlement_totals": ("payouts", lambda gateway: gateway.settlement_totals(date(2030, 1, 1))),
    "disbursed": ("payouts", lambda gateway: gateway.disbursed(date(2030, 1, 1), date(2030, 1, 2))),
    "find_dispute": ("disputes", lambda gateway: gateway.find_dispute("abc")),
    "disputes_received": ("disputes", lambda gateway: gateway.disputes_received(date(2030, 1, 1), date(2030, 1, 2))),
}


@pytest.mark.parametrize(("need", "question"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_nobody_answers_raises_and_nothing_else(bench, need, question):
    if need and not getattr(bench.gateway.can, need):
        return
    with pytest.raises(GatewayUnavailable):
        question(bench.unreachable)


def test_every_method_of_the_ports_is_asked_here():
    acts = {act.__name__ for act in ACTS} - {"charge_saved"}
    others = {"find_by_reference", "parse_webhook", "webhook_challenge"}

    assert {*methods(Gateway), *methods(Disputes)} == acts | set(QUESTIONS) | others


def test_a_search_that_fails_proves_nothing_and_never_raises(bench):
    assert bench.unreachable.find_by_reference("P000001-AAAAAA") == Search(ok=False)


def test_a_charge_is_found_by_id_and_by_reference(bench):
    order, key = fresh()

    result = bench.gateway.charge(order, key, 12_34, bench.card())

    assert (result.fact.cents, result.fact.order_id, result.fact.kind) == (12_34, order, Kind.SALE)
    assert bench.gateway.find(result.fact.id) == result.fact
    assert bench.gateway.find_by_reference(order) == Search(True, (result.fact,))


def test_money_goes_into_the_account_that_was_named(bench):
    gateway = bench.paying_into(bench.OTHER_ACCOUNT)

    fact = gateway.charge(*fresh(), 12_34, bench.card()).fact

    assert gateway.merchant_account == fact.account == bench.OTHER_ACCOUNT
    assert bench.sale().account != bench.OTHER_ACCOUNT


def test_a_decline_gives_a_code_and_words_for_staff(bench):
    result = bench.gateway.charge(*fresh(), 12_34, bench.card(good=False))

    assert result.decline_code and result.staff_text


def test_what_was_made_in_a_span_is_found_oldest_first_with_both_ends(bench):
    with bench.long_ago():
        first, second = bench.sale(), bench.sale(20_00)

    found = bench.gateway.created(first.created_at, second.created_at)

    assert [fact.id for fact in found] == [first.id, second.id]
    assert bench.gateway.created(datetime(1999, 1, 1, tzinfo=UTC), datetime(1999, 1, 2, tzinfo=UTC)) == ()


def test_what_nobody_charged_is_not_found(bench):
    assert bench.gateway.find("nosuchid") is None
    assert bench.gateway.find_by_reference(fresh()[0]) == Search(True)


def test_an_order_id_matches_whole(bench):
    order, key = fresh()
    bench.gateway.charge(order + "X", key, 12_34, bench.card())

    assert bench.gateway.find_by_reference(order) == Search(True)


def test_a_refund_names_its_sale_and_the_sale_its_refunds(bench):
    if not bench.gateway.can.partial_refund:
        return
    sale = bench.settled()

    first, second = (bench.gateway.refund(sale.id, *fresh(), cents).fact for cents in (3_00, 4_00))

    assert (first.kind, first.cents, first.refund_of) == (Kind.CREDIT, 3_00, sale.id)
    assert bench.gateway.find(sale.id).refund_ids == (first.id, second.id)


def test_a_charge_with_the_same_request_key_is_taken_once(bench):
    if not bench.gateway.can.request_keys:
        return
    order, key = fresh()
    card = bench.card()

    first, again = (bench.gateway.charge(order, key, 12_34, card) for _ in range(2))

    assert first.fact.id == again.fact.id
    assert len(bench.gateway.find_by_reference(order).facts) == 1


def test_cards_are_listed_main_one_first_and_forgotten_twice(bench):
    if not bench.gateway.can.vault:
        return
    vault = f"c-{uuid4().hex[:8]}"
    paid = bench.gateway.charge(*fresh(), 5_00, bench.card(), save_for=vault).fact.card
    added = bench.gateway.save_card(vault, Nonce("fake-valid-mastercard-nonce"), default=True).card
    assert [card.token for card in bench.gateway.cards(vault)] == [added.token, paid.token]

    assert bench.gateway.make_default(paid.token).default
    assert [card.token for card in bench.gateway.cards(vault)] == [paid.token, added.token]
    for _ in range(2):
        bench.gateway.delete_card(paid.token)
    assert [card.token for card in bench.gateway.cards(vault)] == [added.token]
    with pytest.raises(CardNotFound):
        bench.gateway.make_default(paid.token)
    assert bench.gateway.cards("c-nobody") == ()


def test_the_card_fields_get_a_token(bench):
    assert not bench.gateway.can.embedded or bench.gateway.client_token()


def test_a_webhook_is_a_hint_and_a_forged_one_is_refused(bench):
    if not bench.gateway.can.webhooks:
        return
    event = bench.gateway.parse_webhook(bench.notification("abc123"))

    assert (event.kind, event.subject_id, event.transaction_id) == ("transaction_settled", "abc123", "abc123")
    assert is_plain(event)
    for forged in ({}, bench.notification("abc123") | {"bt_payload": "PG4vPg==\n"}):
        with pytest.raises(BadSignature):
            bench.gateway.parse_webhook(forged)


def test_an_address_proves_itself_to_the_processor(bench):
    if not bench.gateway.can.webhooks:
        return
    assert bench.gateway.webhook_challenge(bench.CHALLENGE)
    with pytest.raises(BadSignature):
        bench.gateway.webhook_challenge("<script>")


def test_a_settled_day_is_summed(bench):
    if not bench.gateway.can.payouts:
        return
    sale = bench.settled()

    totals = bench.gateway.settlement_totals(sale.settled_at.date())

    (line,) = [line for line in totals if (line.brand, line.kind, line.account) == ("Visa", Kind.SALE, sale.account)]
    assert line.count >= 1 and line.cents >= sale.cents and is_plain(totals)
    assert bench.gateway.settlement_totals(date(1999, 1, 1)) == ()


def test_payouts_are_found_by_day_with_both_ends(bench):
    if not bench.gateway.can.payouts:
        return
    first = date(2031, 1, 6)
    ids = [bench.paid_out(first + timedelta(days=day)) for day in range(4)]

    facts = bench.gateway.disbursed(first, first + timedelta(days=2))

    assert [fact.id for fact in facts if fact.id in ids] == ids[:3]
    assert (facts[0].disbursed_on, facts[0].settled_cents) == (first, 10_00)
    assert bench.gateway.disbursed(date(1999, 1, 1), date(1999, 1, 2)) == ()


def test_a_dispute_is_found_by_id_by_day_and_in_its_sale(bench):
    if (port := disputes_of(bench.gateway)) is None:
        return
    id = bench.dispute()

    fact = port.find_dispute(id)

    sale = bench.gateway.find(fact.transaction_id)
    assert (fact.standing, fact.cents, fact.currency) == (DisputeStanding.OPEN, sale.cents, sale.currency)
    assert sale.dispute_ids == (id,)
    assert [piece.text for piece in fact.evidence] == ["Consent of 2026-01-12"]
    assert fact in port.disputes_received(fact.opened_on, fact.opened_on) and is_plain(fact)
    assert port.find_dispute("nosuchid") is None
    assert port.disputes_received(date(1999, 1, 1), date(1999, 1, 2)) == ()


def test_a_nonce_does_not_show_in_what_is_logged():
    assert "secret" not in repr(Nonce("secret"))


def is_plain(value):
    """Nothing of a processor's library: our frozen values, texts, numbers, days and instants, all the way down."""
    if isinstance(value, datetime):
        return value.tzinfo is UTC
    if value is None or isinstance(value, Enum) or type(value) in (str, int, bool, date):
        return True
    if type(value) is tuple:
        return all(map(is_plain, value))
    ours = is_dataclass(value) and type(value).__module__.startswith("gateways")
    assert ours and type(value).__dataclass_params__.frozen, value
    return all(is_plain(getattr(value, field.name)) for field in fields(value))
