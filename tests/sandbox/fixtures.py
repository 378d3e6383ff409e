"""Fixtures around a running sandbox: `sandbox_server`, `gateway`, `faults`. Import them where needed."""

import os
import socket
import subprocess
import sys
import time
from uuid import uuid4

import pytest
import requests

import sandbox
from gateways import Nonce
from gateways.braintree import Account, BraintreeAdapter
from models import db

for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
    os.environ.pop(proxy, None)


def account_at(port, **facts):
    """The fixture merchant's keys, for a sandbox on this port."""
    keys = {"merchant_id": "integration_merchant_id", "public_key": "integration_public_key"}
    keys |= {"private_key": "integration_private_key", "request_keys": True}
    return Account(environment="loopback", port=port, **(keys | facts))


def test_card(server, key="visa"):
    """A nonce for one of the sandbox page's test cards: visa, funds, zip, cvv, silent, ..."""
    return Nonce(server.pick(key))


test_card.__test__ = False


def fresh():
    """An order id and a request key nobody has used."""
    return f"P{uuid4().hex[:10]}", str(uuid4())


def alone(folder, port):
    """`python -m sandbox` in a process of its own, once it answers."""
    environment = {"GATEWAY_PORT": str(port), "SANDBOX_DATABASE": str(folder / "s.sqlite"), "PYTHONPATH": "."}
    started = subprocess.Popen([sys.executable, "-m", "sandbox"], env=environment, stdout=subprocess.DEVNULL)
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return started
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the sandbox did not start")


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory):
    """One sandbox for the whole run; tests use their own order ids."""
    server = sandbox.start(tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", with_nothing_open(requests.Session.send))
        yield server
    server.stop()


def with_nothing_open(send):
    """No processor is ever asked while our own books are held open. No adapter can swallow this failure."""

    def watched(session, request, **how):
        if db.in_transaction():
            pytest.fail(f"{request.method} {request.url} was sent inside a transaction")
        return send(session, request, **how)

    return watched


@pytest.fixture
def gateway(sandbox_server):
    """The Braintree adapter and SDK, wired to the sandbox."""
    return BraintreeAdapter(account_at(sandbox_server.port))


@pytest.fixture
def faults(sandbox_server):
    """Order misbehaviour: `faults("POST .*/transactions$", "apply_then_drop")`; cleared afterwards."""

    def order(match, action, times=1, **how):
        sandbox_server.control("faults", [{"match": match, "action": action, "times": times, **how}])

    yield order
    sandbox_server.control("faults", [])
