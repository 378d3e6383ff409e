"""What a client is about to pay: one charge, several in full, or an amount toward the balance.

A cart is computed on the server from the ledger, twice: when the page is shown and again when it is posted.
The quote ties the two together; a bill that changed in between is shown again and nothing is charged.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace

from billing.access import Reader, reader
from billing.allocation import oldest_first
from billing.errors import (
    AccountsMixed,
    AmountMissing,
    BelowMinimum,
    InProgress,
    NothingOwed,
    NothingPicked,
    NotPayable,
    OverPayable,
)
from billing.figures import ChargeFigures
from billing.ledger import account_figure, charge_figures, charges_by_key
from choices import Right, Way
from fields import canonical_json
from models import Account, Charge, Practice, User
from money import Cents


@dataclass(frozen=True)
class Choice:
    """What the client picked, as it travels in a URL or form. `all` means every payable charge of the account."""

    way: Way
    charge_keys: tuple[str, ...] = ()
    account_key: str = ""
    all: bool = False


@dataclass(frozen=True)
class CartLine:
    """This much of this charge."""

    figures: ChargeFigures
    amount: Cents

    @property
    def charge(self) -> Charge:
        return self.figures.charge


@dataclass(frozen=True)
class Cart:
    """The server's own view of a choice. `total` is the prefilled amount for a typed way, else the fixed sum."""

    way: Way
    account: Account
    lines: tuple[CartLine, ...]
    total: Cents
    minimum: Cents
    maximum: Cents
    per_line: bool = False

    @property
    def typed(self) -> bool:
        """The client types one amount."""
        return self.way in (Way.ONE, Way.AMOUNT)

    def quote(self, user: User, secret: str) -> str:
        """A keyed hash of who, how, what is payable of each charge, the total, and where amounts are typed."""
        lines = [[line.charge.key, line.figures.payable] for line in self.lines]
        text = canonical_json([user.key, self.way, self.account.key, lines, self.maximum, self.per_line])
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def cart(user: User, choice: Choice) -> Cart:
    """Price a choice.

    Raises:
        NothingPicked, AccountsMixed, InProgress, NotPayable, NothingOwed: with the sentence to show.
        DoesNotExist: a charge or account this user has no live `pay` right on.
    """
    payer = reader(user)
    practice = Practice.the()
    if choice.way == Way.AMOUNT:
        return _toward(_account(payer, choice.account_key), practice)
    picked = _picked(payer, choice)
    if len(picked) == 1:
        return _one(picked[0], practice)
    return _many(picked, practice)


def priced(cart: Cart, amount: Cents | None, line_amounts: Mapping[str, Cents | None]) -> Cart:
    """The cart with the amounts the client typed, each checked against its bounds, in cents.

    Only a typed way reads `amount`, only per-line carts read `line_amounts` (charge key -> cents).

    Raises:
        AmountMissing, OverPayable, BelowMinimum: `field` says which input.
    """
    if cart.per_line:
        lines = [replace(line, amount=_line_amount(cart, line, line_amounts)) for line in cart.lines]
        return replace(cart, lines=tuple(lines), total=sum(line.amount for line in lines))
    if not cart.typed:
        return cart
    amount = _bounded(amount, cart.minimum, cart.maximum, "amount")
    return replace(cart, lines=preview(cart, amount), total=amount)


def preview(cart: Cart, amount: Cents) -> tuple[CartLine, ...]:
    """What `amount` cents would pay, oldest first, among the cart's charges."""
    shares = {charge.id: part for charge, part in oldest_first(amount, [line.figures for line in cart.lines])}
    return tuple(replace(line, amount=shares[line.charge.id]) for line in cart.lines if line.charge.id in shares)


def _account(payer: Reader, key: str) -> Account:
    for account in payer.allowed(Right.PAY):
        if account.key == key:
            return account
    raise Account.DoesNotExist(key)


def _picked(payer: Reader, choice: Choice) -> list[ChargeFigures]:
    if choice.all:
        account = _account(payer, choice.account_key)
        rows = [row for row in charge_figures([account], unfinished=True) if row.payable > 0]
        if not rows:
            raise NothingOwed()
        return rows
    rows = charges_by_key(choice.charge_keys)
    _check_picked(payer, choice, rows)
    return rows


def _check_picked(payer: Reader, choice: Choice, rows: list[ChargeFigures]) -> None:
    if not choice.charge_keys:
        raise NothingPicked()
    allowed = all(payer.may(row.charge.account_id, Right.PAY) for row in rows)
    if not allowed or len(rows) != len(set(choice.charge_keys)):
        raise Charge.DoesNotExist(choice.charge_keys)
    if len({row.charge.account_id for row in rows}) > 1:
        raise AccountsMixed()
    for row in rows:
        if row.state in ("in_flight", "recorded"):
            raise InProgress()
        if row.payable <= 0:
            raise NotPayable()


def _one(row: ChargeFigures, practice: Practice) -> Cart:
    most = row.payable
    least = min(practice.minimum_payment, most)
    return Cart(Way.ONE, row.charge.account, (CartLine(row, most),), most, least, most)


def _many(rows: list[ChargeFigures], practice: Practice) -> Cart:
    lines = tuple(CartLine(row, row.payable) for row in rows)
    total = sum(line.amount for line in lines)
    per_line = bool(practice.per_line_amounts)
    least = min(practice.minimum_payment, total)
    return Cart(Way.MANY, rows[0].charge.account, lines, total, least, total, per_line)


def _toward(account: Account, practice: Practice) -> Cart:
    due = account_figure(account).due
    if due == 0:
        raise NothingOwed()
    lines = [CartLine(row, row.payable) for row in charge_figures([account], unfinished=True) if row.payable > 0]
    return Cart(Way.AMOUNT, account, tuple(lines), due, min(practice.minimum_payment, due), due)


def _line_amount(cart: Cart, line: CartLine, typed: Mapping[str, Cents | None]) -> Cents:
    most = line.figures.payable
    least = min(Practice.the().minimum_payment, most)
    return _bounded(typed.get(line.charge.key), least, most, f"line-{line.charge.key}")


def _bounded(amount: Cents | None, least: Cents, most: Cents, field: str) -> Cents:
    if amount is None:
        raise AmountMissing(field=field)
    if amount > most:
        raise OverPayable(most, field)
    if amount < least:
        raise BelowMinimum(least, field)
    return amount
