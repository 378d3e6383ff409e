"""Clients with a phone: Chromium in front of the real app, a server of its own per test, and the real sandbox."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from werkzeug.serving import WSGIRequestHandler, make_server

from gateways.braintree import BraintreeAdapter
from tests.builders import Person
from tests.portal.conftest import card_of  # noqa: F401
from tests.sandbox.fixtures import account_at, faults, sandbox_server  # noqa: F401


class Quiet(WSGIRequestHandler):
    """Says nothing about the requests it answers."""

    def log(self, *args):
        pass


@pytest.fixture
def settings(settings, sandbox_server):  # noqa: F811
    return replace(settings, gateway_port=sandbox_server.port)


@pytest.fixture
def app(app, sandbox_server):  # noqa: F811
    app.extensions["gateway"] = BraintreeAdapter(account_at(sandbox_server.port))
    return app


@pytest.fixture
def site(app) -> Iterator[str]:
    """The portal's address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def phone(chromium, site, sign_in):
    """`phone(ana)`: a page of a browser in which she is signed in.

    `page.hosts`: whom it spoke to. `page.wrong`: what its scripts stumbled over or the policy refused.
    """
    contexts = []

    def phone(person=None, width=390, height=844, dark=False, script=True):
        context = chromium.new_context(
            base_url=site, viewport={"width": width, "height": height}, java_script_enabled=script,
            color_scheme="dark" if dark else "light", reduced_motion="reduce",
        )  # fmt: skip
        contexts.append(context)
        if person:
            cookie = sign_in(person.user if isinstance(person, Person) else person).get_cookie("session")
            context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.hosts, page.wrong = set(), []
        page.on("request", lambda asked: page.hosts.add(urlsplit(asked.url).netloc))
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("console", lambda line: "Content Security" in line.text and page.wrong.append(line.text))
        return page

    yield phone
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe():
    """What the accessibility checker finds on a page, in words; empty is good."""
    checker = Axe()

    def find(page) -> list[str]:
        found = checker.run(page).response["violations"]
        return [f"{page.url}: {each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]

    return find
