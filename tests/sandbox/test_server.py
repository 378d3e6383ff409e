"""The door: keys, hosts, bodies, speed, and what is never kept."""

import base64
import gzip
import io
import json
import re
import signal
import socket
import sqlite3
import threading
import time
from contextlib import redirect_stderr
from http.client import HTTPConnection

import pytest

import sandbox
from gateways.braintree.sdk import braintree
from sandbox.__main__ import main
from sandbox.server import Remote, Running
from tests.sandbox.conftest import codes, sdk_of, send
from tests.sandbox.fixtures import alone, test_card
from tests.sandbox.receiver import Receiver

MERCHANT = "/merchants/integration_merchant_id"
KEYS = {"Authorization": "Basic " + base64.b64encode(b"integration_public_key:integration_private_key").decode()}
ORDER = braintree.TransactionSearch.order_id
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


def test_an_answer_leaves_in_one_segment(sandbox_server, monkeypatch):
    write, written = socket.SocketIO.write, []
    monkeypatch.setattr(socket.SocketIO, "write", lambda raw, data: written.append(bytes(data)) or write(raw, data))

    status, _, body = send(sandbox_server, "GET", "/sandbox/card.css")

    assert (status, len(written)) == (200, 1)
    assert written[0].startswith(b"HTTP/1.") and written[0].endswith(body.encode())


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


def test_a_killed_process_forgets_nothing(tmp_path):
    receiver = Receiver()
    port = receiver.port
    receiver.stop()
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = Remote(free.getsockname()[1])
    process, sdk = alone(tmp_path, server.port), sdk_of(server)
    server.control("clock", {"set": "2030-03-05T12:00:00Z"})
    server.control("webhooks", {"url": f"http://127.0.0.1:{port}/", "kind": "check", "wait": 5})
    used, fresh = test_card(server).value, test_card(server).value
    sale = {"amount": "1.00", "payment_method_nonce": used, "api_request_key": "k", "order_id": "P1"}
    server.control("faults", [{"match": "POST .*/transactions$", "action": "apply_then_delay", "seconds": 20}])
    failures = []
    charging = threading.Thread(target=lambda: failures.append(_error(sdk, sale)))
    charging.start()
    while not (applied := list(sdk_of(server).transaction.search(ORDER == "P1").ids)):
        time.sleep(0.02)
    process.kill()
    process.wait()
    charging.join()

    process, receiver = alone(tmp_path, server.port), Receiver(port)
    try:
        assert failures == ["ConnectionError"]
        assert sdk.transaction.sale(dict(sale)).transaction.id == applied[0]
        assert codes(sdk.transaction.sale(sale | {"api_request_key": "other"})) == ["91564"]
        assert sdk.transaction.sale({"amount": "2.00", "payment_method_nonce": fresh}).is_success
        assert server.control("clock", {"advance": 3600})["now"].startswith("2030-03-05T13:00")
        assert server.control("webhooks", {"wait": 5})["idle"]
        assert [event.kind for event in receiver.read(sdk)] == ["check"]
    finally:
        process.kill()
        process.wait()
        receiver.stop()


def _error(sdk, sale):
    try:
        return sdk.transaction.sale(dict(sale))
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("length", ["-1", "x", "1e3"])
def test_a_length_that_is_no_number_is_refused(sandbox_server, length):
    assert send(sandbox_server, "POST", f"{MERCHANT}/transactions", None, Content_Length=length, **KEYS)[0] == 411


def test_the_log_keeps_the_last_500_and_no_nonce(server):
    sdk, nonce = sdk_of(server), test_card(server).value
    sdk.payment_method_nonce.find(nonce)
    text = json.dumps(server.look("log"))
    for _ in range(3):
        server.control("clock", {})

    assert nonce not in text and "/payment_method_nonces/(nonce)" in text
    assert server.app.log.maxlen == 500
    assert [row["path"] for row in server.look("log")][-3:] == ["/__sandbox/clock"] * 3


def test_the_command_introduces_itself_and_closes_when_interrupted(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_PORT", "0")
    monkeypatch.setenv("SANDBOX_DATABASE", str(tmp_path / "s.sqlite"))
    closed = threading.Event()
    threading.Thread(target=_interrupt, args=[closed], daemon=True).start()

    assert main() == 0
    closed.set()
    port = re.search(r"127\.0\.0\.1:(\d+)", said := capsys.readouterr().out)[1]
    assert f"BRAINTREE_ENVIRONMENT=loopback GATEWAY_PORT={port}\n" in said
    assert f"{port}/__sandbox/webhooks" in said and "flask --app app jobs" in said
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), 1)


def _interrupt(closed: threading.Event) -> None:
    """Again after a while, as a person would: an interrupt that falls into a callback is swallowed by Python."""
    for pause in (0.3, 5, 5, 5):
        if closed.wait(pause):
            return
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


@pytest.mark.parametrize("port", ["soon", "70000"])
def test_the_command_says_what_is_no_port(port, monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("GATEWAY_PORT", port)
    monkeypatch.setenv("SANDBOX_DATABASE", str(tmp_path / "s.sqlite"))

    assert main() == 1
    assert f"Port {port} cannot be used: it is not a port." in capsys.readouterr().err


def test_the_command_says_when_its_port_is_taken(sandbox_server, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_PORT", str(sandbox_server.port))
    monkeypatch.setenv("SANDBOX_DATABASE", str(tmp_path / "s.sqlite"))

    assert main() == 1
    assert f"Port {sandbox_server.port} cannot be used" in capsys.readouterr().err
