"""What a card can answer, what is kept of it, and when a client must wait."""

import pytest

from billing import cards
from billing.errors import (
    CardExpired,
    CardInNote,
    CardMissing,
    CardRefused,
    NoteTooLong,
    PaidJustNow,
    PaymentsClosed,
    TooManyTries,
)
from billing.payments import NewCard
from gateways import GatewayUnavailable
from models import Attempt, AttemptEvent, Consent, Payment, SavedCard, Task
from tests import builders as the
from words import say

DECLINES = {
    "funds": "dec.funds", "zip": "dec.zip", "cvv": "dec.cvc", "expired": "dec.expired", "no": "dec.generic",
    "type": "dec.type", "refused": "dec.refused", "down": "dec.down",
}  # fmt: skip


@pytest.mark.parametrize(("card", "sentence"), DECLINES.items())
def test_each_kind_of_decline_takes_no_money_and_says_why(till, card, sentence):
    ana = the.ana()
    visit = the.a_charge(ana)

    attempt = till.one(ana.user, visit, card=till.card(card))

    assert (attempt.state, attempt.decline_key) == ("declined", sentence)
    assert Payment.select().count() == 0
    assert till.one(ana.user, visit).state == "succeeded", "a declined visit can be paid at once"


def test_a_card_is_kept_only_when_asked_and_only_when_it_paid(till):
    ana = the.ana()
    visits = [the.a_charge(ana, fee=fee) for fee in ("10.00", "20.00", "30.00")]

    till.one(ana.user, visits[0])
    till.one(ana.user, visits[1], card=till.card("funds", keep=True))
    assert cards.cards(ana.user) == []

    till.one(ana.user, visits[2], card=till.card(keep=True), ip="203.0.113.9", language="es")

    kept = cards.cards(ana.user)[0]
    assert (kept.brand, kept.last4, kept.main) == ("Visa", "1111", True)
    assert kept.consent.text == say("card.save.terms", "es")
    assert (kept.consent.ip, kept.consent.language) == ("203.0.113.9", "es")


def test_a_kept_card_pays_again_without_being_typed(till):
    ana = the.ana()
    first, second = the.a_charge(ana, fee="10.00"), the.a_charge(ana, fee="20.00")
    till.one(ana.user, first, card=till.card(keep=True))

    attempt = till.one(ana.user, second, card=cards.cards(ana.user)[0].key)

    assert (attempt.state, attempt.card_last4) == ("succeeded", "1111")
    assert till.sales(attempt) == 1


def test_saved_cards_can_be_switched_off(till, saved):
    ana = the.ana()
    card = saved(ana.user)
    the.the_practice(saved_cards_on=False)

    with pytest.raises(CardMissing):
        till.one(ana.user, the.a_charge(ana), card=card.key)
    with pytest.raises(PaymentsClosed):
        cards.save(ana.user, "nonce", gateway=till.gateway, language="en", ip="", now=till.clock())
    till.one(ana.user, the.a_charge(ana, fee="11.00"), card=till.card(keep=True))
    assert Consent.select().count() == 0


@pytest.mark.parametrize("nothing", ["", NewCard("")])
def test_no_card_is_said(till, nothing):
    ana = the.ana()

    with pytest.raises(CardMissing):
        till.one(ana.user, the.a_charge(ana), card=nothing)


def test_a_card_of_somebody_else_is_not_found(till, saved):
    ana, card = the.ana(), saved(the.noor().user)

    with pytest.raises(SavedCard.DoesNotExist):
        till.one(ana.user, the.a_charge(ana), card=card.key)


def test_a_card_out_of_date_is_not_asked(till, saved):
    ana = the.ana()
    card = saved(ana.user, exp_month=10, exp_year=2026)

    with pytest.raises(CardExpired):
        till.one(ana.user, the.a_charge(ana), card=card.key)

    assert Attempt.select().count() == 0


def test_a_card_is_saved_without_paying(till):
    ana = the.ana()

    card = cards.save(ana.user, till.card("hsa").nonce, gateway=till.gateway, language="en", ip="", now=till.clock())

    assert (card.healthcare, card.funding, card.main) == (True, "prepaid", True)


def test_a_card_the_bank_does_not_vouch_for_is_not_listed(till):
    ana = the.ana()

    with pytest.raises(CardRefused) as refusal:
        cards.save(ana.user, till.card("no").nonce, gateway=till.gateway, language="en", ip="", now=till.clock())

    assert refusal.value.key == "dec.generic"
    with pytest.raises(CardMissing):
        cards.save(ana.user, "", gateway=till.gateway, language="en", ip="", now=till.clock())
    assert cards.cards(ana.user) == []


