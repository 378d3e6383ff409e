"""The door where the processor announces news: signed ones are kept once, forged ones are refused and counted."""

import pytest

from billing import deliveries
from models import ForgedWebhooks, WebhookDelivery
from tests.gateways.test_webhooks import SALE, form
from views.limits import limiter

URL = "/webhooks/braintree"
CHECK = form("check", '<check type="boolean">true</check>')


@pytest.fixture(autouse=True)
def unlimited(app):
    limiter.reset()


def test_the_processor_finds_that_the_address_is_ours(world, portal):
    assert world.server.control("webhooks", {"check": True})["right"]


@pytest.mark.parametrize(
    "challenge", ["", "?bt_challenge=", "?bt_challenge=no-hex-at-all", "?bt_challenge=" + "a" * 99]
)
def test_a_challenge_that_is_none_is_not_signed(app, challenge):
    answer = app.test_client().get(URL + challenge)

    assert (answer.status_code, answer.data) == (400, b"")


def test_a_signed_notification_is_answered_at_once_and_kept_once(world, portal):
    world.server.control("webhooks", {"kind": "check", "double": True, "wait": 10})

    (row,) = WebhookDelivery.select()
    assert (row.kind, row.subject_id, row.done_at) == ("check", "", None)
    tries = [each["status"] for each in world.server.look("webhooks")[0]["tries"]]
    assert tries == [200, 200]
    assert (world.hear(), world.hear()) == (1, 0)


def test_the_answer_sets_no_cookie_and_wants_no_token(app, clock):
    answer = app.test_client().post(URL, data=CHECK)

    assert (answer.status_code, answer.data) == (200, b"")
    assert "Set-Cookie" not in answer.headers
    assert WebhookDelivery.get().received_at == clock()


@pytest.mark.parametrize(
    "sent",
    [{}, {"bt_payload": "x"}, form("transaction_settled", SALE, key="guessed"), {**CHECK, "bt_signature": "a|b"}],
    ids=["nothing", "no signature", "wrong key", "no pair"],
)
def test_a_forged_one_is_refused_without_a_word_and_counted(app, clock, caplog, sent):
    browser = app.test_client()
    answers = [browser.post(URL, data=sent) for _ in range(2)]

    assert {(each.status_code, each.data, "Set-Cookie" in each.headers) for each in answers} == {(400, b"", False)}
    assert [(row.day, row.count) for row in ForgedWebhooks.select()] == [(clock().date(), 2)]
    assert WebhookDelivery.select().count() == 0
    assert {record.levelname for record in caplog.records} <= {"INFO", "DEBUG"}
    assert (deliveries.forged(clock()), deliveries.last_heard(clock(), deliveries.LONGEST_PAUSE)) == (2, False)


def test_a_flood_of_forged_ones_is_cut_off_and_signed_ones_of_others_still_come_in(app):
    browser = app.test_client()
    for _ in range(60):
        browser.post(URL, data={})

    flooded = browser.post(URL, data={})
    other = browser.post(URL, data=CHECK, environ_base={"REMOTE_ADDR": "203.0.113.9"})

    assert (flooded.status_code, flooded.data, "Set-Cookie" in flooded.headers) == (429, b"", False)
    assert other.status_code == 200
    assert ForgedWebhooks.get().count == 60


@pytest.mark.parametrize("more", [{"padding": "x" * 300_000}, {"bt_payload": "A" * 300_000}])
def test_what_is_too_large_is_not_read(app, more):
    answer = app.test_client().post(URL, data={**CHECK, **more})

    assert (answer.status_code, answer.data, "Set-Cookie" in answer.headers) == (413, b"", False)


def test_receipt_hurries_the_job(app, gateway, clock, caplog):
    app.extensions["gateway"] = gateway
    jobs = app.extensions["jobs"]
    jobs.run_due()

    app.test_client().post(URL, data=CHECK)

    assert jobs.run_due() == {"hear what was announced": 1}
