"""Which side lets whom in, forms without their token, languages, and pages for what went wrong."""

import pytest
from flask import abort

from billing.errors import BelowMinimum
from models import User
from tests import builders

CLIENT_PAGES = ("/", "/pay", "/pay/checkout", "/history", "/cards", "/account")
STAFF_PAGES = ("/practice/", "/practice/transactions", "/practice/settings", "/practice/accounts")


@pytest.mark.parametrize("url", CLIENT_PAGES)
def test_a_stranger_is_sent_to_sign_in_and_back(client, url):
    answer = client.get(url)

    assert answer.status_code == 303
    assert answer.location == f"/sign-in?next={url}"


@pytest.mark.parametrize("url", STAFF_PAGES)
def test_a_stranger_at_the_practices_side_is_sent_to_the_staff_door(client, url):
    answer = client.get(url)

    assert answer.status_code == 303
    assert answer.location == f"/practice/sign-in?next={url}"


def test_a_stranger_who_posts_comes_back_to_the_start(client):
    assert client.submit("/pay").location == "/sign-in"


def test_a_fragment_for_a_stranger_becomes_the_sign_in_page(client):
    answer = client.get("/pay", headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/sign-in"
    assert "HX-Request" in answer.headers["Vary"]


@pytest.mark.parametrize("url", STAFF_PAGES)
def test_clients_do_not_find_the_practices_side(sign_in, ana, url):
    assert sign_in(ana).get(url).status_code == 404


@pytest.mark.parametrize("url", CLIENT_PAGES)
def test_staff_does_not_find_the_clients_side(sign_in, rosa, url):
    assert sign_in(rosa).get(url).status_code == 404


@pytest.mark.parametrize("url", ["/sign-in", "/practice/sign-in", "/sign-out", "/stay", "/language", "/pay"])
def test_a_form_without_its_token_is_an_old_page(client, url):
    answer = client.post(url, data={"email": "ana@example.com"})

    assert answer.status_code == 400
    assert "This page is old. Load it again and try once more." in answer.text


def test_an_old_form_offers_the_page_it_came_from(client):
    assert '<a class="btn" href="/sign-in">Load the page again</a>' in client.post("/sign-in").text
    assert '<a class="btn" href="/">Load the page again</a>' in client.post("/language").text


def test_a_token_of_another_session_is_refused(client, app):
    token = app.test_client().token()

    assert client.post("/language", data={"csrf_token": token, "language": "es"}).status_code == 400


def test_the_browsers_language_is_the_first_one(client):
    page = client.get("/sign-in", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.8"})

    assert '<html lang="es">' in page.text
    assert "Inicie sesión para pagar su cuenta" in page.text


@pytest.mark.parametrize("accepted", ["", "fr", "*", "zz;q=x"])
def test_english_is_for_everyone_else(client, accepted):
    assert '<html lang="en">' in client.get("/sign-in", headers={"Accept-Language": accepted}).text


def test_a_choice_before_signing_in_is_kept_in_the_browser(client):
    answer = client.submit("/language", {"language": "es", "next": "/sign-in?next=/history"})

    assert answer.location == "/sign-in?next=/history"
    assert {"HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert '<html lang="es">' in client.get("/sign-in").text


def test_a_choice_wins_over_the_link_that_led_here(client):
    """Letters and signing out lead to pages that are told their language."""
    answer = client.submit("/language", {"language": "en", "next": "/sign-in?next=/history&language=es&page="})

    assert answer.location == "/sign-in?next=/history&page="
    assert '<html lang="en">' in client.get(answer.location).text


def test_a_choice_on_the_sign_in_page_is_the_persons_choice(client, ana):
    client.submit("/language", {"language": "es"})
    client.sign_in(ana)

    assert User.get_by_id(ana.id).language == "es"


def test_a_forged_language_is_nobodys_choice(client, ana):
    client.set_cookie("language", "xx")
    client.sign_in(ana)

    assert User.get_by_id(ana.id).language == "en"


def test_a_persons_choice_is_kept_with_the_person(sign_in, ana):
    sign_in(ana).submit("/language", {"language": "es"})

    assert User.get_by_id(ana.id).language == "es"
    assert '<html lang="es">' in sign_in(ana).get("/no-such-page").text


def test_after_signing_out_the_page_stays_in_the_persons_language(sign_in, practice):
    tomas = builders.a_user("Tomás Rivera-Demo", language="es")
    browser = sign_in(tomas)

    assert '<html lang="es">' in browser.get(browser.submit("/sign-out").location).text


@pytest.mark.parametrize("given", [{}, {"language": "fr"}, {"language": "'; DROP TABLE user"}])
def test_no_other_language_is_taken(client, given):
    assert client.submit("/language", given).status_code == 400


def test_switching_the_language_never_leads_to_another_site(client):
    assert client.submit("/language", {"language": "es", "next": "//evil.example"}).location == "/sign-in"


@pytest.mark.own_app
@pytest.mark.parametrize(
    ("raised", "status", "sentence"),
    [
        (BelowMinimum(5_00), 422, "Amount to pay must be $5.00 or more"),
        (User.DoesNotExist(), 404, "We cannot find that page."),
        (ZeroDivisionError("secret detail"), 500, "Sorry, there is a problem with this page."),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(app, client, raised, status, sentence):
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)

    @app.get("/trouble")
    def trouble():
        raise raised

    answer = client.get("/trouble")

    assert answer.status_code == status
    assert sentence in answer.text
    assert "secret detail" not in answer.text
    assert answer.text.count("<h1") == 1


def test_too_large_a_form_is_refused_with_a_sentence(client):
    answer = client.post("/sign-in", data={"email": "x" * 2_000_000})

    assert answer.status_code == 413
    assert "more than we take at once" in answer.text and "Nothing was saved." in answer.text


def test_another_methods_address_is_simply_not_found(client):
    assert client.get("/sign-out").status_code == 405
    assert "We cannot find that page." in client.get("/sign-out").text


@pytest.mark.own_app
def test_other_refusals_are_a_page_too(app, client):
    @app.get("/teapot")
    def teapot():
        abort(418)

    assert "<h1>" in client.get("/teapot").text


def test_the_mailbox_exists_in_the_demo_only(client):
    assert client.get("/dev/outbox").status_code == 404
