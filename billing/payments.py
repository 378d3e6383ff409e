"""Taking a payment: write it down, ask the processor, write down the answer. Charged once, whatever breaks.

intent   BEGIN IMMEDIATE, checks, INSERT attempt and its lines, COMMIT
ask      no transaction open; the reference and the request key were fixed with the attempt
record   BEGIN IMMEDIATE, move the state only from where it was, payment, receipt, message, COMMIT
"""

import hmac
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from billing import carts, limits, recovery, resending
from billing.cards import held
from billing.carts import Cart, Choice
from billing.consents import agree_to_keep_card
from billing.errors import BillChanged, BillingError, CardExpired, CardMissing, PaymentsClosed, ShownAmountDiffers
from billing.notes import scrubbed
from billing.outcomes import record_result
from billing.switch import closed
from choices import AttemptState
from gateways import Gateway, Nonce, Outcome, Result
from gateways import SavedCard as VaultCard
from models import Attempt, AttemptEvent, AttemptLine, Practice, SavedCard, User, db
from money import Cents, format_dollars
from words import local_day

Clock = Callable[[], datetime]
REFERENCE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class NewCard:
    """A card the client typed into the processor's fields; `keep` is the ticked "Save this card"."""

    nonce: str = field(repr=False)
    keep: bool = False


@dataclass(frozen=True)
class Order:
    """Everything the pay page posts. Amounts are cents and only those the client may type are read.

    `shown` is the amount on the button that was pressed; `card` a new card or the key of a saved one;
    `again` an explicit second tap after "you just paid".
    """

    choice: Choice
    quote: str
    attempt_key: str
    card: NewCard | str
    amount: Cents | None = None
    line_amounts: Mapping[str, Cents | None] = field(default_factory=dict)
    shown: Cents | None = None
    note: str = ""
    receipt_email: str = ""
    language: str = "en"
    ip: str = ""
    again: bool = False


def take(user: User, order: Order, *, gateway: Gateway, secret: str, clock: Clock) -> Attempt:
    """Charge what was ordered, once.

    Safe to call again with the same `attempt_key`: the same attempt comes back, and the processor is asked again only
    when nothing ever reached it (docs/decisions).
    What the processor said is in `attempt.state` and `attempt.decline_key`, never an exception.

    Raises:
        BillingError: a rule said no; nothing was written and nothing asked.
        DoesNotExist: a charge, account or card that is not this user's.
    """
    attempt, new = _intend(user, order, secret, clock())
    if not new and not _posted_again(attempt, user, order, gateway, secret, clock()):
        return attempt
    record_result(attempt, _ask(attempt, _source(attempt, order.card), gateway, repeated=not new), clock())
    return recovery.look(attempt, gateway, clock())


def may_send_again(attempt: Attempt, gateway: Gateway, now: datetime) -> bool:
    """Whether to offer "Try again" for the very same attempt."""
    return resending.by_saved_card(attempt, gateway, now) and closed(Practice.the(), attempt.account, now) is None


def send_again(attempt: Attempt, *, gateway: Gateway, clock: Clock) -> Attempt:
    """Ask once more for the same payment with the same kept card, or change nothing where that is not safe.

    For an attempt in doubt only an approval counts: anything else says nothing of the first request.
    """
    now, doubted = clock(), attempt.state == AttemptState.UNKNOWN
    if not may_send_again(attempt, gateway, now) or not resending.found_nothing(attempt, gateway, now):
        return attempt
    with db.atomic():
        if not resending.still_payable(attempt) or not resending.claim(attempt, now):
            return attempt
    result = _ask(attempt, _source(attempt), gateway, repeated=True)
    if doubted and result.outcome != Outcome.APPROVED:
        result = Result(Outcome.UNKNOWN, staff_text=result.staff_text, alert=result.alert)
    record_result(attempt, result, clock())
    return recovery.look(attempt, gateway, clock())


def checked(user: User, order: Order, secret: str, now: datetime) -> Cart:
    """The cart an order would pay, with every rule checked that needs no card; the two-page layout's first step.

    Raises what `take` raises.
    """
    cart = carts.cart(user, order.choice)
    why = closed(Practice.the(), cart.account, now)
    if why:
        raise PaymentsClosed(why, phone=Practice.the().phone, site=Practice.the().outside_name)
    if not hmac.compare_digest(cart.quote(user, secret).encode(), order.quote.encode()):
        raise BillChanged()
    cart = carts.priced(cart, order.amount, order.line_amounts)
    scrubbed(order.note)
    return cart


def _intend(user: User, order: Order, secret: str, now: datetime) -> tuple[Attempt, bool]:
    with db.atomic():
        earlier = Attempt.get_or_none(attempt_key=order.attempt_key)
        if earlier:
            return _same(earlier, user), False
        cart, card = _allowed(user, order, secret, now)
        if not order.again:
            limits.check_duplicate(user, cart, order.language, now)
        return _write_down(user, order, cart, card, now), True


