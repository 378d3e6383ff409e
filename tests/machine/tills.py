"""Clients at the till: the real adapter and library, the sandbox, faults on order, time, and the jobs that watch."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from billing import carts, payments, recovery, refund_recovery, refunds, settling
from billing.carts import Choice
from billing.errors import BillingError, PaymentsClosed
from billing.ledger import charge_figure, charge_figures
from billing.payments import NewCard, Order
from choices import AttemptState, Way
from models import Attempt, AttemptEvent, AttemptLine, Charge, Entry, MoneyBack, SavedCard
from tests.builders import the_practice
from tests.machine.ledger import PLACES, SIZES, Desk, sized

SECRET = "the machine's secret"
SALE, SEARCH, READ = r"POST .*/transactions$", "POST .*/advanced_search_ids$", r"GET .*/transactions/\w+$"
BACK, VOID = r"POST .*/transactions/\w+/refund$", r"PUT .*/transactions/\w+/void$"
FAULTS = st.sampled_from([
    {"action": "drop"}, {"action": "apply_then_drop"}, {"action": "status", "status": 503},
    {"action": "status", "status": 200}, {"action": "status", "status": 201, "body": "<transaction><id>"},
    {"action": "apply_then_status", "status": 500}, {"action": "apply_then_status", "status": 200, "body": "<html>"},
])  # fmt: skip
CARDS = st.sampled_from(["saved", "saved", "saved", "visa", "visa", "mastercard", "funds", "cvv"])
WAYS = st.sampled_from(["one", "one", "many", "all", "amount"])
HOURS = st.sampled_from([0.02, 0.2, 1.1, 7, 13])


def asked() -> list[int]:
    return [model.select().count() for model in (Attempt, AttemptLine, AttemptEvent, MoneyBack, Entry)]


class Tills(Desk):
    """What a client can do, the processor's bad days, time, and the jobs that look after what was left open."""

    def __init__(self):
        super().__init__()
        self.orders = []  # (person, order), each may be sent again
        self.asks = []  # what staff asked to give back, likewise

    def clock(self):
        return self.now

    def pass_(self, hours):
        self.now += timedelta(hours=hours)
        self.server.control("clock", {"set": self.now.isoformat()})

    # Paying

    @rule(who=PLACES, way=WAYS, places=st.lists(PLACES, min_size=1, max_size=3), size=SIZES, card=CARDS,
          keep=st.booleans(), again=st.booleans())  # fmt: skip
    def pay(self, who, way, places, size, card, keep, again):
        person = self.people[who % 2]
        with suppress(BillingError):  # nothing to pay: no page would offer it
            order = self.order(person, self.choice(person, way, places), size, card, keep, again)
            self.orders.append((person, order))
            self.take(person, order)

    @rule(who=PLACES, place=PLACES, size=SIZES, card=CARDS, everything=st.booleans(), fault=st.none() | FAULTS)
    def pay_what_is_owed(self, who, place, size, card, everything, fault):
        """As `pay`, with a choice that a page would offer, and perhaps an answer that is lost or broken."""
        person = self.people[who % 2]
        self.something_breaks_now(SALE, 1, fault)
        owed = [row.charge.key for row in charge_figures([person.account], unfinished=True) if row.payable]
        if owed:
            one = Choice(Way.ONE, (owed[place % len(owed)],))
            many = Choice(Way.MANY, tuple(owed))
            order = self.order(person, many if everything else one, size, card)
            self.orders.append((person, order))
            self.take(person, order)

    @rule(place=PLACES)
    def press_again(self, place):
        """The same form once more, whatever became of it: the same attempt."""
        if self.orders:
            person, order = self.orders[place % len(self.orders)]
            earlier = Attempt.get_or_none(attempt_key=order.attempt_key)
            before = asked()
            again = self.take(person, order)
            assert earlier is None or (again == earlier and asked() == before)

    @rule(who=PLACES, size=SIZES)
    def pay_while_payments_are_off(self, who, size):
        the_practice(payments_on=False)
        with suppress(PaymentsClosed):
            with suppress(BillingError):
                order = self.order(self.people[who % 2], self.choice(self.people[who % 2], "all", [0]), size, "visa")
            if "order" in locals():
                assert self.take(self.people[who % 2], order) is None
        the_practice(payments_on=True)

    def choice(self, person, way, places):
        if way == "amount":
            return Choice(Way.AMOUNT, (), person.account.key)
        if way == "all":
            return Choice(Way.MANY, (), person.account.key, all=True)
        mine = list(Charge.select().where(Charge.account == person.account).order_by(Charge.id))
        picked = [mine[place % len(mine)] for place in places[: 1 if way == "one" else 3]] if mine else []
        return Choice(Way(way), tuple(dict.fromkeys(charge.key for charge in picked)))

    def order(self, person, choice, size, card, keep=False, again=False):
        cart = carts.cart(person.user, choice)
        amount = sized(size, cart.total) if cart.typed else cart.total
        saved = SavedCard.get(SavedCard.user == person.user).key
        return Order(
            choice=choice, quote=cart.quote(person.user, SECRET), attempt_key=uuid4().hex, amount=amount, shown=amount,
            card=saved if card == "saved" else NewCard(self.server.pick(card), keep), again=again,
            receipt_email=person.user.email,
        )  # fmt: skip

    def take(self, person, order):
        """What a refusal leaves is nothing; what is charged is owed, free, and the sum of its lines."""
        before = asked()
        payable = {row.charge.id: row.payable for row in charge_figures([person.account])}
        earlier = Attempt.get_or_none(attempt_key=order.attempt_key)
        try:
            attempt = payments.take(person.user, order, gateway=self.gateway, secret=SECRET, clock=self.clock)
        except BillingError:
            assert asked() == before
            return None
        if earlier is None:
            self.check_amounts(attempt, payable)
        return attempt

    def check_amounts(self, attempt, payable):
        lines = list(AttemptLine.select().where(AttemptLine.attempt == attempt))
        assert attempt.amount == sum(line.amount for line in lines)
        assert all(0 < line.amount <= payable[line.charge_id] for line in lines)
        if attempt.way == Way.MANY:
            assert all(line.amount == payable[line.charge_id] for line in lines)
            done = attempt.state == AttemptState.SUCCEEDED
            assert not done or all(charge_figure(line.charge).payable == 0 for line in lines)

    # The processor's bad days, and the passing of time

    @rule(match=st.sampled_from([SALE, SALE, SEARCH, READ, BACK, VOID]), fault=FAULTS, times=st.integers(1, 2))
    def something_breaks(self, match, fault, times):
        self.server.control("faults", [])
        self.something_breaks_now(match, times, fault)

    def something_breaks_now(self, match, times, fault):
        if fault:
            self.server.control("faults", [{"match": match, "times": times, **fault}])

    @rule(seconds=st.sampled_from([30, 600]))
    def searches_lag(self, seconds):
        self.server.control("faults", [{"match": SALE, "action": "search_lag", "seconds": seconds}])

    @rule(hours=HOURS)
    def time_passes(self, hours):
        self.pass_(hours)

    @rule()
    def a_night_passes(self):
        """Sales settle, and the books hear of it."""
        self.pass_(13)
        self.janitor()

    @rule(manual=st.booleans())
    def posting_mode(self, manual):
        the_practice(posting_mode="manual" if manual else "auto")

    @rule()
    def janitor(self):
        recovery.resolve_unknown(self.gateway, self.now)
        refund_recovery.resolve_unknown(self.gateway, self.now)
        settling.follow(self.gateway, self.now)
        refunds.send_due(self.gateway, self.clock)

    @rule(place=PLACES)
    def the_waiting_page_looks(self, place):
        if attempt := self.some(place, Attempt.select().order_by(Attempt.id)):
            recovery.look(attempt, self.gateway, self.now)
