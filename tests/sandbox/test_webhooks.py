"""Notifications: what is announced, signed and posted, and how often."""

import json
import random
import socket
from base64 import encodebytes
from datetime import date

import pytest

import sandbox
from sandbox import webhooks
from tests.sandbox.conftest import sdk_of, send
from tests.sandbox.fixtures import fresh
from tests.sandbox.receiver import OK, REFUSED, Receiver

SALE = {"amount": "125.00", "payment_method_nonce": "fake-valid-nonce", "options": {"submit_for_settlement": True}}
DAY = 86400


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def listened(server, receiver):
    """A sandbox of this test's own that posts to the receiver. Nothing settles before 22:00."""
    server.control("clock", {"set": "2026-03-09T15:00:00Z"})
    server.control("webhooks", {"url": receiver.url})
    return server


def settle(server):
    assert server.control("webhooks", {"wait": 10})["idle"]


def states(server):
    return [(row["kind"], row["state"], [each["status"] for each in row["tries"]]) for row in server.look("webhooks")]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A settled and paid sale, a failed refund, a dispute; whoever asks posts to its own receiver."""
    server, receiver = sandbox.start(tmp_path_factory.mktemp("hooks") / "s.sqlite"), Receiver()
    sdk = sdk_of(server)
    server.control("clock", {"set": "2026-03-09T15:00:00Z"})
    server.control("webhooks", {"url": receiver.url})
    sale = sdk.transaction.sale(dict(SALE)).transaction.id
    server.control("clock", {"advance": 4 * DAY})
    back = sdk.transaction.refund(sale, "25.00").transaction.id
    dispute = server.control("disputes", {"transaction_id": sale})["id"]
    settle(server)
    came = receiver.read(sdk)
    payout = next(event.disbursement.id for event in came if event.kind == "disbursement")
    yield (
        server,
        receiver,
        {"transaction": sale, "refund": back, "dispute": dispute, "disbursement": payout, "check": ""},
    )
    server.stop()
    receiver.stop()


@pytest.mark.parametrize("kind", webhooks.SUBJECTS)
def test_the_sdk_reads_every_kind(world, kind):
    server, receiver, ids = world
    name = webhooks.SUBJECTS[kind]
    id = ids["refund" if kind == "refund_failed" else name]

    sent = server.control("webhooks", {"kind": kind, "id": id})["sent"]
    settle(server)

    (event,) = receiver.read(sdk_of(server))
    assert (event.kind, str(event.timestamp)[:10]) == (kind, "2026-03-13")
    assert server.look("webhooks")[-1]["id"] == sent
    assert (event.subject["check"] is True) if name == "check" else (getattr(event, name).id == id)


def test_a_payout_by_hand_may_be_told_as_failed(world):
    server, receiver, ids = world
    for kind in ("disbursement", "disbursement_exception"):
        server.control("webhooks", {"kind": kind, "id": ids["disbursement"]})
    settle(server)

    paid, failed = (event.disbursement for event in receiver.read(sdk_of(server)))
    assert (paid.success, paid.exception_message, paid.transaction_ids) == (True, None, [ids["transaction"]])
    assert (failed.success, failed.exception_message, failed.follow_up_action) == (False, "bank_rejected", "contact_us")
    assert (paid.disbursement_date, paid.merchant_account.id) == (date(2026, 3, 12), "sandbox_credit_card")


def test_the_signature_is_the_published_one():
    content = '<notification><timestamp type="datetime">2026-03-09T15:04:05Z</timestamp><kind>check</kind>'
    payload = encodebytes(f'{content}<subject><check type="boolean">true</check></subject></notification>'.encode())

    signature = webhooks.signature("integration_merchant_id", payload.decode())

    assert signature == "integration_public_key|73676d6869a0c6e07b51b05391876c087bb4389a"


def test_the_other_merchant_signs_with_its_own_keys(listened, receiver):
    keys = {name: f"processing_rules_{name}" for name in ("merchant_id", "public_key", "private_key")}
    other = sdk_of(listened, **keys)
    sale = other.transaction.sale(dict(SALE)).transaction.id
    listened.control("webhooks", {"kind": "transaction_settled", "id": sale})
    settle(listened)

    assert receiver.read(other)[0].transaction.id == sale


def test_nothing_is_announced_while_nobody_listens(server):
    sdk = sdk_of(server)
    sale = sdk.transaction.sale(dict(SALE)).transaction.id
    server.control("clock", {"advance": 10 * DAY})

    assert sdk.transaction.find(sale).disbursement_details.success is True
    assert server.look("webhooks") == []
    assert server.control("webhooks", {"wait": 5}) == {
        "idle": True, "url": "", "hold": False, "double": False, "shuffle": False, "seed": 0, "queued": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "http://example.com/hooks"}, "127.0.0.1"),
        ({"url": "https://127.0.0.1:1/hooks"}, "127.0.0.1"),
        ({"url": "http://127.0.0.1/hooks"}, "127.0.0.1"),
        ({"url": "http://127.0.0.1:1/", "kind": "birthday"}, "unknown kind"),
        ({"url": "http://127.0.0.1:1/", "kind": "refund_failed", "id": "nosuchid"}, "no transaction"),
        ({"kind": "check"}, "url first"),
        ({"check": True}, "url first"),
        ({"colour": 1}, "unknown colour"),
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(server, given, why):
    with pytest.raises(ValueError, match=why):
        server.control("webhooks", given)

    assert server.control("webhooks", {})["url"] == ""


def test_a_receiver_proves_that_it_knows_the_keys(listened, receiver):
    assert listened.control("webhooks", {"check": True})["right"] is False
    receiver.verify = sdk_of(listened).webhook_notification.verify
    assert listened.control("webhooks", {"check": True})["right"] is True
    assert listened.control("webhooks", {"url": f"{receiver.url}?from=sandbox", "check": True})["right"] is True
    receiver.stop()
    assert listened.control("webhooks", {"check": True})["right"] is False


def test_what_is_refused_comes_again_every_hour_for_a_day(listened, receiver):
    receiver.status = REFUSED
    listened.control("webhooks", {"kind": "check"})
    for _ in range(26):
        settle(listened)
        listened.control("clock", {"advance": 3600})
    settle(listened)

    assert states(listened) == [("check", "given_up", [500] * 25)]
    assert len({form["bt_payload"] for form in receiver.forms}) == 1


def test_what_is_taken_at_last_comes_no_more(listened, receiver):
    receiver.status = REFUSED
    listened.control("webhooks", {"kind": "check"})
    settle(listened)
    receiver.status = OK
    assert listened.control("webhooks", {})["queued"] == 1
    for _ in range(3):
        listened.control("clock", {"advance": 3600})
        settle(listened)

    assert states(listened) == [("check", "delivered", [500, 200])]
    assert listened.control("webhooks", {})["queued"] == 0
    assert "payload" not in json.dumps(listened.look("webhooks"))


def test_a_receiver_that_is_not_there_counts_as_no_answer(listened, receiver):
    receiver.stop()
    listened.control("webhooks", {"kind": "check"})
    settle(listened)

    assert states(listened) == [("check", "queued", [0])]


def test_a_receiver_may_hear_everything_twice(listened, receiver):
    listened.control("webhooks", {"double": True, "kind": "check"})
    settle(listened)

    assert len(receiver.read(sdk_of(listened))) == 2
    assert states(listened) == [("check", "delivered", [200, 200])]


def test_what_is_held_comes_in_the_order_of_the_seed(listened, receiver):
    sdk, orders = sdk_of(listened), []
    listened.control("webhooks", {"hold": True, "shuffle": True, "seed": 7})
    for _ in range(6):
        orders.append(sdk.transaction.sale(SALE | {"order_id": fresh()[0]}).transaction)
        listened.control("webhooks", {"kind": "transaction_settled", "id": orders[-1].id})
    settle(listened)
    assert receiver.forms == []

    listened.control("webhooks", {"hold": False})
    settle(listened)

    came, expected = [event.transaction.id for event in receiver.read(sdk)], [sale.id for sale in orders]
    random.Random(7).shuffle(expected)
    assert came == expected


def test_a_reset_stops_the_post(listened, receiver):
    listened.control("webhooks", {"hold": True, "kind": "check"})
    listened.control("reset", {})

    assert listened.control("webhooks", {"url": receiver.url, "wait": 5})["idle"]
    assert receiver.forms == []


def test_a_receiver_that_never_answers_holds_nobody_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        server, port = sandbox.start(tmp_path / "s.sqlite"), silent.getsockname()[1]
        server.control("webhooks", {"url": f"http://127.0.0.1:{port}/", "kind": "check"})
        line, _ = silent.accept()
        assert server.control("webhooks", {"wait": 0.1})["idle"] is False
        server.stop()
        line.close()
    receiver, server = Receiver(port), sandbox.start(tmp_path / "s.sqlite")
    settle(server)

    assert states(server) == [("check", "delivered", [200])]
    assert [event.kind for event in receiver.read(sdk_of(server))] == ["check"]
    server.stop()
    receiver.stop()


def test_the_list_wants_its_header(sandbox_server):
    assert send(sandbox_server, "GET", "/__sandbox/webhooks")[0] == 403
