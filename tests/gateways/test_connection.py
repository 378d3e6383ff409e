"""Which keys go where, and who is built for a processor's name."""

import pytest

from config import Settings
from gateways import NotConfigured, registry
from gateways.braintree import Account, BraintreeAdapter
from gateways.braintree.connection import connect
from tests.sandbox.fixtures import account_at

REAL = {"merchant_id": "practice", "public_key": "public", "private_key": "private"}


def settings(**changes):
    return Settings(mode="test", **changes)


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_real_keys_reach_braintree_and_nobody_else(environment):
    assert "braintreegateway.com" in connect(Account(environment, **REAL)).config.environment.server
    with pytest.raises(NotConfigured, match="Loopback takes"):
        connect(Account("loopback", **REAL))


@pytest.mark.parametrize("environment", ["production", "sandbox"])
def test_the_built_in_keys_stay_on_this_machine(environment):
    keys = {name: f"integration_{name}" for name in REAL}
    with pytest.raises(NotConfigured, match="do not work in"):
        connect(Account(environment, **keys))


def test_an_answer_is_waited_for_half_a_minute_and_a_connection_five_seconds():
    config = connect(Account("production", **REAL)).config

    assert (config.timeout, config.wrap_http_exceptions, config.max_connection_idle_seconds) == ((5, 30), True, 60)
    assert config.environment.server == "api.braintreegateway.com" and config.environment.is_ssl


def test_an_environment_nobody_knows_is_refused():
    with pytest.raises(NotConfigured, match="Unknown environment"):
        connect(Account("testing", **REAL))


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_loopback_does_not_start_behind_a_proxy(monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:9")

    with pytest.raises(NotConfigured, match=name):
        connect(account_at(3000))


def test_the_registry_builds_by_name():
    gateway = registry.build(settings())

    assert isinstance(gateway, BraintreeAdapter)
    assert gateway.can.request_keys
    with pytest.raises(NotConfigured, match="Unknown processor"):
        registry.build(settings(), "abacus")


def test_request_keys_wait_for_braintree_to_confirm_them():
    real = {f"braintree_{name}": value for name, value in REAL.items()}

    assert not registry.build(settings(braintree_environment="production", **real)).can.request_keys
    confirmed = settings(braintree_environment="production", braintree_request_keys=True, **real)
    assert registry.build(confirmed).can.request_keys
