"""What the sandbox's own tests stand on: the server, the unmodified SDK, and plain HTTP."""

import base64
import json
from http.client import HTTPConnection

import pytest

import sandbox
from gateways.braintree.connection import connect
from tests.sandbox.fixtures import account_at, faults, gateway, sandbox_server

KEYS = {"Authorization": "Basic " + base64.b64encode(b"integration_public_key:integration_private_key").decode()}
__all__ = ["faults", "gateway", "sandbox_server"]


@pytest.fixture
def server(tmp_path):
    """A sandbox of this test's own, for clocks, rules and restarts."""
    running = sandbox.start(tmp_path / "sandbox.sqlite")
    yield running
    running.stop()


@pytest.fixture
def sdk(sandbox_server):
    """The SDK's own gateway, pointed at the shared sandbox."""
    return connect(account_at(sandbox_server.port))


def sdk_of(server, **facts):
    return connect(account_at(server.port, **facts))


def send(server, method, path, body=None, **headers):
    """One plain request; gives status, headers and text."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    payload = json.dumps(body) if isinstance(body, dict | list) else body
    connection.request(method, path, payload, {key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), text.decode(errors="replace")


def codes(result):
    """The numbers of a validation answer."""
    return [error.code for error in result.errors.deep_errors]
