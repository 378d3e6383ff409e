"""What every answer tells the browser, and what the cookies promise."""

import re
from dataclasses import replace

import pytest
from flask import g

from app import create_app
from views.headers import card_hosts, policy

PAGE = (
    "default-src 'none'; script-src 'nonce-R'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def without_nonce(header: str) -> str:
    return re.sub(r"'nonce-[\w-]{22}'", "'nonce-R'", header)


@pytest.mark.parametrize("url", ["/sign-in", "/practice/sign-in", "/", "/no-such-page", "/static/app.js"])
def test_every_answer_carries_the_protecting_headers(client, url):
    with client.get(url) as answer:
        headers = answer.headers

    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Permissions-Policy"] == "camera=(), microphone=(), geolocation=(), payment=()"
    assert without_nonce(headers["Content-Security-Policy"]) == PAGE


def test_the_nonce_of_the_header_is_on_the_scripts_and_never_the_same_twice(client):
    answers = [client.get("/sign-in") for _ in range(2)]

    nonces = [re.search(r"nonce-([\w-]+)", answer.headers["Content-Security-Policy"])[1] for answer in answers]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert set(re.findall(r'<script nonce="([^"]+)"', answer.text)) == {nonce}


def pay_policy(settings, app) -> str:
    with app.test_request_context():
        g.csp_nonce = "R"
        return policy(card_hosts(settings))


def test_the_pay_page_may_frame_the_sandbox_on_this_machine(app, settings):
    found = pay_policy(replace(settings, gateway_port=4567), app)

    assert "script-src 'self' 'nonce-R';" in found
    assert "frame-src http://127.0.0.1:4567;" in found
    assert "connect-src 'self';" in found


@pytest.mark.parametrize(("environment", "part"), [("sandbox", "sandbox."), ("production", "")])
def test_the_pay_page_reaches_braintree_and_nobody_else(app, settings, environment, part):
    found = pay_policy(replace(settings, braintree_environment=environment), app)

    assert found == (
        "default-src 'none'; script-src 'self' 'nonce-R'; style-src 'self'; "
        "img-src 'self' data: https://assets.braintreegateway.com; frame-src https://assets.braintreegateway.com; "
        f"connect-src 'self' https://api.{part}braintreegateway.com https://payments.{part}braintree-api.com; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@pytest.mark.own_app
def test_a_view_that_shows_card_fields_gets_the_pay_policy(app):
    @app.get("/card-fields")
    def card_fields():
        g.csp = "pay"
        return "fields"

    assert "frame-src http://127.0.0.1:3000" in app.test_client().get("/card-fields").headers["Content-Security-Policy"]


@pytest.mark.own_app
def test_downloads_are_sandboxed(app):
    @app.get("/paper")
    def paper():
        return app.response_class(b"%PDF-", mimetype="application/pdf")

    assert app.test_client().get("/paper").headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_pages_are_never_stored_and_files_are_kept_by_version(client):
    page = client.get("/sign-in")
    file = re.search(r'"(/static/evenly\.css\?v=\w+)"', page.text)[1]

    assert page.headers["Cache-Control"] == "no-store"
    with client.get(file) as answer:
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    with client.get("/static/evenly.css") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]


def test_pages_and_styles_travel_compressed(client):
    for url in ("/sign-in", "/static/evenly.css", "/assets/htmx.min.js"):
        with client.get(url, headers={"Accept-Encoding": "br"}) as answer:
            assert answer.headers.get("Content-Encoding") == "br", url


def test_an_encrypted_portal_holds_its_cookie_to_this_host(practice, settings):
    app = create_app(replace(settings, public_url="https://pay.example.com"))
    browser = app.test_client()

    cookie = browser.get("/sign-in", base_url="https://pay.example.com").headers["Set-Cookie"]

    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_cookie_on_this_machine_is_plain_but_not_for_scripts(client):
    cookie = client.get("/sign-in").headers["Set-Cookie"]

    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_the_log_names_the_route_and_nothing_that_was_asked(client, caplog):
    caplog.set_level("INFO", logger="evenly.access")

    client.get("/sign-in?next=/history/secret-key", headers={"User-Agent": "Ana's phone"})
    client.get("/history/secret-key?email=ana@example.com")

    written = " ".join(record.getMessage() for record in caplog.records)
    assert "GET /sign-in 200" in written
    assert "secret" not in written
    assert "ana@" not in written


def test_a_database_without_a_practice_says_what_to_run(database, settings):
    answer = create_app(settings).test_client().get("/sign-in")

    assert answer.status_code == 503
    assert "new-practice" in answer.text
