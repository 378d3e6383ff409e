"""The page that takes money: what it shows, computed anew from the ledger each time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from billing import carts, credit
from billing.access import Reader, reader
from billing.cards import cards, held
from billing.carts import Cart, CartLine, Choice
from billing.declines import same_card_may_work
from billing.errors import BillingError, PaidJustNow, PaymentsClosed, ShownAmountDiffers
from billing.switch import closed
from choices import ChargeKind, Layout, Right, Way
from models import Account, Charge, SavedCard, User
from money import Cents, format_dollars
from views.context import language, now, practice, say, settings, today
from views.portal import drafts
from views.portal.bill import before_parts
from views.portal.drafts import Draft
from views.portal.forms import line_field
from words import sentences

# These sentences say themselves that no money was taken.
SAYS_SO = ("dec.down", "dec.setup", "dec.closed", "dec.dup")
LISTED = 50
ALL, FIRST, SECOND = 0, 1, 2  # the whole checkout on one page, or the steps of two


@dataclass(frozen=True)
class Line:
    """One charge on the page, named as far as the reader may know; `amount` of it is paid, `owed` could be.

    `whole` is what it was before a part was paid, or 0. `visit`: it is one, or the reader may not know what it is.
    """

    charge: Charge
    label: str
    person: str
    amount: Cents
    owed: Cents
    whole: Cents
    visit: bool

    @property
    def field(self) -> str:
        return line_field(self.charge.key)

    @property
    def detail(self) -> str:
        return " · ".join(part for part in (self.label, self.person) if part)


@dataclass(frozen=True)
class CardRow:
    """A saved card as it may be picked."""

    card: SavedCard
    expired: bool

    @property
    def detail(self) -> str:
        if self.expired:
            return say("card.expired")
        marks = [key for true, key in ((self.card.main, "card.main"), (self.card.healthcare, "card.hsa")) if true]
        return " · ".join(say(key) for key in marks)


@dataclass(frozen=True)
class Page:
    """What the templates of the checkout show. `cart` is the server's, `priced` has the amounts typed so far."""

    choice: Choice
    cart: Cart
    priced: Cart
    lines: Sequence[Line]
    cards: Sequence[CardRow]
    chosen: str
    may_save: bool
    usable: Cents
    quote: str
    signed: str
    attempt_key: str
    step: int
    decline: str  # catalogue key of why the attempt `after` did not go through
    after: str
    again: bool  # that attempt itself may be sent once more
    refusal: BillingError | None

    @property
    def needs_script(self) -> bool:
        """No saved card can pay, and a new one is typed into boxes that only a script can show."""
        return all(row.expired for row in self.cards)

    @property
    def way(self) -> str:
        return str(self.cart.way)

    @property
    def listed(self) -> Sequence[Line]:
        """The lines to show as text; a long bill names only the first, since its sum says the rest."""
        return self.lines[:LISTED]

    @property
    def unlisted(self) -> int:
        return max(0, len(self.lines) - LISTED)

    @property
    def total(self) -> Cents:
        return self.priced.total

    @property
    def fixed(self) -> bool:
        """Amounts are text, because they were agreed on the page before."""
        return self.step == SECOND

    @property
    def twice(self) -> bool:
        return isinstance(self.refusal, PaidJustNow)

    @property
    def notice(self) -> str:
        """A refusal that is no mistake of the reader."""
        if isinstance(self.refusal, PaidJustNow | ShownAmountDiffers):
            return say(self.refusal.key, **self.refusal.values)
        return ""

    @property
    def button(self) -> str:
        if self.twice:
            return say("dec.dup.ok")
        return say("pay.submit") if self.fixed else say("pay.btn", amount=format_dollars(self.total))

    @property
    def plain_button(self) -> str:
        """The button's text while what is typed is no amount that could be paid."""
        return self.button if self.fixed or self.twice else say("nav.pay")

    @property
    def template(self) -> str:
        """The button's text with a place for the amount, which pay.js fills in as it is typed."""
        return self.button if self.fixed or self.twice else sentences()["pay.btn"][language()]

    @property
    def all(self) -> bool:
        """Everything payable, without naming each charge."""
        return self.choice.all and not self.cart.per_line and len(self.cart.lines) > 1

    @property
    def says_so(self) -> bool:
        """The reason itself tells that no money was taken."""
        return self.decline in SAYS_SO

    @property
    def lower_elsewhere(self) -> bool:
        """A lower amount may go through, and this page takes no other than its own."""
        return self.decline == "dec.funds" and self.cart.way == Way.MANY and not self.cart.per_line

    @property
    def other_card_first(self) -> bool:
        return not same_card_may_work(self.decline)


