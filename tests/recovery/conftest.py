"""A practice and a processor of each test's own, on one clock, and the portal listening for news."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from werkzeug.serving import make_server

import sandbox
from billing import deliveries, recovery
from gateways import Nonce
from gateways.braintree import BraintreeAdapter
from gateways.braintree.connection import connect
from models import Payment
from tests import builders as the
from tests.payments.conftest import Till, saved  # noqa: F401
from tests.sandbox.fixtures import account_at
from tests.sandbox.receiver import Quiet


class World(Till):
    """Takes payments, and moves the clocks of both sides together."""

    def pass_(self, **time: float) -> None:
        self.clock.pass_(**time)
        self.server.control("clock", {"set": self.clock().isoformat()})

    @property
    def testing(self):
        return connect(account_at(self.server.port)).testing

    def source(self) -> Nonce:
        return Nonce(self.server.pick("visa"))

    def paid(self, person=None, **facts):
        """A booked payment of a new visit: its attempt."""
        person = person or the.ana()
        attempt = self.one(person.user, the.a_charge(person), **facts)
        assert attempt.state == "succeeded"
        return attempt

    def settled(self, attempt):
        self.testing.settle_transaction(attempt.transaction_id)
        return attempt

    def faults(self, match, action, times=1, **how):
        self.server.control("faults", [{"match": match, "action": action, "times": times, **how}])

    def hear(self) -> int:
        """Let everything posted arrive, and work it off."""
        assert self.server.control("webhooks", {"wait": 10})["idle"]
        return deliveries.work_off(self.gateway, self.clock())

    def look(self) -> int:
        return recovery.resolve_unknown(self.gateway, self.clock())


@pytest.fixture(scope="session")
def one_processor(tmp_path_factory):
    running = sandbox.start(tmp_path_factory.mktemp("recovery") / "sandbox.sqlite")
    yield running
    running.stop()


@pytest.fixture
def sandbox_server(one_processor):
    """A processor that remembers nothing of other tests."""
    one_processor.control("reset", {})
    one_processor.control("clock", {"set": the.NOW.isoformat()})
    return one_processor


@pytest.fixture
def gateway(sandbox_server) -> BraintreeAdapter:
    return BraintreeAdapter(account_at(sandbox_server.port))


@pytest.fixture
def settings(settings, sandbox_server):
    return replace(settings, gateway_port=sandbox_server.port)


@pytest.fixture
def world(sandbox_server, gateway, clock, practice) -> World:
    return World(sandbox_server, gateway, clock)


@pytest.fixture
def portal(app, gateway, world) -> Iterator[str]:
    """The portal on a port, where the processor posts its news."""
    app.extensions["gateway"] = gateway
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.port}/webhooks/braintree"
    world.server.control("webhooks", {"url": url})
    yield url
    world.server.control("webhooks", {"url": ""})
    server.shutdown()
    server.server_close()
    thread.join()


def payment_of(attempt) -> Payment:
    return Payment.get(attempt=attempt)
