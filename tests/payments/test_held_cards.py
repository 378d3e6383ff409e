"""For a day after somebody began anew, their cards stay as they are; a saved card still pays."""

from datetime import timedelta

import pytest

from billing import cards
from billing.cards import CardsHeld
from models import Consent, SavedCard
from tests import builders as the


def saved(till, user, kind="visa"):
    return cards.save(user, till.card(kind).nonce, gateway=till.gateway, language="en", ip="", now=till.clock())


def test_nothing_is_added_removed_or_put_first_until_the_day_is_over(till):
    user = the.ana().user
    first, second = saved(till, user), saved(till, user, "mastercard")
    user.cards_held_until = till.clock() + timedelta(hours=24)
    changes = [
        lambda: saved(till, user, "hsa"),
        lambda: cards.remove(user, second.key, gateway=till.gateway, now=till.clock()),
        lambda: cards.make_main(user, second.key, gateway=till.gateway, now=till.clock()),
    ]
    for change in changes:
        with pytest.raises(CardsHeld) as refusal:
            change()
        assert refusal.value.values == {"time": "Nov 21, 2026, 12:00 PM CST"}
    assert [(card.id, card.main) for card in cards.cards(user)] == [(first.id, True), (second.id, False)]

    till.clock.pass_(hours=24)
    for change in reversed(changes):
        change()
    assert [card.main for card in cards.cards(user)] == [True, False]


def test_a_saved_card_pays_meanwhile_and_a_new_one_is_not_kept(till):
    ana = the.ana()
    kept = saved(till, ana.user)
    ana.user.cards_held_until = till.clock() + timedelta(hours=24)

    first = till.one(ana.user, the.a_charge(ana, fee="10.00"), card=kept.key)
    second = till.one(ana.user, the.a_charge(ana, fee="20.00"), card=till.card("mastercard", keep=True))

    assert (first.state, second.state, second.consent) == ("succeeded", "succeeded", None)
    assert SavedCard.select().count() == Consent.select().count() == 1
