"""Saved cards: what the vault keeps for a user, and who may remove it. We hold only what a receipt may show."""

import uuid
from datetime import datetime

from billing import limits
from billing.consents import KEPT_ALONE, agree_to_keep_card
from billing.declines import decline_key
from billing.errors import BillingError, CardMissing, CardRefused, PaymentsClosed
from billing.tasks import raise_task
from gateways import Card, Gateway, GatewayUnavailable, Nonce, Outcome
from models import Consent, Practice, SavedCard, User, db
from words import show_instant


class CardsHeld(BillingError):
    """Somebody began anew with this login less than a day ago: its cards stay as they are. Paying with them goes on."""

    key = "cards.held"

    def __init__(self, user: User) -> None:
        super().__init__(time=show_instant(user.cards_held_until, Practice.the().time_zone, user.language))


def held(user: User, now: datetime) -> bool:
    """Whether the cards of this user may not be changed yet."""
    return user.cards_held_until is not None and now < user.cards_held_until


def cards(user: User) -> list[SavedCard]:
    """The user's saved cards, the main one first."""
    kept = (SavedCard.user == user) & SavedCard.removed_at.is_null()
    return list(SavedCard.select().where(kept).order_by(SavedCard.main.desc(), SavedCard.id))


def save(user: User, nonce: str, *, gateway: Gateway, language: str, ip: str, now: datetime) -> SavedCard:
    """Keep a card without paying: the bank checks it for $0 first.

    Raises:
        PaymentsClosed: the practice does not keep cards. CardMissing: no nonce. TooManyTries, CardsHeld: wait.
        CardRefused: the bank said no, or gave no answer and the vault has nothing new; nothing is listed.
    """
    if not Practice.the().saved_cards_on:
        raise PaymentsClosed("auto.none")
    _refuse_held(user, now)
    if not nonce:
        raise CardMissing()
    with db.atomic():
        limits.check_tries(user, True, now)
        consent = agree_to_keep_card(user, language, ip, f"{KEPT_ALONE}{uuid.uuid4()}", now)
    result = gateway.save_card(user.vault_id, Nonce(nonce))
    if result.alert:
        raise_task("task.setup", now, detail=result.staff_text)
    card = _kept_anyway(user, gateway) if result.outcome == Outcome.UNKNOWN else result.card
    if card is None or not can_be_listed(card):
        raise _refused(result.outcome, decline_key(result.outcome, result.reason, result.decline_code))
    return keep(user, card, consent)


def can_be_listed(card: Card) -> bool:
    """The vault has it and told what a reader must see of it."""
    return bool(card.token) and len(card.last4) == 4 and 1 <= card.exp_month <= 12


def keep(user: User, card: Card, consent: Consent) -> SavedCard:
    """List a card the vault holds; the first one is the main card. The same token is listed once."""
    with db.atomic():
        known = SavedCard.get_or_none(token=card.token)
        if known:
            return known
        return SavedCard.create(
            user=user, token=card.token, brand=card.brand, last4=card.last4, exp_month=card.exp_month,
            exp_year=card.exp_year, funding=_funding(card), healthcare=card.healthcare,
            main=not cards(user), consent=consent,
        )  # fmt: skip


def mine(user: User, key: str) -> SavedCard:
    """This user's card, not removed; else `DoesNotExist`."""
    return SavedCard.get((SavedCard.user == user) & (SavedCard.key == key) & SavedCard.removed_at.is_null())


def remove(user: User, key: str, *, gateway: Gateway, now: datetime) -> SavedCard:
    """Forget a card at the processor, then here; the oldest left becomes the main one.

    Raises:
        DoesNotExist: not this user's. CardsHeld: not yet. GatewayUnavailable: nothing changed.
    """
    card = mine(user, key)
    _refuse_held(user, now)
    forget(card, gateway=gateway, now=now)
    return card


def forget(card: SavedCard, *, gateway: Gateway, now: datetime) -> None:
    """Have the vault forget a card that nobody may keep any longer. Raises GatewayUnavailable: nothing changed."""
    gateway.delete_card(card.token)
    with db.atomic():
        SavedCard.update(removed_at=now, main=False).where(SavedCard.id == card.id).execute()
        left = cards(card.user)
        if left and not left[0].main:
            SavedCard.update(main=True).where(SavedCard.id == left[0].id).execute()


def make_main(user: User, key: str, *, gateway: Gateway, now: datetime) -> SavedCard:
    """Use this card first from now on, here and at the processor. Raises CardsHeld."""
    card = mine(user, key)
    _refuse_held(user, now)
    gateway.make_default(card.token)
    with db.atomic():
        SavedCard.update(main=False).where((SavedCard.user == user) & SavedCard.main).execute()
        SavedCard.update(main=True).where(SavedCard.id == card.id).execute()
    return card


def _refuse_held(user: User, now: datetime) -> None:
    if held(user, now):
        raise CardsHeld(user)


def _kept_anyway(user: User, gateway: Gateway) -> Card | None:
    """After no answer: what the vault holds and we do not list. Nobody can remove a card they do not see."""
    listed = {card.token for card in SavedCard.select().where(SavedCard.user == user)}
    try:
        return next((card for card in gateway.cards(user.vault_id) if card.token not in listed), None)
    except GatewayUnavailable:
        return None


def _refused(outcome: Outcome, key: str) -> CardRefused:
    return CardRefused("card.err.unknown" if outcome == Outcome.UNKNOWN else key, phone=Practice.the().phone)


def _funding(card: Card) -> str:
    return "prepaid" if card.prepaid else "debit" if card.debit else "credit"
