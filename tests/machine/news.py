"""Money back through the processor, banks that dispute, and notifications in any order: the machine is complete."""

from contextlib import suppress
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from billing import deliveries, processor_check, receipts, refunds
from billing.discrepancies import discrepancies
from billing.errors import BillingError
from billing.ledger import account_figure
from billing.refund_rules import ByHand
from choices import IN_FLIGHT, AttemptState, Method
from models import Attempt, Entry, MoneyBack, Payment, WebhookDelivery, db
from tests.builders import NOW, the_practice
from tests.machine.ledger import PLACES, SIZES, sized
from tests.machine.tills import BACK, FAULTS, VOID, Tills
from tests.soak.count import reckon

KINDS = st.sampled_from(
    ["transaction_settled", "transaction_settlement_declined", "refund_failed", "transaction_disbursed"]
)
OF_DISPUTES = st.sampled_from(["dispute_opened", "dispute_won", "dispute_lost", "dispute_disputed"])
ASKED = (AttemptState.SENT, AttemptState.UNKNOWN)


class Machine(Tills):
    """Ledger and payment machine together. What it stands on is set before it runs: see `test_machine.py`."""

    def __init__(self):
        super().__init__()
        self.now, self.steps, self.hashes, self.disputes, self.heard = NOW, 0, [], [], []
        self.begin()
        the_practice(refund_limit=50_00)

    def teardown(self):
        self.come_to_rest()
        db.close()

    # Money back

    @rule(place=PLACES, size=SIZES, who=PLACES, fault=st.none() | FAULTS)
    def give_back(self, place, size, who, fault):
        sales = Attempt.select().where(Attempt.state == AttemptState.SUCCEEDED).order_by(Attempt.id)
        if attempt := self.some(place, sales):
            self.something_breaks_now(f"{BACK}|{VOID}", 1, fault)
            self.asks.append((attempt, sized(size, attempt.amount), self.staff[who % 2], uuid4().hex))
            self.ask(*self.asks[-1])

    @rule(place=PLACES)
    def ask_again(self, place):
        """The same form once more: the same row, and the processor is not asked twice."""
        if self.asks:
            about = self.asks[place % len(self.asks)]
            earlier = MoneyBack.get_or_none(form_key=about[-1])
            again = self.ask(*about)
            assert earlier is None or again == earlier

    @rule(place=PLACES, size=SIZES, mistake=st.booleans())
    def give_a_check_back(self, place, size, mistake):
        by_hand = ByHand(Method.CHECK, "" if mistake else "1001", mistake=mistake)
        if payment := self.some(place, Payment.select().where(Payment.attempt.is_null()).order_by(Payment.id)):
            self.ask(payment, sized(size, payment.amount), self.staff[0], uuid4().hex, by_hand)

    @rule(place=PLACES, agree=st.booleans(), who=PLACES)
    def second_person(self, place, agree, who):
        if row := self.some(place, refunds.waiting()):
            about = {"clock": self.clock} | ({"gateway": self.gateway} if agree else {})
            with suppress(BillingError):
                (refunds.approve if agree else refunds.cancel)(row, self.staff[who % 2], **about)

    def ask(self, paid, amount, staff, key, by_hand=None):
        before = [MoneyBack.select().count(), Entry.select().count()]
        try:
            return refunds.ask(
                paid, amount, "Cut short", staff, key, gateway=self.gateway, clock=self.clock, by_hand=by_hand
            )
        except BillingError:
            assert [MoneyBack.select().count(), Entry.select().count()] == before
            return None

    # Banks, and what is announced

    @rule(place=PLACES)
    def a_bank_disputes(self, place):
        if sale := self.some(place, Attempt.select().where(Attempt.transaction_id.is_null(False)).order_by(Attempt.id)):
            with suppress(ValueError):  # it has not settled
                self.disputes.append(self.server.control("disputes", {"transaction_id": sale.transaction_id})["id"])

    @rule(place=PLACES, status=st.sampled_from(["won", "lost"]))
    def a_bank_decides(self, place, status):
        if self.disputes:
            id = self.disputes[place % len(self.disputes)]
            with suppress(ValueError):  # it has decided already
                self.server.control("disputes", {"id": id, "status": status})

    @rule(place=PLACES, kind=KINDS, times=st.integers(1, 2))
    def something_is_announced(self, place, kind, times):
        """True or not, late or early, once or twice: it is a hint to look."""
        if sale := self.some(place, Attempt.select().where(Attempt.transaction_id.is_null(False)).order_by(Attempt.id)):
            self.hear(kind, sale.transaction_id, times)

    @rule(place=PLACES, kind=OF_DISPUTES, times=st.integers(1, 2))
    def a_dispute_is_announced(self, place, kind, times):
        if self.disputes:
            self.hear(kind, self.disputes[place % len(self.disputes)], times)

    @rule(place=PLACES)
    def old_news_come_again(self, place):
        if self.heard:
            self.arrives(self.heard[place % len(self.heard)])
            deliveries.work_off(self.gateway, self.now)

    def hear(self, kind, id, times):
        form = {name: value if isinstance(value, str) else value.decode()
                for name, value in self.samples.sample_notification(kind, id).items()}  # fmt: skip
        self.heard.append(form)
        for _ in range(times):
            self.arrives(form)
        deliveries.work_off(self.gateway, self.now)

    def arrives(self, form):
        deliveries.keep(deliveries.signed(self.gateway, form, self.now), form, self.now)

    # What is always true

    @invariant()
    def nothing_written_has_changed(self):
        hashes = [entry.hash for entry in Entry.select(Entry.hash).order_by(Entry.id)]
        assert hashes[: len(self.hashes)] == self.hashes
        self.hashes = hashes

    @invariant()
    def the_books_balance(self):
        """Every twelfth step and at the end: what is out of balance stays so, and asking costs more than a command."""
        self.steps += 1
        if self.steps % 12 == 0:
            assert discrepancies() == []
            self.what_is_asked_for_is_owed_and_free()

    def what_is_asked_for_is_owed_and_free(self):
        for person in self.people:
            figures = account_figure(person.account)
            assert 0 <= figures.due <= figures.payable <= figures.open - figures.held
            assert figures.balance == figures.open - figures.credit

    # What is true once it is quiet

    def come_to_rest(self):
        """No more faults; a day and a half later nothing is in doubt, and the processor's own file agrees."""
        self.server.control("faults", [])
        for hours in (0.2, 1.1, 13, 13, 13):
            self.pass_(hours)
            self.janitor()
            deliveries.work_off(self.gateway, self.now)
        assert not Attempt.select().where(Attempt.state.in_(IN_FLIGHT)).exists()
        assert not MoneyBack.select().where(MoneyBack.state.in_(ASKED)).exists()
        assert not WebhookDelivery.select().where(WebhookDelivery.done_at.is_null()).exists()
        assert reckon(self.file).sentences == []
        assert processor_check.differences(self.gateway, self.now) == []
        self.every_receipt_adds_up()
        self.nothing_happens_again()

    def every_receipt_adds_up(self):
        for payment in Payment.select().where(Payment.attempt.is_null(False)):
            data = receipts.of(payment).data
            assert data["amount"] == payment.amount

    def nothing_happens_again(self):
        """Every form, every press and every piece of news once more leaves the ledger as it is."""
        before = Entry.select().count()
        for person, order in self.orders:
            if Attempt.get_or_none(attempt_key=order.attempt_key):
                self.take(person, order)
        for about in self.asks:
            if MoneyBack.get_or_none(form_key=about[3]):
                self.ask(*about)
        for form in self.heard:
            self.arrives(form)
        deliveries.work_off(self.gateway, self.now)
        assert Entry.select().count() == before