def test_a_lost_answer_about_a_card_is_not_called_a_refusal(till, faults):
    ana = the.ana()
    nonce = till.card().nonce
    faults("POST .*/(payment_methods|customers)$", "apply_then_drop", times=2)

    with pytest.raises(CardRefused) as refusal:
        cards.save(ana.user, nonce, gateway=till.gateway, language="en", ip="", now=till.clock())

    assert refusal.value.key == "card.err.unknown"


def keep_one(till, user, kind="visa"):
    """Keep a card without paying."""
    nonce = till.card(kind).nonce
    return cards.save(user, nonce, gateway=till.gateway, language="en", ip="", now=till.clock())


def test_a_card_that_was_kept_though_its_answer_was_lost_is_listed(till, faults):
    ana = the.ana()
    keep_one(till, ana.user)
    faults("POST .*/payment_methods$", "apply_then_drop")

    assert keep_one(till, ana.user, "mastercard").brand == "Mastercard"

    held = {card.token for card in till.gateway.cards(ana.user.vault_id)}
    assert {card.token for card in cards.cards(ana.user)} == held


def test_a_vault_that_cannot_be_read_after_a_lost_answer_lists_nothing(till, faults):
    ana = the.ana()
    keep_one(till, ana.user)
    faults("POST .*/payment_methods$", "drop")
    till.gateway.cards = unavailable

    with pytest.raises(CardRefused):
        keep_one(till, ana.user, "mastercard")

    assert len(cards.cards(ana.user)) == 1


def unavailable(vault_id):
    raise GatewayUnavailable()


def test_stolen_cards_cannot_be_tried_out_by_keeping_them(till):
    ana = the.ana()
    for _ in range(3):
        with pytest.raises(CardRefused):
            keep_one(till, ana.user, "no")

    with pytest.raises(TooManyTries):
        keep_one(till, ana.user)
    with pytest.raises(TooManyTries):
        till.one(ana.user, the.a_charge(ana))

    till.clock.pass_(days=1)
    assert keep_one(till, ana.user).brand == "Visa"


