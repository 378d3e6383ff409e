"""The same payment once more: offered where it cannot charge twice, and nowhere else."""

import pytest

from gateways.braintree import BraintreeAdapter
from models import Attempt
from tests.builders import a_charge
from tests.sandbox.fixtures import account_at

SALE = "POST .*/transactions$"
NOBODY = 1  # a port where nothing listens
OFFER = "You can send this same payment again."


@pytest.fixture
def tried(dana, reads, card_of, faults):
    """A payment with a kept card that did not come through: `tried("drop")`; gives its reader and page."""

    def tried(action, **how):
        a_charge(dana, fee="100.00")
        card_of(dana)
        reader = reads(dana)
        faults(SALE, action, **how)
        return reader, reader.pay(reader.follow(reader.open("/pay"), "Pay this one"))

    return tried


def again(reader, page):
    return reader.send(page, f"/pay/{Attempt.get().key}/again")


def test_an_unheard_payment_is_sent_again_and_paid_once(tried, clock):
    reader, sending = tried("drop")
    assert OFFER not in sending.text
    clock.pass_(seconds=31)

    unsure = reader.open(sending.path)
    paid = again(reader, unsure)

    assert OFFER in unsure.text and "Try again" in unsure.buttons()
    assert "You paid $100.00" in paid.text
    assert Attempt.select().count() == 1


def test_one_that_never_left_is_sent_again_from_the_checkout(dana, reads, card_of, app, gateway):
    a_charge(dana, fee="100.00")
    card_of(dana)
    reader = reads(dana)
    page = reader.follow(reader.open("/pay"), "Pay this one")
    app.extensions["gateway"] = BraintreeAdapter(account_at(NOBODY))
    declined = reader.pay(page)
    app.extensions["gateway"] = gateway

    paid = again(reader, declined)

    assert "We cannot reach the card company right now." in declined.problem and OFFER in declined.problem
    assert declined.problem.count("Try again") == 2  # once in the reason, once to press
    assert "You paid $100.00" in paid.text
    assert Attempt.select().count() == 1


def test_keys_that_were_refused_offer_nothing_but_a_call(tried, practice):
    _, declined = tried("status", status=401)

    assert "Card payments are not working right now." in declined.problem
    assert [offer for offer in (OFFER, "Try again", "Use a different card") if offer in declined.problem] == []
    assert declined.links(practice.phone)[0].startswith("tel:")


def test_nothing_is_offered_where_the_processor_knows_no_request_keys(tried, app, sandbox_server, clock):
    app.extensions["gateway"] = BraintreeAdapter(account_at(sandbox_server.port, request_keys=False))
    reader, sending = tried("drop")
    clock.pass_(seconds=31)

    unsure = reader.open(sending.path)

    assert unsure.h1 == "We are checking on your payment" and OFFER not in unsure.text
    assert reader.browser.submit(f"/pay/{Attempt.get().key}/again").status_code == 303
    assert Attempt.get().state == "unknown"
