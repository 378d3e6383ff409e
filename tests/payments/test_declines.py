"""Answers that took no money: how they are found, and what is told of them."""

from datetime import timedelta

import pytest

from billing import recovery
from billing.declines import decline_key
from billing.errors import TooManyTries
from billing.limits import double_of
from gateways import Outcome, Reason, Standing
from gateways.braintree import declines
from models import Attempt
from tests import builders as the
from tests.payments.test_once import Answering, a_fact
from words import say, sentences


@pytest.mark.parametrize(("reason", "key"), [(Reason.TRY_LATER, "dec.down"), (Reason.SETUP, "dec.setup")])
def test_what_never_left_is_our_side_and_not_the_card(reason, key):
    assert decline_key(Outcome.NOT_SENT, reason, "") == key


@pytest.mark.parametrize("language", ["en", "es"])
def test_no_sentence_says_lost_stolen_or_fraud(language):
    said = " ".join(text[language] for key, text in sentences().items() if key.startswith("dec.")).lower()

    assert [word for word in ("lost", "stolen", "fraud", "perdida", "robada", "fraude") if word in said] == []


def test_the_processors_own_words_are_for_the_log_and_for_staff(till, caplog):
    caplog.set_level("INFO", "evenly.payments")
    ana = the.ana()

    attempt = till.one(ana.user, the.a_charge(ana), card=till.card("funds"))

    assert attempt.staff_text == "2001 Insufficient Funds"
    assert f"attempt {attempt.order_id}: declined 2001 Insufficient Funds" in caplog.text


def ago(till, minutes):
    return till.clock() - timedelta(minutes=minutes)


def in_doubt(till, ana):
    """An attempt of $150.00 that got no answer."""
    about = {"created_at": till.clock(), "sent_at": till.clock()}
    return the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="unknown", **about)


@pytest.mark.parametrize(("code", "key"), [("2001", "dec.funds"), ("2013", "dec.generic"), ("fraud", "dec.refused")])
def test_a_refusal_that_only_a_search_finds_says_why_too(till, code, key):
    attempt = in_doubt(till, the.ana())
    refused = a_fact(attempt, standing=Standing.DECLINED, decline_code=code, reason=declines.reason(code))

    recovery.look(attempt, Answering(refused), ago(till, -2))

    assert (attempt.state, attempt.decline_key, attempt.staff_text) == ("declined", key, code)


@pytest.mark.parametrize(("minutes", "key"), [(9, "dec.dup"), (11, "dec.generic")])
def test_a_bank_that_takes_it_for_a_double_is_believed_where_there_was_one(till, minutes, key):
    ana = the.ana()
    till.one(ana.user, the.a_charge(ana, fee="150.00"))
    till.clock.pass_(minutes=minutes)
    attempt = in_doubt(till, ana)
    refused = a_fact(attempt, standing=Standing.DECLINED, decline_code="2016", reason=Reason.USE_OTHER)

    recovery.look(attempt, Answering(refused), ago(till, -2))

    double = double_of(attempt, "en")
    assert attempt.decline_key == key
    assert (double and double.values["amount"]) == ("$150.00" if key == "dec.dup" else None)


def test_what_was_sent_again_may_be_a_double_of_what_was_asked_for_later(till):
    ana = the.ana()
    attempt = in_doubt(till, ana)
    till.clock.pass_(minutes=60)
    till.one(ana.user, the.a_charge(ana, fee="150.00"))
    Attempt.update(sent_at=till.clock()).execute()
    refused = a_fact(attempt, standing=Standing.DECLINED, decline_code="2016", reason=Reason.USE_OTHER)

    recovery.look(Attempt.get_by_id(attempt.id), Answering(refused), ago(till, -2))

    assert Attempt.get_by_id(attempt.id).decline_key == "dec.dup"


def test_whoever_must_wait_is_told_how_long(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    for hours in range(2, 12):
        the.an_attempt(ana, (visit, "1.00"), state="declined", created_at=ago(till, 60 * hours))

    with pytest.raises(TooManyTries) as refusal:
        till.one(ana.user, visit)

    assert "wait 1 day" in say(refusal.value.key, "en", **refusal.value.values)
