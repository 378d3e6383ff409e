"""The door: keys, hosts, bodies, speed, and what is never kept."""

import base64
import gzip
import io
import json
import sqlite3
from contextlib import redirect_stderr
from http.client import HTTPConnection

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from sandbox.__main__ import main
from sandbox.server import Running
from tests.sandbox.conftest import sdk_of, send
from tests.sandbox.fixtures import test_card

MERCHANT = "/merchants/integration_merchant_id"
KEYS = {"Authorization": "Basic " + base64.b64encode(b"integration_public_key:integration_private_key").decode()}
NUMBER, CVV = "4012888888881881", "739"


@pytest.mark.parametrize(
    "wrong",
    [
        {"private_key": "guessed"},
        {"public_key": "guessed"},
        {"merchant_id": "processing_rules_merchant_id"},
        {"merchant_id": "somebody"},
    ],
)
def test_wrong_keys_open_nothing(sandbox_server, wrong):
    keys = {"merchant_id": "integration_merchant_id", "private_key": "integration_private_key"} | wrong
    gateway = sdk_of(sandbox_server)
    for name, value in keys.items():
        setattr(gateway.config, name, value)
    gateway.config.public_key = wrong.get("public_key", "integration_public_key")

    with pytest.raises(braintree.exceptions.AuthenticationError):
        gateway.transaction.find("abc")


@pytest.mark.parametrize("header", ["", "Basic", "Basic %%%", "Bearer x"])
def test_a_request_without_keys_is_refused(sandbox_server, header):
    assert send(sandbox_server, "GET", f"{MERCHANT}/transactions/a", Authorization=header)[::2] == (401, "")


def test_nothing_is_served_under_another_name(sandbox_server):
    assert send(sandbox_server, "GET", "/sandbox/card", Host="evil.example")[0] == 400
    with pytest.raises(ValueError, match="this machine only"):
        Running(":memory:", host="0.0.0.0")


def test_a_path_nobody_serves_is_not_found(sandbox_server):
    assert send(sandbox_server, "GET", "/")[0] == 404
    assert send(sandbox_server, "PATCH", f"{MERCHANT}/transactions/a", **KEYS)[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE a [<!ENTITY b 'c'>]><transaction><amount>&b;</amount></transaction>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<transaction>",
        "no xml",
    ],
)
def test_only_plain_xml_is_read(sandbox_server, body):
    assert send(sandbox_server, "POST", f"{MERCHANT}/transactions", body, **KEYS)[0] == 400


@pytest.mark.parametrize("body", ["{", "[]"])
def test_only_a_json_object_is_read(sandbox_server, body):
    assert send(sandbox_server, "POST", "/sandbox/card", body)[0] == 400


def test_a_huge_body_is_refused(sandbox_server):
    assert send(sandbox_server, "POST", f"{MERCHANT}/transactions", "x" * (1024 * 1024 + 1), **KEYS)[0] == 413


def test_an_empty_request_misses_everything(sandbox_server):
    status, headers, text = send(sandbox_server, "POST", f"{MERCHANT}/transactions", "", **KEYS)

    assert (status, headers["Content-Type"]) == (422, "application/xml; charset=utf-8")
    assert [code for code in ("81502", "91508", "91524") if f"<code>{code}</code>" in text] == [
        "81502",
        "91508",
        "91524",
    ]


def test_answers_are_packed_when_asked(sandbox_server):
    connection = HTTPConnection("127.0.0.1", sandbox_server.port)
    connection.request("GET", "/sandbox/card.css", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()

    assert b".stripe" in gzip.decompress(answer.read())
    connection.close()


def test_a_card_number_is_kept_nowhere(tmp_path):
    noise = io.StringIO()
    with redirect_stderr(noise):
        server = sandbox.start(tmp_path / "s.sqlite")
        sdk = sdk_of(server)
        card = {"number": NUMBER, "expiration_date": "12/2030", "cvv": CVV, "cardholder_name": "A"}
        sdk.transaction.sale({"amount": "1.00", "credit_card": card, "api_request_key": "k"})
        refused = sdk.transaction.sale({"amount": "0", "credit_card": {**card, "token": "t"}})
        sdk.customer.create({"id": "ana", "credit_card": {**card, "options": {"verify_card": True}}})
        sdk.verification.create({"credit_card": card})
        server.control("faults", [{"action": "apply_then_status", "match": "POST", "body": "<html>broken</html>"}])
        with pytest.raises(braintree.exceptions.ServerError):
            sdk.transaction.sale({"amount": "1.00", "credit_card": card})
        log = send(server, "GET", "/__sandbox/log", X_Sandbox="1")[2]
        server.stop()

    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir()).decode(errors="replace")
    for place in (everything, log, noise.getvalue(), str(refused.params)):
        assert NUMBER not in place
    dump = "\n".join(sqlite3.connect(tmp_path / "s.sqlite").iterdump())
    for place in (dump, log, str(refused.params)):
        assert f'"{CVV}"' not in place and f">{CVV}<" not in place and f"'{CVV}'" not in place


def test_a_failure_of_its_own_shows_no_card(sandbox_server, capfd):
    card = f"<credit_card><number>{NUMBER}</number></credit_card>"
    body = f"<transaction><type>sale</type>{card}<options>not nested</options></transaction>"

    status, _, text = send(sandbox_server, "POST", f"{MERCHANT}/transactions", body, **KEYS)

    assert status >= 400
    assert NUMBER not in text + "".join(capfd.readouterr())


def test_a_restart_remembers_everything(tmp_path):
    first = sandbox.start(tmp_path / "s.sqlite")
    sdk, nonce = sdk_of(first), test_card(first).value
    first.control("clock", {"advance": 3600})
    sale = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": "fake-valid-nonce", "api_request_key": "k"})
    token = sdk.client_token.generate()
    port = first.port
    first.stop()

    second = sandbox.start(tmp_path / "s.sqlite", port)
    try:
        again = {"amount": "1.00", "payment_method_nonce": "fake-valid-nonce", "api_request_key": "k"}
        assert sdk.transaction.sale(again).transaction.id == sale.transaction.id
        assert sdk.transaction.find(sale.transaction.id).created_at == sale.transaction.created_at
        assert sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": nonce}).is_success
        print_ = json.loads(base64.b64decode(token))["authorizationFingerprint"]
        path = f"{MERCHANT}/client_api/v1/configuration?authorizationFingerprint={print_}"
        assert send(second, "GET", path)[0] == 200
    finally:
        second.stop()


def test_the_command_says_when_its_port_is_taken(sandbox_server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_PORT", str(sandbox_server.port))
    monkeypatch.setenv("SANDBOX_DATABASE", str(tmp_path / "s.sqlite"))

    assert main() == 1
    assert f"Port {sandbox_server.port} cannot be used" in capsys.readouterr().err
