"""What the client decided so far: which charges, how much, a note. In the two-page layout it travels signed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import MultiDict

from billing.carts import Choice
from billing.errors import BillingError
from billing.payments import NewCard, Order
from choices import Way
from models import Attempt, AttemptLine, User
from money import Cents, parse_dollars
from views.context import language, settings
from views.portal.forms import CheckoutForm, checkout_form, line_field

WAYS = {str(way): way for way in (Way.ONE, Way.MANY, Way.AMOUNT)}
MOST_PICKED = 500  # a page lists 50; "all" names none
ATTEMPT_KEY = re.compile(r"[\w-]{16,64}", re.ASCII)


@dataclass(frozen=True)
class Draft:
    """The first half of an order; amounts in cents, None where nothing readable was typed."""

    choice: Choice
    quote: str = ""
    amount: Cents | None = None
    line_amounts: Mapping[str, Cents | None] = field(default_factory=dict)
    note: str = ""

    def order(self, **rest: Any) -> Order:
        facts = {"quote": self.quote, "amount": self.amount, "line_amounts": self.line_amounts, "note": self.note}
        about = {"attempt_key": "", "card": "", "language": language(), "ip": request.remote_addr or ""}
        return Order(choice=self.choice, **{**about, **facts, **rest})


def choice_in(values: MultiDict[str, str]) -> Choice:
    """What a URL or a form says was picked; anything unreadable, or too much to be typed, picks nothing."""
    keys = tuple(dict.fromkeys(values.getlist("charge")))
    keys = keys if len(keys) <= MOST_PICKED else ()
    way = WAYS.get(values.get("way", ""), Way.MANY)
    return Choice(way, keys, values.get("account", ""), all=way == Way.MANY and values.get("all") == "1")


def posted(user: User) -> tuple[CheckoutForm, Draft]:
    """What the form of this request says."""
    return typed(user, request.form)


def typed(user: User, values: MultiDict[str, str]) -> tuple[CheckoutForm, Draft]:
    """What a form says that sent these; the second of two pages brings its draft back signed."""
    if "signed" in values:
        return checkout_form((), formdata=values), brought_back(user, values)
    choice = choice_in(values)
    form = checkout_form(choice.charge_keys, formdata=values)
    amounts = {key: form[line_field(key)].data for key in choice.charge_keys}
    return form, Draft(choice, values.get("quote", ""), form.amount.data, amounts, form.note.data)


def of_attempt(attempt: Attempt) -> Draft:
    """What was tried and did not go through, to be tried again with everything kept."""
    if attempt.way == Way.AMOUNT:
        return Draft(Choice(Way.AMOUNT, account_key=attempt.account.key), amount=attempt.amount, note=attempt.note)
    lines = AttemptLine.select().where(AttemptLine.attempt == attempt).order_by(AttemptLine.id)
    amounts = {line.charge.key: line.amount for line in lines}
    return Draft(Choice(Way.MANY, tuple(amounts)), amount=attempt.amount, line_amounts=amounts, note=attempt.note)


def sign(draft: Draft, user: User) -> str:
    """The draft as text that only this user can bring back, and only unchanged."""
    choice = draft.choice
    facts = [choice.way, choice.charge_keys, choice.account_key, choice.all]
    return str(_signer(user).dumps([facts, draft.quote, draft.amount, dict(draft.line_amounts), draft.note]))


def brought_back(user: User, values: MultiDict[str, str]) -> Draft:
    """The draft that `sign` wrote. Raises `BillingError` when the text is not its work."""
    try:
        facts, quote, amount, line_amounts, note = _signer(user).loads(values["signed"])
    except BadSignature:
        raise BillingError("err.csrf") from None
    way, keys, account_key, whole = facts
    return Draft(Choice(Way(way), tuple(keys), account_key, whole), quote, amount, line_amounts, note)


def shown(draft: Draft) -> Cents | None:
    """The amount the client last saw: on the button, or as text on the second of two pages."""
    if "signed" in request.form:
        return draft.amount
    try:
        return parse_dollars(request.form.get("shown", ""))
    except ValueError:
        return None


def attempt_key(values: MultiDict[str, str]) -> str:
    """The form's own key, or empty when it is not one of ours."""
    key = values.get("attempt_key", "")
    return key if ATTEMPT_KEY.fullmatch(key) else ""


def card(form: CheckoutForm) -> NewCard | str:
    """A saved card's key, or the new card typed into the processor's boxes."""
    if form.card.data != "new":
        return form.card.data or ""
    return NewCard(request.form.get("nonce", ""), keep=form.save.data)


def _signer(user: User) -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt=f"checkout-{user.key}")
