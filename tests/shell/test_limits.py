"""Each limit that is counted in memory, reached and released as the clock moves; the table says where others are."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Blueprint

from identity.strikes import whence
from models import ForgedWebhooks, WebhookDelivery
from tests.gateways.test_webhooks import form
from tests.limited import spend
from views import limits
from views.windows import CROWDED

SLOW = "You did this many times. Wait a few minutes, then try again."
URL = "/webhooks/braintree"


@pytest.fixture
def costly(app):
    """A route for each limit that counts every request."""
    pages = Blueprint("costly", __name__)
    for name in ("of_card_boxes", "of_pdfs", "of_exports", "of_own_data"):
        pages.get(f"/{name}", endpoint=name)(getattr(limits, name)(_named(name)))
    app.register_blueprint(pages)


def _named(name):
    def view():
        return "made"

    view.__name__ = view.__qualname__ = name
    return view


@pytest.mark.own_app
@pytest.mark.parametrize(
    ("name", "times", "window"),
    [
        ("of_card_boxes", 20, timedelta(hours=1)),
        ("of_pdfs", 20, timedelta(hours=1)),
        ("of_exports", 10, timedelta(days=1)),
        ("of_own_data", 5, timedelta(days=1)),
    ],
)
def test_what_costs_something_is_counted_for_each_person(costly, app, ana, rosa, clock, name, times, window):
    def ask(person):
        return app.test_client().enter(person).get(f"/{name}").status_code

    assert [ask(ana) for _ in range(times)] == [200] * times
    clock.at += window / 2
    assert (ask(ana), ask(rosa)) == (429, 200)  # who is refused does not wait longer for having asked
    clock.at += window / 2 - timedelta(seconds=1)
    assert ask(ana) == 429
    clock.at += timedelta(seconds=1)
    assert ask(ana) == 200


@pytest.mark.own_app
def test_the_limit_is_said_in_a_sentence_with_a_way_on(costly, app, ana):
    spend(app, limits.of_pdfs, f"user:{ana.id}")

    answer = app.test_client().enter(ana).get("/of_pdfs")

    assert SLOW in answer.text
    assert 'href="/of_pdfs"' in answer.text


def test_twenty_wrong_passwords_from_one_network_wait_fifteen_minutes(client, ana, clock):
    def guess(email, at="2001:db8:1:2::%d"):
        where = {"REMOTE_ADDR": at % next(numbers) if "%" in at else at}
        return client.submit("/sign-in", {"email": email, "password": "a guess"}, environ_base=where).status_code

    numbers = iter(range(1, 100))
    assert [guess(f"{number}@example.com") for number in range(20)] == [422] * 20
    assert (guess("one.more@example.com"), guess("one.more@example.com", "2001:db8:1:3::1")) == (429, 422)
    clock.pass_(minutes=14, seconds=59)
    assert guess("one.more@example.com") == 429
    clock.pass_(seconds=1)
    assert guess("one.more@example.com") == 422


@pytest.fixture
def door(app, practice):
    """`door(view)`: a page behind the limit of signing in, asked by POST without a token."""

    def door(view):
        app.extensions["csrf"].exempt(view)
        app.post("/door")(limits.of_sign_in(view))
        return lambda: app.test_client().post("/door").status_code

    return door


@pytest.mark.own_app
def test_of_many_guesses_at_once_no_more_are_looked_at_than_one_after_another(door):
    answers = []

    def view():
        answers.append(ask())  # the next guess comes before this one is answered
        return "", 422

    ask = door(view)
    ask()

    assert answers == [429] + [422] * 19


@pytest.mark.own_app
def test_what_was_right_is_not_counted(door):
    ask = door(lambda: "in")

    assert {ask() for _ in range(25)} == {200}


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("203.0.113.9", "ip:203.0.113.9"),
        ("::ffff:203.0.113.9", "ip:203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "ip:2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "ip:2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "ip:2001:db8:1:3::/64"),
        ("", "ip:"),
        ("unknown, or forged", "ip:unknown, or forged"),
    ],
)
def test_one_subscriber_is_one_network(address, who):
    assert whence(address) == who


def test_sixty_forgeries_of_one_network_are_counted_and_the_next_wait_a_minute(app, clock):
    browser = app.test_client()

    assert [browser.post(URL, data={}).status_code for _ in range(61)] == [400] * 60 + [429]
    assert ForgedWebhooks.get().count == 60
    clock.pass_(minutes=1)
    assert browser.post(URL, data={}).status_code == 400


def test_six_hundred_announcements_a_minute_are_taken_and_the_signature_comes_first(app, clock):
    browser = app.test_client()
    kept = [form("check", f'<check type="boolean">true</check><n>{number}</n>') for number in range(3)]
    spend(app, limits.of_announcements, "everyone", left=1)

    answers = [browser.post(URL, data=data).status_code for data in (kept[0], {}, kept[1], kept[1])]

    assert answers == [200, 400, 429, 429]  # what is forged is told so even then, and takes no place
    assert WebhookDelivery.select().count() == 1
    clock.pass_(seconds=59)
    assert browser.post(URL, data=kept[1]).status_code == 429
    clock.pass_(seconds=1)
    assert [browser.post(URL, data=data).status_code for data in kept[1:]] == [200, 200]
    assert WebhookDelivery.select().count() == 3


def test_what_is_over_does_not_fill_the_memory(app, clock):
    with app.app_context():
        storage = limits.limiter.storage
        for number in range(CROWDED):
            assert storage.acquire_entry(f"old {number}", 1, 60)
        clock.pass_(minutes=1)
        assert storage.acquire_entry("new", 1, 60)
        assert not storage.acquire_entry("new", 1, 60)

        assert storage.reset() == 1
        assert storage.acquire_entry("new", 1, 60)
        storage.clear("new")
        assert storage.get_moving_window("new", 1, 60)[1] == 0


def test_the_table_names_every_limit_there_is():
    said = set(re.findall(r"`(of_\w+)`", limits.__doc__))

    assert said == {name for name in vars(limits) if name.startswith("of_")}


# Row of the table -> the tests that reach it and, with the clock moved, are let through again.
SHOWN = {
    "5 in 15 minutes per person": "shell/test_sign_in.py::test_after_five_failures_even_the_right_password_waits",
    "5 in 15 minutes per session": "identity/test_second_step.py::test_strangers_at_the_door_do_not_stop_who_is_inside",
    "100 in a row": "shell/test_sign_in.py::test_after_a_hundred_failures_in_a_row_only_a_new_password_opens_it",
    "20 in 15 minutes per network": "test_twenty_wrong_passwords_from_one_network_wait_fifteen_minutes",
    "5 per sign-in": "identity/test_second_step.py::test_after_ten_wrong_codes_in_an_hour_not_even_the_right_one",
    "5 per code": "identity/test_second_step.py::test_a_short_code_is_over_after_ten_minutes_or_five_tries",
    "3 per hour per person": "identity/test_setting_up.py::test_five_wrong_codes_need_a_new_one_and_three_are_sent",
    "5 per invitation": "identity/test_joining.py::test_twenty_wrong_guesses_from_one_network_close_both_ways_for_an_h",
    "3 per hour per address": "identity/test_resets.py::test_three_links_an_hour_for_an_address_known_or_not",
    "3 per hour each": "identity/test_invites.py::test_an_invitation_is_renewed_three_times_an_hour",
    "60 in 15 minutes": "test_strangers_may_ask_for_sixty_passkeys_in_fifteen_minutes",
    "5 per hour and 10 per day": "payments/test_cards_and_limits.py::test_after_ten_declines_in_a_day_the_client_waits",
    "3 per day per person": "payments/test_cards_and_limits.py::test_a_fourth_different_new_card_in_a_day_waits",
    "20 per hour per person": "test_what_costs_something_is_counted_for_each_person",
    "10 per day per member of staff": "test_what_costs_something_is_counted_for_each_person",
    "5 per day per client": "test_what_costs_something_is_counted_for_each_person",
    "60 per minute per network": "test_sixty_forgeries_of_one_network_are_counted_and_the_next_wait_a_minute",
    "600 per minute": "test_six_hundred_announcements_a_minute_are_taken_and_the_signature_comes_first",
}


def test_each_row_of_the_table_is_reached_by_a_test_that_is_there():
    rows = [line.split("|")[2].strip() for line in limits.__doc__.splitlines() if line.startswith("| ")][1:]

    assert [row for row in rows if not any(row.startswith(often) for often in SHOWN)] == []
    for node in SHOWN.values():
        file, _, name = node.rpartition("::")
        text = (Path(__file__).parents[1] / (file or "shell/test_limits.py")).read_text(encoding="utf-8")
        assert f"\ndef {name}" in text, node


def test_strangers_may_ask_for_sixty_passkeys_in_fifteen_minutes(app, practice, clock):
    browser = app.test_client()
    token = browser.token()

    def ask():
        return browser.post("/sign-in/passkey/options", data={"csrf_token": token}).status_code

    assert [ask() for _ in range(61)] == [200] * 60 + [429]
    clock.pass_(minutes=15)
    assert ask() == 200