def test_many_tries_at_once_are_stopped_like_many_declines(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    for _ in range(5):
        the.an_attempt(ana, (visit, "1.00"), created_at=till.clock())

    with pytest.raises(TooManyTries):
        till.one(ana.user, visit)


def test_keys_refused_while_saving_a_card_are_a_task_too(till, faults):
    ana = the.ana()
    nonce = till.card().nonce
    faults("(GET|POST) .*", "status", status=401, times=3)

    with pytest.raises(CardRefused) as refusal:
        cards.save(ana.user, nonce, gateway=till.gateway, language="en", ip="", now=till.clock())

    assert (refusal.value.key, Task.get().kind) == ("dec.setup", "task.setup")


def test_removing_the_main_card_makes_the_oldest_left_the_main_one(till):
    ana = the.ana()
    first, second, third = (
        cards.save(ana.user, till.card(kind).nonce, gateway=till.gateway, language="en", ip="", now=till.clock())
        for kind in ("visa", "mastercard", "hsa")
    )
    assert cards.make_main(ana.user, third.key, gateway=till.gateway, now=till.clock()).key == third.key
    assert cards.cards(ana.user)[0] == third

    cards.remove(ana.user, third.key, gateway=till.gateway, now=till.clock())

    assert [(card.id, card.main) for card in cards.cards(ana.user)] == [(first.id, True), (second.id, False)]
    assert third.token not in {card.token for card in till.gateway.cards(ana.user.vault_id)}


def test_the_last_card_may_go_too(till):
    ana = the.ana()
    card = cards.save(ana.user, till.card().nonce, gateway=till.gateway, language="en", ip="", now=till.clock())

    cards.remove(ana.user, card.key, gateway=till.gateway, now=till.clock())

    assert cards.cards(ana.user) == []
    with pytest.raises(SavedCard.DoesNotExist):
        cards.remove(ana.user, card.key, gateway=till.gateway, now=till.clock())
    with pytest.raises(SavedCard.DoesNotExist):
        till.one(ana.user, the.a_charge(ana), card=card.key)


def test_the_same_card_is_listed_once(till):
    ana = the.ana()
    kept = cards.save(ana.user, till.card().nonce, gateway=till.gateway, language="en", ip="", now=till.clock())
    again = till.gateway.cards(ana.user.vault_id)[0]

    assert cards.keep(ana.user, again, kept.consent) == kept


def test_the_same_payment_twice_in_ten_minutes_stops(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="100.00")
    till.one(ana.user, visit, amount=20_00)
    till.clock.pass_(minutes=9)

    with pytest.raises(PaidJustNow) as refusal:
        till.one(ana.user, visit, amount=20_00)

    assert refusal.value.values == {"amount": "$20.00", "time": "12:00 PM"}
    assert till.one(ana.user, visit, amount=20_00, again=True).state == "succeeded"


def test_another_amount_visit_or_time_is_another_payment(till):
    ana = the.ana()
    visit, other = the.a_charge(ana, fee="100.00"), the.a_charge(ana, fee="100.00")
    till.one(ana.user, visit, amount=20_00)

    assert till.one(ana.user, visit, amount=21_00).state == "succeeded"
    assert till.one(ana.user, other, amount=20_00).state == "succeeded"
    assert till.one(the.helen(ana).user, visit, amount=20_00).state == "succeeded"
    till.clock.pass_(minutes=10)
    assert till.one(ana.user, visit, amount=20_00).state == "succeeded"


def test_the_same_amount_toward_the_same_account_stops(till):
    ana = the.ana()
    the.a_charge(ana, fee="100.00")
    till.toward(ana, amount=20_00)

    with pytest.raises(PaidJustNow):
        till.toward(ana, amount=20_00)


def test_the_same_visits_picked_in_another_way_are_the_same_payment(till):
    ana = the.ana()
    visit = the.a_charge(ana, fee="100.00")
    till.toward(ana, amount=20_00)

    with pytest.raises(PaidJustNow):
        till.one(ana.user, visit, amount=20_00)
    till.clock.pass_(minutes=10)
    till.one(ana.user, visit, amount=20_00)
    with pytest.raises(PaidJustNow):
        till.toward(ana, amount=20_00)


def test_after_five_declines_in_an_hour_the_client_waits(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    for _ in range(5):
        till.one(ana.user, visit, card=till.card("funds"))

    with pytest.raises(TooManyTries) as refusal:
        till.one(ana.user, visit)

    assert refusal.value.values == {"phone": "(312) 555-0100"}
    till.clock.pass_(hours=1)
    assert till.one(ana.user, visit).state == "succeeded"


def test_after_ten_declines_in_a_day_the_client_waits_longer(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    for _ in range(2):
        for _ in range(5):
            till.one(ana.user, visit, card=till.card("funds"))
        till.clock.pass_(hours=2)

    with pytest.raises(TooManyTries):
        till.one(ana.user, visit)

    till.clock.pass_(hours=20)
    assert till.one(ana.user, visit).state == "succeeded"


def test_a_fourth_different_new_card_in_a_day_waits_but_a_saved_one_pays(till, saved):
    ana = the.ana()
    visits = [the.a_charge(ana, fee=f"{n}.00") for n in range(10, 15)]
    for visit, card in zip(visits, ("visa", "mastercard", "hsa"), strict=False):
        till.one(ana.user, visit, card=till.card(card))

    with pytest.raises(TooManyTries):
        till.one(ana.user, visits[3])

    assert till.one(ana.user, visits[3], card=saved(ana.user).key).state == "succeeded"


@pytest.mark.parametrize(
    ("note", "refusal"),
    [
        ("x" * 201, NoteTooLong),
        ("my card is 4111 1111 1111 1111", CardInNote),
        ("call 4111-1111-1111-1111 now", CardInNote),
        ("4111 1111\n1111\u00a01111", CardInNote),
        ("ref 994111111111111111", CardInNote),
    ],
)
def test_a_note_with_a_card_number_or_too_long_is_refused(till, note, refusal):
    ana = the.ana()

    with pytest.raises(refusal):
        till.one(ana.user, the.a_charge(ana), note=note)


def test_a_note_is_kept_and_never_sent(till):
    ana = the.ana()

    attempt = till.one(ana.user, the.a_charge(ana), note="  For the 5th, phone 312 555 0101 and 1234567890123 ")

    assert Payment.get(attempt=attempt).note == "For the 5th, phone 312 555 0101 and 1234567890123"
    assert "312 555" not in repr(till.gateway.find_by_reference(attempt.order_id))


def test_a_note_is_dropped_where_notes_are_off(till):
    the.the_practice(notes_on=False)
    ana = the.ana()

    assert till.one(ana.user, the.a_charge(ana), note="hello").note == ""


def test_paying_is_refused_while_payments_are_off(till):
    ana = the.ana()
    visit = the.a_charge(ana)
    the.the_practice(payments_on=False)

    with pytest.raises(PaymentsClosed) as refusal:
        till.one(ana.user, visit)

    assert refusal.value.key == "home.off"


def test_keys_the_processor_refuses_are_a_task_for_staff(till, faults):
    ana = the.ana()
    faults("POST .*/transactions$", "status", status=401)

    attempt = till.one(ana.user, the.a_charge(ana))

    assert (attempt.state, attempt.decline_key) == ("not_sent", "dec.setup")
    assert Task.get().kind == "task.setup"
    assert [event.after for event in AttemptEvent.select()] == ["sent", "not_sent"]
