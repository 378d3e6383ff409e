"""The levers of tests and the demo, and the card page."""

import base64
import json

import pytest

import sandbox
from tests.sandbox.conftest import sdk_of, send

SALE = {"amount": "10.00", "payment_method_nonce": "fake-valid-nonce"}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/__sandbox/reset", {}, 403),
        ("POST", "/__sandbox/nothing", {"X_Sandbox": "1"}, 404),
        ("GET", "/__sandbox/reset", {"X_Sandbox": "1"}, 404),
        ("GET", "/__sandbox/log", {}, 403),
    ],
)
def test_a_lever_wants_its_header_and_its_verb(sandbox_server, method, path, headers, status):
    assert send(sandbox_server, method, path, {}, **headers)[0] == status


@pytest.mark.parametrize(
    ("lever", "given"),
    [
        ("clock", {"set": "tomorrow"}),
        ("faults", [{"action": "explode"}]),
        ("faults", [{"action": "drop", "match": "("}]),
        ("faults", [5]),
        ("faults", [{"action": "drop", "often": 3}]),
        ("faults", [{"action": "drop", "times": "often"}]),
        ("clock", [3600]),
        ("webhooks", {"url": 5}),
        ("webhooks", {"seed": "seven"}),
        ("merchant", {"id": "nobody"}),
        ("merchant", {"colour": True}),
        ("seed", {"sales": [{}]}),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(sandbox_server, lever, given):
    with pytest.raises(ValueError, match="400"):
        sandbox_server.control(lever, given)


def test_the_clock_moves(server):
    server.control("clock", {"set": "2030-05-01T12:00:00"})
    sale = sdk_of(server).transaction.sale(SALE).transaction
    server.control("clock", {"advance": 3600})

    assert sale.created_at.isoformat().startswith("2030-05-01T12:00:0")
    assert server.control("clock", {})["now"].startswith("2030-05-01T13:00:0")


def test_faults_come_in_order_and_as_often_as_asked(server):
    sdk = sdk_of(server)
    server.control("faults", [{"match": "POST .*/transactions$", "action": "status", "status": 503, "times": 2}])
    outcomes = []
    for _ in range(3):
        try:
            outcomes.append(sdk.transaction.sale(dict(SALE)).is_success)
        except Exception as error:
            outcomes.append(type(error).__name__)

    assert outcomes == ["ServiceUnavailableError", "ServiceUnavailableError", True]
    assert server.control("faults", [])["queued"] == 0


def test_a_lag_and_another_fault_may_meet(server):
    sdk = sdk_of(server)
    server.control(
        "faults", [{"action": "search_lag", "seconds": 60, "match": "POST"}, {"action": "drop", "match": "X"}]
    )
    sale = sdk.transaction.sale(dict(SALE)).transaction

    assert sdk.transaction.find(sale.id).id == sale.id
    assert list(sdk.transaction.search([]).ids) == []
    server.control("clock", {"advance": 61})
    assert list(sdk.transaction.search([]).ids) == [sale.id]


def test_a_reset_forgets_everything(server):
    sdk_of(server).transaction.sale(dict(SALE))
    server.control("merchant", {"avs": True})

    server.control("reset", {})

    assert list(sdk_of(server).transaction.search([]).ids) == []
    assert server.control("merchant", {})["avs"] is False


def test_a_reset_keeps_how_the_sandbox_was_started(tmp_path):
    server = sandbox.start(tmp_path / "s.sqlite", browser_hosts="braintree")
    server.control("reset", {})

    told = base64.b64decode(sdk_of(server).client_token.generate()).decode()
    assert "api.sandbox.braintreegateway.com" in told
    server.stop()


def test_the_log_tells_what_was_asked_and_nothing_more(server):
    sdk_of(server).transaction.sale({**SALE, "order_id": "P000042-7K3F9Q"})

    (row,) = json.loads(send(server, "GET", "/__sandbox/log", X_Sandbox="1")[2])

    assert row.pop("ms") < 1000
    path = "/merchants/integration_merchant_id/transactions"
    assert row == {"method": "POST", "path": path, "order_id": "P000042-7K3F9Q", "status": 201}


def test_a_practice_can_start_with_cards_and_a_past(server):
    card = {"token": "demo-ana", "brand": "Mastercard", "last4": "4444", "exp_month": 5, "exp_year": 2020}
    refund = {"id": "back1", "order_id": "P1-R1", "cents": 5_00, "at": "2026-01-03T12:00:00Z"}
    sale = {"id": "old1", "order_id": "P1", "cents": 20_00, "at": "2026-01-01T12:00:00Z", "token": "demo-ana"}
    sale |= {"settled_at": "2026-01-02T06:00:00Z", "disbursed_on": "2026-01-05", "refunds": [refund]}
    given = {"customers": [{"id": "ana", "cards": [card | {"healthcare": True}]}], "sales": [sale]}
    for _ in range(2):
        server.seed(given)
    sdk = sdk_of(server)

    (kept,) = sdk.customer.find("ana").credit_cards
    assert (kept.card_type, kept.expired, kept.healthcare, kept.default) == ("MasterCard", True, "Yes", True)
    past = sdk.transaction.find("old1")
    assert (past.status, past.settlement_batch_id[:10], past.refund_ids) == ("settled", "2026-01-02", ["back1"])
    assert str(past.disbursement_details.settlement_amount) == "20.00"
    assert sdk.transaction.find("back1").refunded_transaction_id == "old1"
    assert sdk.transaction.sale({"amount": "1.00", "payment_method_token": "demo-ana"}).is_success


@pytest.mark.parametrize(
    ("lang", "words"), [("", "Not enough money"), ("es", "Fondos insuficientes"), ("xx", "Wrong ZIP")]
)
def test_the_card_page_offers_cards_by_outcome_and_nothing_to_type(sandbox_server, lang, words):
    status, headers, text = send(sandbox_server, "GET", f"/sandbox/card?origin=http://localhost:8000&lang={lang}")

    assert (status, words in text, "SANDBOX" in text) == (200, True, True)
    assert 'type="text"' not in text and "<input" in text
    assert "frame-ancestors http://localhost:8000" in headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "origin", ["", "https://evil.example", "http://127.0.0.1.evil.example", "http://localhost:1/x"]
)
def test_the_card_page_talks_to_this_machine_only(sandbox_server, origin):
    assert send(sandbox_server, "GET", f"/sandbox/card?origin={origin}")[0] == 400


def test_a_card_that_is_not_offered_gives_no_nonce(sandbox_server):
    with pytest.raises(ValueError, match="404"):
        sandbox_server.pick("4111111111111111")


@pytest.mark.parametrize(("name", "type"), [("card.js", "text/javascript"), ("card.css", "text/css")])
def test_the_card_page_brings_its_own_files(sandbox_server, name, type):
    assert send(sandbox_server, "GET", f"/sandbox/{name}")[1]["Content-Type"].startswith(type)
