"""How calls fail, and what each failure proves about the money."""

import socket
import threading
import time

import pytest
from requests import exceptions as requests_errors
from urllib3.exceptions import MaxRetryError, NameResolutionError

from gateways import CardNotFound, GatewayUnavailable, Outcome, Reason, SavedCard, Standing
from gateways.braintree import BraintreeAdapter
from gateways.braintree.connection import connect
from gateways.braintree.failures import failure
from gateways.braintree.sdk import ConnectTimeoutError, WireError
from sandbox import Remote
from tests.gateways.test_contract import QUESTIONS
from tests.sandbox.fixtures import account_at, alone, fresh, test_card

SALE = "POST .*/transactions$"
BROKEN = {
    "an empty 201": {"status": 201},
    "an empty 204": {"status": 204},
    "no XML": {"status": 201, "body": "oops"},
    "another root": {"status": 422, "body": "<odd><errors/></odd>"},
    "no amount": {"status": 201, "body": "<transaction><id>a1</id><status>settled</status></transaction>"},
    "half a cent": {
        "status": 201,
        "body": "<transaction><id>a1</id><status>settled</status><amount>1.005</amount></transaction>",
    },
    "an error without a number": {
        "status": 422,
        "body": "<api-error-response><errors><errors type='array'/></errors><message>?</message></api-error-response>",
    },
}


@pytest.mark.parametrize(("status", "code"), [(401, "401"), (403, "403"), (426, "426")])
def test_refused_keys_send_nothing_and_alert_staff(gateway, sandbox_server, faults, status, code):
    faults(SALE, "status", status=status)

    result = gateway.charge(*fresh(), 40_00, test_card(sandbox_server))

    assert (result.outcome, result.reason, result.alert) == (Outcome.NOT_SENT, Reason.SETUP, True)
    assert result.decline_code == code