def _posted_again(attempt: Attempt, user: User, order: Order, gateway: Gateway, secret: str, now: datetime) -> bool:
    """Whether a page that posts once more may send its attempt again: it never left, and asks for the same."""
    new_card = isinstance(order.card, NewCard) and order.card.nonce
    allowed = resending.by_nonce(attempt, now) if new_card else resending.by_saved_card(attempt, gateway, now)
    if attempt.state != AttemptState.NOT_SENT or not allowed or not resending.found_nothing(attempt, gateway, now):
        return False
    with db.atomic():
        return _asks_the_same(attempt, user, order, secret, now) and resending.claim(attempt, now)


def _asks_the_same(attempt: Attempt, user: User, order: Order, secret: str, now: datetime) -> bool:
    try:
        cart, card = _allowed(user, order, secret, now)
    except BillingError:
        return False
    if isinstance(order.card, NewCard) and order.card.keep != bool(attempt.consent_id):
        return False  # what was agreed to then is not what the box says now
    planned = {(line.charge_id, line.amount) for line in attempt.lines}
    return planned == {(line.charge.id, line.amount) for line in cart.lines} and attempt.saved_card == card


def _allowed(user: User, order: Order, secret: str, now: datetime) -> tuple[Cart, SavedCard | None]:
    """What would be paid and with which saved card, every rule checked but that of doubles."""
    cart = checked(user, order, secret, now)
    _check_shown(cart, order)
    card = _card(user, order, now)
    limits.check_tries(user, card is None, now)
    return cart, card


def _same(earlier: Attempt, user: User) -> Attempt:
    if earlier.user_id != user.id:
        raise Attempt.DoesNotExist()
    return earlier


def _check_shown(cart: Cart, order: Order) -> None:
    """The button must have named the amount that will be charged."""
    if (cart.typed or cart.per_line) and order.shown != cart.total:
        raise ShownAmountDiffers(cart.total)


def _card(user: User, order: Order, now: datetime) -> SavedCard | None:
    """The saved card to charge, or None for a new one."""
    practice = Practice.the()
    if isinstance(order.card, NewCard):
        if not order.card.nonce:
            raise CardMissing()
        return None
    if not order.card or not practice.saved_cards_on:
        raise CardMissing()
    mine = (SavedCard.user == user) & (SavedCard.key == order.card) & SavedCard.removed_at.is_null()
    card = SavedCard.get(mine)
    if card.expired(local_day(now, practice.time_zone)):
        raise CardExpired()
    return card


def _write_down(user: User, order: Order, cart: Cart, card: SavedCard | None, now: datetime) -> Attempt:
    practice = Practice.the()
    order_id = _reference()
    may_keep = practice.saved_cards_on and not held(user, now)
    keep = isinstance(order.card, NewCard) and order.card.keep and may_keep
    consent = agree_to_keep_card(user, order.language, order.ip, order_id, now) if keep else None
    attempt = Attempt.create(
        attempt_key=order.attempt_key, order_id=order_id, request_key=str(uuid.uuid4()),
        account=cart.account, user=user, way=cart.way, amount=cart.total, state=AttemptState.SENT,
        saved_card=card, consent=consent, note=scrubbed(order.note) if practice.notes_on else "",
        receipt_email=order.receipt_email, language=order.language, created_at=now, sent_at=now,
        card_brand=card.brand if card else "", card_last4=card.last4 if card else "",
    )  # fmt: skip
    for line in cart.lines:
        AttemptLine.create(attempt=attempt, charge=line.charge, amount=line.amount)
    what = f"asked for {format_dollars(cart.total)}"
    AttemptEvent.create(attempt=attempt, at=now, after=AttemptState.SENT, what=what)
    return attempt


def _reference() -> str:
    """One per attempt, never reused: a restored backup cannot adopt an older payment of the same number."""
    last = Attempt.select().order_by(Attempt.id.desc()).first()
    number = last.id + 1 if last else 1
    return f"P{number:06d}-" + "".join(secrets.choice(REFERENCE_LETTERS) for _ in range(6))


def _source(attempt: Attempt, card: NewCard | str = "") -> Nonce | VaultCard:
    return Nonce(card.nonce) if isinstance(card, NewCard) else VaultCard(attempt.saved_card.token)


def _ask(attempt: Attempt, source: Nonce | VaultCard, gateway: Gateway, *, repeated: bool) -> Result:
    """A nonce works once, so only a kept card needs its key to be asked for again."""
    assert not db.in_transaction(), "the processor is asked with no transaction open"
    save_for, keyed = attempt.user.vault_id if attempt.consent_id else None, repeated and isinstance(source, VaultCard)
    return gateway.charge(
        attempt.order_id, attempt.request_key, attempt.amount, source, save_for=save_for, repeated=keyed
    )