def page(
    user: User,
    draft: Draft,
    attempt_key: str,
    *,
    step: int = ALL,
    chosen: str = "",
    decline: str = "",
    after: str = "",
    again: bool = False,
    refusal: BillingError | None = None,
) -> Page:
    """Compute the page.

    Raises:
        BillingError: the choice cannot be paid at all now. DoesNotExist: it is not this reader's to pay.
    """
    cart = carts.cart(user, draft.choice)
    refuse_closed(cart.account)
    priced = _priced(cart, draft)
    quote = cart.quote(user, settings().secret_key)
    kept = card_rows(user) if practice().saved_cards_on else []
    return Page(
        choice=draft.choice,
        cart=cart,
        priced=priced,
        lines=_lines(reader(user), cart, priced, step),
        cards=kept,
        chosen=_chosen(kept, chosen),
        may_save=practice().saved_cards_on and not held(user, now()),
        usable=credit.usable(cart.account),
        quote=quote,
        signed=drafts.sign(agreed(draft, priced, quote), user) if step == SECOND else "",
        attempt_key=attempt_key,
        step=step,
        decline=decline,
        after=after,
        again=again,
        refusal=refusal,
    )


def agreed(draft: Draft, priced: Cart, quote: str) -> Draft:
    """The draft with every amount as the server priced it."""
    amounts = {line.charge.key: line.amount for line in priced.lines}
    return replace(draft, quote=quote, amount=priced.total, line_amounts=amounts)


def refuse_closed(account: Account) -> None:
    """Raise `PaymentsClosed` with the reason when nobody can pay this account now."""
    key = closed(practice(), account, now())
    if key:
        raise PaymentsClosed(key, phone=practice().phone, site=practice().outside_name)


def first_step() -> int:
    return FIRST if practice().checkout_layout == Layout.TWO_PAGE else ALL


def last_step() -> int:
    return SECOND if practice().checkout_layout == Layout.TWO_PAGE else ALL


def _priced(cart: Cart, draft: Draft) -> Cart:
    """With what was typed, as far as it is within bounds; the full amounts otherwise."""
    try:
        return carts.priced(cart, draft.amount, draft.line_amounts)
    except BillingError:
        return cart


def _lines(reader: Reader, cart: Cart, priced: Cart, step: int) -> list[Line]:
    """What is agreed; before that, every charge of the cart with the part the amount pays of it."""
    if step == SECOND:
        return [_line(reader, line, line.amount) for line in priced.lines]
    parts = {line.charge.id: line.amount for line in (priced if cart.way == Way.AMOUNT else cart).lines}
    return [_line(reader, line, parts.get(line.charge.id, 0)) for line in cart.lines]


def _line(reader: Reader, line: CartLine, amount: Cents) -> Line:
    label = reader.charge_label(line.charge, language())
    whole = before_parts(line.figures)
    visit = line.charge.kind == ChargeKind.SERVICE or not reader.may(line.charge.account_id, Right.SERVICES)
    return Line(line.charge, label, reader.client_name(line.charge), amount, line.figures.payable, whole, visit)


def card_rows(user: User) -> list[CardRow]:
    """The user's saved cards, the main one first."""
    return [CardRow(card, card.expired(today())) for card in cards(user)]


def _chosen(kept: Sequence[CardRow], asked: str) -> str:
    """The card the reader picked before, else the main one, else a new one."""
    able = [row.card.key for row in kept if not row.expired]
    if asked == "new" or asked in able:
        return asked
    return able[0] if able else "new"