@pytest.mark.parametrize("status", [404, 408, 429, 500, 502, 503, 504])
def test_any_other_status_leaves_the_charge_unknown(gateway, sandbox_server, faults, status):
    faults(SALE, "status", status=status)

    assert gateway.charge(*fresh(), 40_00, test_card(sandbox_server)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_cannot_be_read_leaves_the_charge_unknown(gateway, sandbox_server, faults, answer):
    faults(SALE, "status", **answer)

    assert gateway.charge(*fresh(), 40_00, test_card(sandbox_server)).outcome is Outcome.UNKNOWN


def test_a_closed_port_means_nothing_was_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        gateway = BraintreeAdapter(account_at(unused.getsockname()[1]))

        result = gateway.charge(*fresh(), 40_00, SavedCard("any"))

    assert (result.outcome, result.reason, result.alert) == (Outcome.NOT_SENT, Reason.TRY_LATER, False)


def test_no_such_host_or_no_connection_means_nothing_was_sent():
    unresolved = MaxRetryError(None, "/", NameResolutionError("nowhere", None, socket.gaierror("unknown")))

    assert failure(WireError(requests_errors.ConnectionError(unresolved))).outcome is Outcome.NOT_SENT
    assert failure(ConnectTimeoutError("5 seconds")).outcome is Outcome.NOT_SENT


def test_a_request_the_sdk_refuses_itself_was_not_sent(sandbox_server):
    with pytest.raises(KeyError) as refused:
        connect(account_at(sandbox_server.port)).transaction.sale({"no_such_field": "1"})

    result = failure(refused.value)

    assert (result.outcome, result.reason, result.alert) == (Outcome.NOT_SENT, Reason.SETUP, True)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("transaction"), KeyError(), WireError(requests_errors.ConnectionError()), WireError("gone"),
        WireError(), TypeError(),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_not_on_the_list_is_unknown(error):
    assert failure(error).outcome is Outcome.UNKNOWN


FAULTS = [
    ({"action": "drop"}, 0),
    ({"action": "status", "status": 500}, 0),
    ({"action": "delay", "seconds": 0.6}, 1),
    ({"action": "apply_then_drop"}, 1),
    ({"action": "apply_then_delay", "seconds": 0.6}, 1),
    ({"action": "apply_then_status", "status": 500}, 1),
    ({"action": "apply_then_status", "status": 201}, 1),
]


@pytest.mark.parametrize(("fault", "charged"), FAULTS, ids=lambda value: str(value))
@pytest.mark.parametrize("saved", [False, True], ids=["nonce", "token"])
def test_after_a_fault_the_search_tells_the_truth(sandbox_server, faults, fault, charged, saved):
    gateway = BraintreeAdapter(account_at(sandbox_server.port, read_seconds=0.3))
    source = test_card(sandbox_server)
    if saved:
        source = SavedCard(gateway.save_card(f"c-{fresh()[0]}", source).card.token)
    order, key = fresh()
    faults(SALE, **fault)

    result = gateway.charge(order, key, 40_00, source)

    assert result.outcome is Outcome.UNKNOWN
    time.sleep(0.5 if fault["action"] == "delay" else 0)
    search = gateway.find_by_reference(order)
    assert search.ok
    assert [fact.standing for fact in search.facts] == [Standing.APPROVED] * charged


@pytest.mark.parametrize(("fault", "done"), FAULTS, ids=lambda value: str(value))
def test_a_refund_or_void_lost_on_the_way_can_be_found(sandbox_server, faults, fault, done):
    gateway = BraintreeAdapter(account_at(sandbox_server.port, read_seconds=0.3))
    sold = [gateway.charge(*fresh(), 40_00, test_card(sandbox_server)).fact for _ in range(2)]
    connect(account_at(sandbox_server.port)).testing.settle_transaction(sold[0].id)
    order, key = fresh()
    faults("/refund$", **fault)
    faults("/void$", **fault)

    assert gateway.refund(sold[0].id, order, key, 10_00).outcome is Outcome.UNKNOWN
    assert gateway.void(sold[1].id, fresh()[1]).outcome is Outcome.UNKNOWN

    time.sleep(0.5 if fault["action"] == "delay" else 0)
    assert len(gateway.find(sold[0].id).refund_ids) == done
    assert len(gateway.find_by_reference(order).facts) == done
    assert (gateway.find(sold[1].id).status == "voided") is bool(done)


def test_a_sale_hidden_from_search_is_still_found_later(gateway, sandbox_server, faults):
    order, key = fresh()
    faults(SALE, "search_lag", seconds=20)

    result = gateway.charge(order, key, 40_00, test_card(sandbox_server))

    assert gateway.find(result.fact.id) == result.fact
    assert gateway.find_by_reference(order).facts == ()
    sandbox_server.control("clock", {"advance": 21})
    assert gateway.find_by_reference(order).facts == (result.fact,)
    sandbox_server.control("clock", {"advance": -21})


def test_the_card_that_never_answers_took_the_money(gateway, sandbox_server):
    order, key = fresh()

    result = gateway.charge(order, key, 40_00, test_card(sandbox_server, "silent"))

    assert result.outcome is Outcome.UNKNOWN
    assert gateway.find_by_reference(order).facts == ()
    sandbox_server.control("clock", {"advance": 9})
    assert [fact.standing for fact in gateway.find_by_reference(order).facts] == [Standing.APPROVED]
    sandbox_server.control("clock", {"advance": -9})


@pytest.mark.parametrize("path", ["advanced_search_ids", "GET .*/transactions/"])
@pytest.mark.parametrize("how", [{"action": "status", "status": 500}, {"action": "status", "status": 404}])
def test_a_search_that_fails_proves_nothing(gateway, sandbox_server, faults, path, how):
    order, key = fresh()
    gateway.charge(order, key, 40_00, test_card(sandbox_server))
    faults(path, **how)

    assert gateway.find_by_reference(order).ok is False


# What a question comes to when the processor knows no such thing. The SDK takes a refused delete for a yes.
NOT_THERE = {"find": None, "find_dispute": None, "cards": (), "delete_card": None, "make_default": CardNotFound}
REFUSED = {"delete_card": None}


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 404}, {"status": 422}, {"status": 200, "body": "oops"}])
@pytest.mark.parametrize("name", QUESTIONS)
def test_nothing_of_the_sdk_comes_out_of_a_question(gateway, faults, name, answer):
    _, ask = QUESTIONS[name]
    expected = {404: NOT_THERE, 422: REFUSED}.get(answer["status"], {}).get(name, GatewayUnavailable)
    faults("", "status", **answer)

    if isinstance(expected, type):
        with pytest.raises(expected):
            ask(gateway)
    else:
        assert ask(gateway) == expected


def test_a_processor_that_dies_between_taking_and_answering_still_knows(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    order, key = fresh()
    first = alone(tmp_path, port)
    gateway = BraintreeAdapter(account_at(port))
    server = Remote(port)
    server.control("faults", [{"match": SALE, "action": "apply_then_delay", "seconds": 20}])
    results = []
    charging = threading.Thread(target=lambda: results.append(gateway.charge(order, key, 40_00, test_card(server))))
    charging.start()
    time.sleep(0.5)
    first.kill()
    first.wait()
    charging.join()

    second = alone(tmp_path, port)
    try:
        assert [result.outcome for result in results] == [Outcome.UNKNOWN]
        assert [fact.cents for fact in gateway.find_by_reference(order).facts] == [40_00]
    finally:
        second.kill()
        second.wait()
