"""Each fault that can be ordered, met by each kind of call: what the caller sees, and what was really done."""

import threading
import time

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from tests.sandbox.conftest import codes, sdk_of
from tests.sandbox.fixtures import fresh, test_card

BROKEN = "<html>gateway error"
# What is ordered, what the SDK makes of it, and whether the call was carried out.
FAULTS = {
    "busy": ({"action": "status", "status": 503}, "ServiceUnavailableError", False),
    "empty": ({"action": "status", "status": 201}, None, False),
    "broken": ({"action": "status", "status": 201, "body": BROKEN}, "ExpatError", False),
    "slow": ({"action": "delay", "seconds": 0.3}, "ReadTimeoutError", True),
    "dropped": ({"action": "drop"}, "ConnectionError", False),
    "done, slow": ({"action": "apply_then_delay", "seconds": 0.3}, "ReadTimeoutError", True),
    "done, dropped": ({"action": "apply_then_drop"}, "ConnectionError", True),
    "done, failed": ({"action": "apply_then_status", "status": 500}, "ServerError", True),
    "done, empty": ({"action": "apply_then_status", "status": 201}, None, True),
    "done, broken": ({"action": "apply_then_status", "status": 201, "body": BROKEN}, "ExpatError", True),
    "unseen": ({"action": "search_lag", "seconds": 3600}, True, True),
}


def found(sdk, order):
    return list(sdk.transaction.search(braintree.TransactionSearch.order_id == order).ids)


def sale(sdk, **source):
    order, key = fresh()
    params = {"amount": "40.00", "order_id": order, "api_request_key": key, "options": {"submit_for_settlement": True}}
    return (
        "POST .*/transactions$",
        lambda sdk: sdk.transaction.sale(params | source),
        lambda: bool(found(sdk, order)),
    )


def sale_by_nonce(server, sdk):
    return sale(sdk, payment_method_nonce=test_card(server).value)


def sale_by_token(server, sdk):
    customer = sdk.customer.create({"payment_method_nonce": test_card(server).value}).customer
    return sale(sdk, payment_method_token=customer.credit_cards[0].token)


def refund(server, sdk):
    _, sell, _ = sale_by_nonce(server, sdk)
    id, order = sell(sdk).transaction.id, fresh()[0]
    sdk.testing.settle_transaction(id)
    return (
        f"/{id}/refund$",
        lambda sdk: sdk.transaction.refund(id, {"amount": "10.00", "order_id": order}),
        lambda: bool(found(sdk, order)),
    )


def void(server, sdk):
    _, sell, _ = sale_by_nonce(server, sdk)
    id = sell(sdk).transaction.id
    return (
        f"/{id}/void$",
        lambda sdk: sdk.transaction.void(id),
        lambda: sdk.transaction.find(id).status == "voided",
    )


def outcome(call, sdk):
    try:
        result = call(sdk)
    except Exception as error:
        return type(error).__name__
    return result and result.is_success


def until(true):
    end = time.monotonic() + 5
    while not true() and time.monotonic() < end:
        time.sleep(0.01)


@pytest.mark.parametrize(("fault", "seen", "done"), FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("kind", [sale_by_nonce, sale_by_token, refund, void], ids=lambda kind: kind.__name__)
def test_a_fault_shows_as_it_should_and_does_what_it_says(sandbox_server, faults, kind, fault, seen, done):
    sdk = sdk_of(sandbox_server)
    path, call, happened = kind(sandbox_server, sdk)
    faults(path, **fault)

    assert outcome(call, sdk_of(sandbox_server, read_seconds=0.15) if "delay" in fault["action"] else sdk) == seen

    if fault["action"] == "delay":
        until(happened)
    if fault["action"] == "search_lag" and kind is not void:
        assert not happened()
        sandbox_server.control("clock", {"advance": 3600})
        try:
            assert happened()
        finally:
            sandbox_server.control("clock", {"advance": -3600})
    else:
        assert happened() is done


@pytest.mark.parametrize("kind", [sale_by_nonce, sale_by_token], ids=lambda kind: kind.__name__)
def test_a_key_whose_first_request_still_runs_is_refused(sandbox_server, faults, kind):
    sdk = sdk_of(sandbox_server)
    path, call, happened = kind(sandbox_server, sdk)
    faults(path, "apply_then_delay", seconds=0.3)
    results = []
    first = threading.Thread(target=lambda: results.append(call(sdk)))
    first.start()
    until(happened)

    assert codes(call(sdk_of(sandbox_server))) == ["915233"]
    first.join()
    assert call(sdk).transaction.id == results[0].transaction.id


def test_only_what_matches_goes_wrong_and_only_so_often(server):
    sdk = sdk_of(server)
    server.control("faults", [{"match": "GET", "action": "status", "status": 500, "times": 2}, {"action": "drop"}])
    calls = [
        lambda sdk: sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": "fake-valid-nonce"}),
        lambda sdk: sdk.transaction.find("abc"),
        lambda sdk: sdk.transaction.find("abc"),
        lambda sdk: sdk.transaction.find("abc"),
    ]

    assert [outcome(call, sdk) for call in calls] == ["ConnectionError", "ServerError", "ServerError", "NotFoundError"]


def test_a_queue_outlives_a_restart(tmp_path):
    first = sandbox.start(tmp_path / "s.sqlite")
    first.control("faults", [{"action": "status", "status": 503}])
    first.stop()
    second = sandbox.start(tmp_path / "s.sqlite", first.port)

    assert outcome(lambda sdk: sdk.transaction.find("abc"), sdk_of(second)) == "ServiceUnavailableError"
    second.stop()
