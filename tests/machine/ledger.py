"""What the practice does at its desk, in any order: what the ledger allows is done, what it does not leaves no trace.

Each command is first judged by the figures as the rules are written; the command must agree, both ways.
"""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule

from billing import charges, credit, moneyback, postings, waiting
from billing.errors import BillingError
from billing.ledger import charge_figure, left_of, net_allocation, payment_figure
from billing.stamp import Stamp
from choices import EntryKind
from models import Charge, Dispute, Entry, Hold, Payment, WaitingPayment
from money import share_by
from tests.builders import NOW, ZONE, a_charge, a_payment

PLACES = st.integers(min_value=0, max_value=10_000)
SIZES = st.one_of(st.sampled_from(["all", "all", "one more", "half"]), st.integers(min_value=-1, max_value=200_00))
FEES = st.integers(min_value=1, max_value=200_00)


def sized(size, most):
    """A typed size, or one at the edge of what is allowed."""
    edges = {"all": most, "one more": most + 1, "half": most // 2}
    return edges.get(size, size)


def written() -> list[int]:
    return [model.select().count() for model in (Charge, Payment, Entry, Dispute, Hold)]


class Desk(RuleBasedStateMachine):
    """Charges and what is taken off them, checks that arrive and go back, credit, holds, and what waits."""

    charges = Bundle("charges")
    payments = Bundle("payments")  # checks; what a processor took goes back through the processor alone

    def stamp(self):
        return Stamp.of("staff:1", self.now, ZONE)

    def tries(self, allowed, command):
        """Run a command that must be done exactly when it is allowed."""
        before = written()
        try:
            command()
        except BillingError:
            assert written() == before
            assert not allowed
        else:
            assert allowed

    def some(self, place, query):
        rows = list(query)
        return rows[place % len(rows)] if rows else None

    def entry(self, place, kind):
        return self.some(place, Entry.select().where(Entry.kind == kind).order_by(Entry.id))

    # What happens to charges

    @rule(target=charges, who=PLACES, fee=FEES, insured=st.booleans())
    def visit(self, who, fee, insured):
        return a_charge(self.people[who % 2], fee=fee, payer="insurance" if insured else "client")

    @rule(charge=charges, size=SIZES)
    def adjust(self, charge, size):
        row = charge_figure(charge)
        most = row.open - row.reserved if charge.payer == "client" else row.pending
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: charges.adjust(charge, amount, "courtesy", "Kindness", self.stamp()))

    @rule(charge=charges, size=SIZES)
    def insurance_pays(self, charge, size):
        most = charge_figure(charge).pending if charge.payer == "insurance" else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: charges.record_insurance(charge, amount, "Plan", "EOB", self.stamp()))

    @rule(charge=charges, size=SIZES)
    def transfer(self, charge, size):
        most = charge_figure(charge).pending if charge.payer == "insurance" else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: charges.transfer(charge, amount, "copay", self.stamp()))

    @rule(charge=charges)
    def void_charge(self, charge):
        row = charge_figure(charge)
        bare = row.gross and not (row.adjusted or row.insurance or row.moved or row.allocated or row.reserved)
        self.tries(bare, lambda: charges.void_charge(charge, "Wrong client", self.stamp()))

    @rule(place=PLACES, size=SIZES)
    def reverse_adjustment(self, place, size):
        if entry := self.entry(place, EntryKind.ADJUSTMENT):
            amount = sized(size, left_of(entry))
            allowed = 0 < amount <= left_of(entry)
            self.tries(allowed, lambda: charges.reverse_adjustment(entry, amount, "Not so", self.stamp()))

    @rule(place=PLACES, size=SIZES)
    def reverse_insurance(self, place, size):
        if entry := self.entry(place, EntryKind.INSURANCE_PAYMENT):
            amount = sized(size, left_of(entry))
            allowed = 0 < amount <= left_of(entry)
            self.tries(allowed, lambda: charges.reverse_insurance(entry, amount, "Not so", self.stamp()))

    @rule(place=PLACES, size=SIZES)
    def reverse_transfer(self, place, size):
        if entry := self.entry(place, EntryKind.TRANSFER):
            row = charge_figure(entry.charge)
            most = min(left_of(entry), row.open - row.reserved)
            amount = sized(size, most)
            self.tries(0 < amount <= most, lambda: charges.reverse_transfer(entry, amount, "Not so", self.stamp()))

    @rule(fee=FEES, weights=st.lists(st.integers(1, 3), min_size=2, max_size=2))
    def split_a_visit(self, fee, weights):
        """Two payers, a charge for each: together they are the visit."""
        shares = share_by(fee, weights)
        assert sum(shares) == fee
        for person, share in zip(self.people, shares, strict=True):
            if share:
                a_charge(person, fee=share)

    # What happens to payments

    @rule(target=payments, who=PLACES, amount=FEES, spread=st.booleans())
    def check_arrives(self, who, amount, spread):
        payment = a_payment(self.people[who % 2], amount)
        if spread:
            postings.pay_oldest_first(payment, self.stamp())
        return payment

    @rule(place=PLACES, charge=charges, size=SIZES)
    def allocate(self, place, charge, size):
        payment = self.some(place, Payment.select().order_by(Payment.id))
        if payment is None:
            return
        row = charge_figure(charge)
        most = min(payment_figure(payment).unapplied, row.open - row.reserved)
        most = most if payment.account_id == charge.account_id else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: postings.allocate(payment, charge, amount, self.stamp()))

    @rule(place=PLACES, charge=charges, size=SIZES)
    def release(self, place, charge, size):
        payment = self.some(place, Payment.select().order_by(Payment.id))
        if payment is None:
            return
        most = net_allocation(payment, charge)
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: postings.release(payment, charge, amount, "adjustment", self.stamp()))

    @rule(payment=payments)
    def settle(self, payment):
        row = payment_figure(payment)
        self.tries(not row.settled and row.back == 0, lambda: postings.settle(payment, self.stamp()))

    @rule(who=PLACES)
    def use_credit(self, who):
        account = self.people[who % 2].account
        could = credit.usable(account)
        assert credit.use(account, self.stamp()) == could
        assert credit.usable(account) == 0

    # Money back

    @rule(payment=payments)
    def void(self, payment):
        row = payment_figure(payment)
        self.tries(not row.settled and row.back == 0, lambda: moneyback.void(payment, "Wrong check", self.stamp()))

    @rule(payment=payments, size=SIZES)
    def refund(self, payment, size):
        row = payment_figure(payment)
        disputed = Dispute.select().where(Dispute.payment == payment, Dispute.state == "open").exists()
        most = row.amount - row.back if row.settled and not disputed else 0
        amount = sized(size, most)
        self.tries(0 < amount <= most, lambda: moneyback.refund(payment, amount, "Cut short", self.stamp()))

    @rule(payment=payments)
    def returned(self, payment):
        self.tries(payment_figure(payment).back == 0, lambda: moneyback.returned(payment, "R01", self.stamp()))

    @rule(payment=payments)
    def charge_back(self, payment):
        row = payment_figure(payment)
        allowed = row.settled and not row.charged_back and row.back < row.amount
        self.tries(allowed, lambda: moneyback.charge_back(payment, self.stamp(), reason="fraud"))

    @rule(place=PLACES)
    def win(self, place):
        by_hand = Dispute.select().join(Payment).where(Payment.attempt.is_null()).order_by(Dispute.id)
        if dispute := self.some(place, by_hand):
            row = payment_figure(dispute.payment)
            self.tries(row.charged_back > row.won, lambda: moneyback.win_chargeback(dispute, self.stamp()))

    @rule(place=PLACES)
    def lose(self, place):
        by_hand = Dispute.select().join(Payment).where(Payment.attempt.is_null()).order_by(Dispute.id)
        if dispute := self.some(place, by_hand):
            self.tries(dispute.state == "open", lambda: moneyback.lose_chargeback(dispute, self.stamp()))

    # What waits, and holds

    @rule(place=PLACES, planned=st.booleans())
    def post_waiting(self, place, planned):
        if row := self.some(place, WaitingPayment.select().order_by(WaitingPayment.id)):
            payment = waiting.post(row, self.stamp(), None if planned else {})
            assert waiting.post(row, self.stamp()) == payment

    @rule(charge=charges)
    def hold(self, charge):
        Hold.create(kind="review", account=charge.account, charge=charge, began_at=NOW)

    @rule()
    def end_review(self):
        Hold.update(ended_at=NOW).where(Hold.kind == "review").execute()
